package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// writer is the one goroutine that appends. It knows where the log stands without asking.
type writer struct {
	log        *Log
	tx         transact
	statements statements
	holder     []byte
	term       int64 // how often the head row had changed hands or been settled, with our last time
	next       int64
	logTime    domain.Time
	stale      bool // a transaction failed: read next and logTime again
}

var errTakenOver = errors.New("another process has opened this log: nothing can be appended here any more")

func (w *writer) run() {
	defer close(w.log.written)
	for first := range w.log.queue {
		w.gather()
		for first != nil {
			var group []*request
			group, first = w.collect(first)
			w.keep(group)
		}
	}
}

// gather lets those run who were answered just now, as long as that makes the queue grow: without it
// they would miss this group and writers would fall into two halves that take turns (at 64 writers
// 31 events in a group instead of 48, a third fewer events in a second).
func (w *writer) gather() {
	for before := -1; before < len(w.log.queue); {
		before = len(w.log.queue)
		runtime.Gosched()
	}
}

// collect takes what waits, until a group is full. The request that doesn't fit begins the next one. What
// callers have given up is left out.
func (w *writer) collect(r *request) (group []*request, rest *request) {
	entries, bytes := 0, 0
	for r != nil {
		if len(group) > 0 && (entries+r.entries > maxEntries || bytes+r.bytes > maxBytes) {
			return group, r
		}
		if r.state.CompareAndSwap(waiting, taken) {
			group = append(group, r)
			entries += r.entries
			bytes += r.bytes
		}
		select {
		case r = <-w.log.queue: // nil once it is closed and empty
		default:
			r = nil
		}
	}
	return group, nil
}

// keep answers the requests: all in one transaction, or none.
func (w *writer) keep(requests []*request) {
	if len(requests) == 0 {
		return
	}
	ctx := context.Background() // one caller's end is not the group's
	results, err := w.commit(ctx, requests)
	for i, r := range requests {
		if err == nil {
			r.results = results[i]
		} else {
			for j := range r.results {
				r.results[j] = ledger.Result{Err: err}
			}
		}
		close(r.done)
	}
}

// commit tries one transaction. An error answers every request of it.
func (w *writer) commit(ctx context.Context, requests []*request) ([][]ledger.Result, error) {
	if w.stale {
		if err := w.settle(ctx); err != nil {
			return nil, refused(err)
		}
	}
	entries := 0
	for _, r := range requests {
		entries += r.entries
	}
	var g *group
	var results [][]ledger.Result
	committing := false
	err := w.tx(ctx, func(tx *sql.Tx) error {
		committing = false
		g = newGroup(w.next, w.logTime, entries)
		results = make([][]ledger.Result, len(requests))
		if err := g.look(ctx, tx, &w.statements, requests); err != nil {
			return err
		}
		for i, r := range requests {
			results[i] = make([]ledger.Result, len(r.works))
			for j := range r.works {
				results[i][j] = g.place(&r.works[j])
			}
		}
		if len(g.rows) == 0 {
			return nil
		}
		if err := g.insert(ctx, tx, &w.statements); err != nil {
			return err
		}
		if err := w.advance(ctx, tx, g); err != nil {
			return err
		}
		committing = true
		return nil
	})
	if err == nil {
		w.next, w.logTime = g.next, g.logTime
		w.log.arrived.publish(w.next)
		return results, nil
	}
	w.stale = true
	// A full disk is a certain answer even to COMMIT: the frame that commits is written last.
	if !committing || sqldb.IsFull(err) {
		return nil, refused(err)
	}
	// Whether the COMMIT took effect, nobody says: after a failed fsync the whole transaction may lie
	// in the journal, where the next start would find it.
	w.log.unsure.settled(false)
	err = fmt.Errorf("append: commit: %w (%v)", ledger.ErrUnknown, err)
	if e := w.settle(ctx); e != nil {
		err = fmt.Errorf("%w, then %v", err, e)
	}
	return nil, err
}

// advance moves the head row. It is the fence: after another process has taken over it moves nothing.
func (w *writer) advance(ctx context.Context, tx *sql.Tx, g *group) error {
	res, err := tx.StmtContext(ctx, w.statements.head).ExecContext(ctx, g.next, int64(g.logTime), w.next, w.holder)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return w.fenced(ctx, tx)
}

// fenced tells why the head row isn't as this writer left it: another process took it after us, or it is
// from before us, or before what we have acknowledged.
func (w *writer) fenced(ctx context.Context, tx *sql.Tx) error {
	var term, next int64
	var holder []byte
	err := tx.QueryRowContext(ctx, `SELECT settled, next, holder FROM head WHERE one = 1`).Scan(&term, &next, &holder)
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && term < w.term || err == nil && bytes.Equal(holder, w.holder):
		return fmt.Errorf("the log ends at event %d, this process had kept %d: %w", next, w.next, sqldb.ErrOtherHistory)
	case err != nil:
		return err
	}
	return errTakenOver
}

// settle makes the outcome of a failed transaction final and reads it. It commits a change of the
// head row. On SQLite that overwrites what a failed commit may have left in the journal, so a later
// start can't find it; on a server it waits for the row while that commit is still under way. Until
// it succeeds nothing is appended.
func (w *writer) settle(ctx context.Context) error {
	var next, term int64
	var logTime domain.Time
	err := w.tx(ctx, func(tx *sql.Tx) error {
		err := tx.StmtContext(ctx, w.statements.settle).QueryRowContext(ctx, w.holder).Scan(&next, &logTime, &term)
		if errors.Is(err, sql.ErrNoRows) || err == nil && next < w.next {
			return w.fenced(ctx, tx)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	w.next, w.logTime, w.term, w.stale = next, logTime, term, false
	w.log.unsure.settled(true)
	w.log.arrived.publish(next)
	return nil
}

// refused is the answer when certainly nothing was kept.
func refused(err error) error {
	if sqldb.IsFull(err) {
		return fmt.Errorf("append: %w (%v)", ledger.ErrFull, err)
	}
	return fmt.Errorf("append: nothing was kept: %w", sqldb.Explain(err))
}
