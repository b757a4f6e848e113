package projections

import (
	"context"
	"database/sql"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// Restate makes anew what the views have of one event and of the states that its stream tells: the event's
// payload was struck since. It gives the rows that a rebuild would give; what was there is overwritten
// when the views were opened with SecureDelete. It may be repeated.
func (v *Views) Restate(ctx context.Context, s domain.Stream, seq int64) error {
	if s.Noun == "register" { // its states are of the companies on the lists
		if err := v.Rebuild(ctx); err != nil {
			return err
		}
		return v.truncate(ctx)
	}
	v.applying.Lock()
	defer v.applying.Unlock()
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		next, err := checkpoint(ctx, tx)
		if err != nil || seq >= next {
			return err
		}
		for _, table := range []string{"interactions", "accesses", "redactions", "reports"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE seq = $1`, seq); err != nil {
				return err
			}
		}
		told, err := v.forgetStates(ctx, tx, s)
		if err != nil {
			return err
		}
		w := &writer{tx: tx, log: v.log, statements: &v.statements, facts: factRows{}, states: map[stateKey]*timeline{}}
		records, err := v.applied(ctx, s, seq, next, told)
		if err != nil {
			return err
		}
		return v.restate(ctx, w, records, next)
	})
	if err != nil {
		return fmt.Errorf("views: restate event %d: %w", seq, err)
	}
	return v.truncate(ctx)
}

// forgetStates removes the states that a stream tells; told is false when it tells none.
func (v *Views) forgetStates(ctx context.Context, tx *sql.Tx, s domain.Stream) (told bool, err error) {
	for _, p := range projections() {
		view, ok := p.(interface {
			of(noun string) (string, bool)
		})
		if !ok {
			continue
		}
		name, mine := view.of(s.Noun)
		if !mine {
			continue
		}
		told = true
		if _, err := tx.ExecContext(ctx, `DELETE FROM states WHERE view = $1 AND entity = $2`, name, s.ID[:]); err != nil {
			return told, err
		}
	}
	return told, nil
}

// applied is what was applied of a stream, for one that tells states; otherwise the event alone.
func (v *Views) applied(ctx context.Context, s domain.Stream, seq, next int64, told bool) ([]ledger.Record, error) {
	if told {
		return wholeStream(ctx, v.log, s, next)
	}
	return v.log.At(ctx, []int64{seq})
}

// restate applies events again that the views have seen.
func (v *Views) restate(ctx context.Context, w *writer, records []ledger.Record, next int64) error {
	for _, r := range records {
		if _, _, pruned := ledger.Pruned(r); pruned {
			continue
		}
		k, err := ledger.Decode(r)
		if err != nil {
			return err
		}
		for _, p := range projections() {
			if err := p.apply(ctx, w, &k); err != nil {
				return err
			}
		}
	}
	return w.flush(ctx, next, next) // no fact is new, so none is attributed anew
}

// wholeStream reads a stream as far as it lies before a seq.
func wholeStream(ctx context.Context, log ledger.Log, s domain.Stream, next int64) (all []ledger.Record, err error) {
	const page = 256
	for {
		records, err := log.Stream(ctx, s, int64(len(all)), page)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			if r.Seq < next {
				all = append(all, r)
			}
		}
		if len(records) < page || records[page-1].Seq >= next {
			return all, nil
		}
	}
}

// truncate empties the database's journal of what was overwritten.
func (v *Views) truncate(ctx context.Context) error {
	if v.db.Kind() != sqldb.SQLite {
		return nil
	}
	if err := v.db.TruncateSoon(ctx); err != nil {
		return fmt.Errorf("views: %w", err)
	}
	return nil
}
