package projections

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// Restate makes anew what the views have of events and of the states that their streams tell: their
// payloads were struck since. It gives the rows that a rebuild would give; what was there is overwritten
// when the views were opened with SecureDelete. It may be repeated.
func (v *Views) Restate(ctx context.Context, events ...ledger.Record) error {
	if slices.ContainsFunc(events, func(r ledger.Record) bool { return r.Stream.Noun == "register" }) { // its states are of the companies on the lists
		if err := v.Rebuild(ctx); err != nil {
			return err
		}
		return v.truncate(ctx)
	}
	v.applying.Lock()
	defer v.applying.Unlock()
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		next, _, err := checkpoint(ctx, tx)
		if err != nil {
			return err
		}
		events := slices.DeleteFunc(slices.Clone(events), func(r ledger.Record) bool { return r.Seq >= next })
		if err := forgetFacts(ctx, tx, events); err != nil {
			return err
		}
		w := &writer{tx: tx, log: v.log, statements: &v.statements, facts: factRows{}, states: map[stateKey]*timeline{}}
		var alone []int64
		telling := map[domain.Stream]bool{}
		for _, r := range events {
			if telling[r.Stream] {
				continue
			}
			told, err := v.forgetStates(ctx, tx, r.Stream)
			if err != nil {
				return err
			}
			if telling[r.Stream] = told; !told {
				alone = append(alone, r.Seq)
			}
		}
		if alone, err = v.forgetTold(ctx, tx, events, alone, next); err != nil {
			return err
		}
		for s, tells := range telling {
			if !tells {
				continue
			}
			records, err := wholeStream(ctx, v.log, s, next)
			if err != nil {
				return err
			}
			if err := applyAnew(ctx, w, records); err != nil {
				return err
			}
		}
		records, err := v.log.At(ctx, alone)
		if err != nil {
			return err
		}
		if err := applyAnew(ctx, w, records); err != nil {
			return err
		}
		return w.flush(ctx, next, next) // no fact is new, so none is attributed anew
	})
	if err != nil {
		return fmt.Errorf("views: restate struck events: %w", err)
	}
	return v.truncate(ctx)
}

// forgetFacts removes the rows that single events made.
func forgetFacts(ctx context.Context, tx *sql.Tx, events []ledger.Record) error {
	for _, table := range []string{"trail", "interactions", "accesses", "redactions", "reports"} {
		for _, r := range events {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE seq = $1`, r.Seq); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetTold removes the rows of interactions that any of the events told of, and adds all that told of
// them to what must be applied anew.
func (v *Views) forgetTold(ctx context.Context, tx *sql.Tx, events []ledger.Record, alone []int64, next int64) ([]int64, error) {
	done := map[domain.Stream]bool{}
	for _, r := range events {
		if r.Stream.Noun != "interaction" || done[r.Stream] {
			continue
		}
		done[r.Stream] = true
		if _, err := tx.ExecContext(ctx, `DELETE FROM interactions WHERE interaction = $1`, r.Stream.ID[:]); err != nil {
			return nil, err
		}
		records, err := wholeStream(ctx, v.log, r.Stream, next)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			k, err := ledger.Decode(r)
			if err != nil {
				return nil, err
			}
			if _, is := domain.TellingOf(&k); is && !slices.Contains(alone, r.Seq) {
				alone = append(alone, r.Seq)
			}
		}
	}
	return alone, nil
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

// applyAnew applies records that were applied before.
func applyAnew(ctx context.Context, w *writer, records []ledger.Record) error {
	for _, r := range records {
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
	return nil
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
