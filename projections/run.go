package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// mostInBatch is how many events one transaction applies at most.
const mostInBatch = 2000

// A projection turns kept events into rows. It gathers them during a batch and writes them at its
// end, in the transaction that also moves the checkpoint.
type projection interface {
	apply(ctx context.Context, w *writer, k *domain.Kept) error
}

// writer is one batch on its way into the views.
type writer struct {
	tx         *sql.Tx
	log        ledger.Log
	statements *statements
	facts      factRows
	states     map[stateKey]*timeline
	retold     []retelling
}

func projections() []projection {
	return []projection{trail{}, interactions{}, accesses{}, redactions{}, reports{},
		consents, exports, policies, agreements, tenants, subjects, users, subprocessors, register{}, notices, findings, strikes, disposals}
}

// Follow applies the log to the views, from where they stand, until ctx ends.
func (v *Views) Follow(ctx context.Context) error {
	for {
		applied, err := v.step(ctx)
		if err == nil && !applied {
			err = v.log.Wait(ctx, v.Seen())
		}
		if err != nil {
			return err
		}
	}
}

// CatchUp applies the log up to its present head.
func (v *Views) CatchUp(ctx context.Context) error {
	next, err := v.log.Next(ctx)
	for err == nil && v.Seen() < next {
		_, err = v.step(ctx)
	}
	return err
}

// Rebuild empties the views and fills them anew from the log, with the same rows. A follower may run
// beside it.
func (v *Views) Rebuild(ctx context.Context) error {
	if err := v.empty(ctx); err != nil {
		return fmt.Errorf("views: empty for rebuild: %w", err)
	}
	return v.CatchUp(ctx)
}

// events is one batch, read and decoded by a goroutine of its own: while one batch is written, the
// next is read.
type events struct {
	from int64
	read chan struct{} // closed when what follows is there
	next int64         // the seq behind it
	more bool          // it isn't all that was kept by then
	list []domain.Kept // what Muniment didn't write is left out
	err  error
}

func (v *Views) read(ctx context.Context, from int64) *events {
	b := &events{from: from, read: make(chan struct{})}
	go func() {
		defer close(b.read)
		var records []ledger.Record
		if records, b.err = v.log.Read(ctx, from, v.batch); b.err != nil {
			return
		}
		whole := len(records)
		records = records[:fitting(records)]
		b.more = whole == v.batch || len(records) < whole
		b.next, b.list = from+int64(len(records)), make([]domain.Kept, 0, len(records))
		for _, r := range records {
			if r.Forged {
				continue // nothing is shown of it but the finding
			}
			k, err := ledger.Decode(r)
			if err != nil {
				b.err = fmt.Errorf("views: %w", err)
				return
			}
			b.list = append(b.list, k)
		}
	}()
	return b
}

// fitting is how many of the first records one transaction takes: as many as MaxMessage has room for.
func fitting(records []ledger.Record) int {
	size := 0
	for i, r := range records {
		if size += len(r.Envelope) + len(r.Payload); size > sqldb.MaxMessage && i > 0 {
			return i
		}
	}
	return len(records)
}

// step applies one batch from where the views stand; false when there is nothing to apply. One step
// at a time: followers and rebuilds take turns.
func (v *Views) step(ctx context.Context) (bool, error) {
	v.applying.Lock()
	defer v.applying.Unlock()
	if v.emptying {
		if err := v.sweep(ctx); err != nil {
			return false, err
		}
	}
	b := v.ahead
	v.ahead = nil
	if b != nil {
		<-b.read
	}
	if b == nil || b.from != v.Seen() || b.err != nil { // an error may be that of another reader's end
		b = v.read(ctx, v.Seen())
		<-b.read
	}
	if b.err != nil || b.next == b.from {
		return false, b.err
	}
	if b.more {
		v.ahead = v.read(ctx, b.next)
	}
	err := v.applyAll(ctx, b.list, b.next)
	if errors.Is(err, errEmptying) {
		v.emptying = true // the next step finishes that first
		v.advance(0)
		return true, nil
	}
	return true, err
}

// applyAll applies a batch that goes up to the seq next.
func (v *Views) applyAll(ctx context.Context, list []domain.Kept, next int64) error {
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		// The transaction decides where the views stand: a second follower, or one that was
		// interrupted after its commit, applies nothing twice.
		from, emptying, err := checkpoint(ctx, tx)
		if err != nil {
			return err
		}
		if emptying {
			return errEmptying
		}
		w := &writer{tx: tx, log: v.log, statements: &v.statements, facts: factRows{}, states: map[stateKey]*timeline{}}
		all := projections()
		for i := range list {
			k := &list[i]
			if k.Seq < from {
				continue
			}
			for _, p := range all {
				if err := p.apply(ctx, w, k); err != nil {
					return fmt.Errorf("event %d: %w", k.Seq, err)
				}
			}
		}
		if err := w.flush(ctx, from, next); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO checkpoint (name, seq) VALUES ('views', $1) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq`, max(from, next))
		return err
	})
	if err != nil {
		return fmt.Errorf("views: %w", err)
	}
	v.advance(next)
	return nil
}

func (w *writer) flush(ctx context.Context, from, next int64) error {
	if err := w.facts.flush(ctx, w.tx, w.statements, from, next); err != nil {
		return err
	}
	if err := w.flushRetold(ctx); err != nil {
		return err
	}
	return w.flushStates(ctx)
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// checkpoint is where the views stand, and whether somebody began to empty them.
func checkpoint(ctx context.Context, q queryer) (seq int64, emptying bool, err error) {
	rows, err := q.QueryContext(ctx, `SELECT name, seq FROM checkpoint WHERE name IN ('views', 'emptying')`)
	if err != nil {
		return 0, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return 0, false, err
		}
		if name == "views" {
			seq = n
		} else {
			emptying = true
		}
	}
	return seq, emptying, rows.Err()
}
