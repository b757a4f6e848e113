package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
)

// mostInBatch is how many events one transaction applies at most.
const mostInBatch = 1000

// A projection turns kept events into rows. It gathers them during a batch and writes them at its
// end, in the transaction that also moves the checkpoint.
type projection interface {
	apply(ctx context.Context, w *writer, k *domain.Kept) error
}

// writer is one batch on its way into the views.
type writer struct {
	tx     *sql.Tx
	log    ledger.Log
	facts  factRows
	states map[stateKey]*timeline
}

func projections() []projection {
	return []projection{trail{}, interactions{}, accesses{}, redactions{}, reports{},
		consents, exports, policies, agreements, tenants, subjects, users, subprocessors, register{}, notices, findings}
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

func (v *Views) empty(ctx context.Context) error {
	v.applying.Lock()
	defer v.applying.Unlock()
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"trail", "interactions", "accesses", "redactions", "reports", "about", "states", "checkpoint"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		v.advance(0)
	}
	return err
}

// step applies one batch from where the views stand; false when there is nothing to apply. One step
// at a time: followers and rebuilds take turns.
func (v *Views) step(ctx context.Context) (bool, error) {
	v.applying.Lock()
	defer v.applying.Unlock()
	records, err := v.log.Read(ctx, v.Seen(), v.batch)
	if err != nil || len(records) == 0 {
		return false, err
	}
	return true, v.applyAll(ctx, records)
}

func (v *Views) applyAll(ctx context.Context, records []ledger.Record) error {
	next := records[len(records)-1].Seq + 1
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		// The transaction decides where the views stand: a second follower, or one that was
		// interrupted after its commit, applies nothing twice.
		from, err := checkpoint(ctx, tx)
		if err != nil {
			return err
		}
		w := &writer{tx: tx, log: v.log, facts: factRows{}, states: map[stateKey]*timeline{}}
		all := projections()
		for _, r := range records {
			if r.Seq < from {
				continue
			}
			k, err := ledger.Decode(r)
			if err != nil {
				return err
			}
			for _, p := range all {
				if err := p.apply(ctx, w, &k); err != nil {
					return fmt.Errorf("event %d: %w", k.Seq, err)
				}
			}
		}
		if err := w.flush(ctx); err != nil {
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

func (w *writer) flush(ctx context.Context) error {
	if err := w.facts.flush(ctx, w.tx); err != nil {
		return err
	}
	return w.flushStates(ctx)
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func checkpoint(ctx context.Context, q queryer) (seq int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT seq FROM checkpoint WHERE name = 'views'`).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return seq, err
}
