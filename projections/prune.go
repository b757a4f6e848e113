package projections

import (
	"context"
	"database/sql"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
)

// pruneAtOnce is how many events one transaction drops at most.
const pruneAtOnce = domain.BundleWidth

// Prune drops what the views have of those events of a range that the log has pruned, and of what followed
// from them. It gives the rows that a rebuild would give; what was there is overwritten when the views were
// opened with SecureDelete. It may be repeated.
func (v *Views) Prune(ctx context.Context, r domain.Range) error {
	v.applying.Lock()
	defer v.applying.Unlock()
	v.ahead = nil // it may have been read before
	streams := map[domain.Stream]bool{}
	for from := r.From; from < r.To; from += pruneAtOnce {
		records, err := v.log.Read(ctx, from, int(min(pruneAtOnce, r.To-from)))
		if err == nil {
			err = v.db.Tx(ctx, func(tx *sql.Tx) error { return v.dropFacts(ctx, tx, records) })
		}
		if err != nil {
			return fmt.Errorf("views: prune from event %d: %w", from, err)
		}
		for _, r := range records {
			if _, _, pruned := ledger.Pruned(r); pruned {
				streams[r.Stream] = true
			}
		}
	}
	for s := range streams {
		if err := v.db.Tx(ctx, func(tx *sql.Tx) error { return v.tellAnew(ctx, tx, s) }); err != nil {
			return fmt.Errorf("views: prune: tell %s anew: %w", s, err)
		}
	}
	return v.truncate(ctx)
}

// dropFacts removes the rows of pruned events, and says anew whom the facts are about that named nobody
// themselves: their interaction may be gone.
func (v *Views) dropFacts(ctx context.Context, tx *sql.Tx, records []ledger.Record) error {
	interactions := map[domain.ID]bool{}
	for _, r := range records {
		if _, _, pruned := ledger.Pruned(r); !pruned {
			continue
		}
		if r.Stream.Noun == "interaction" {
			interactions[r.Stream.ID] = true
		}
		for _, table := range []string{"trail", "interactions", "accesses", "redactions", "reports"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE seq = $1`, r.Seq); err != nil {
				return err
			}
		}
		for _, list := range []string{"events", "interactions", "accesses", "redactions"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM about WHERE list = $1 AND seq = $2`, list, r.Seq); err != nil {
				return err
			}
		}
	}
	for id := range interactions {
		for list, p := range map[string]projection{"accesses": accesses{}, "redactions": redactions{}} {
			if err := v.attributeAnew(ctx, tx, list, p, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// attributeAnew applies the facts of an interaction again, one by one: each is about its own people, and
// those of the records of the interaction that are left.
func (v *Views) attributeAnew(ctx context.Context, tx *sql.Tx, list string, p projection, interaction domain.ID) error {
	seqs, err := factsOf(ctx, tx, list, interaction)
	if err != nil || len(seqs) == 0 {
		return err
	}
	records, err := v.log.At(ctx, seqs)
	if err != nil {
		return err
	}
	for i, r := range records {
		for _, text := range []string{`DELETE FROM ` + list + ` WHERE seq = $1`, `DELETE FROM about WHERE list = '` + list + `' AND seq = $1`} {
			if _, err := tx.ExecContext(ctx, text, seqs[i]); err != nil {
				return err
			}
		}
		if _, _, pruned := ledger.Pruned(r); pruned {
			continue
		}
		k, err := ledger.Decode(r)
		if err != nil {
			return err
		}
		w := &writer{tx: tx, log: v.log, statements: &v.statements, facts: factRows{}, states: map[stateKey]*timeline{}}
		if err := p.apply(ctx, w, &k); err != nil {
			return err
		}
		if err := w.flush(ctx, k.Seq, k.Seq+1); err != nil {
			return err
		}
	}
	return nil
}

func factsOf(ctx context.Context, tx *sql.Tx, list string, interaction domain.ID) (seqs []int64, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT seq FROM `+list+` WHERE interaction = $1 ORDER BY seq`, interaction[:])
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, err
		}
		seqs = append(seqs, seq)
	}
	return seqs, rows.Err()
}

// tellAnew makes the states that a stream tells from what is left of it.
func (v *Views) tellAnew(ctx context.Context, tx *sql.Tx, s domain.Stream) error {
	told, err := v.forgetStates(ctx, tx, s)
	if err != nil || !told {
		return err
	}
	next, err := checkpoint(ctx, tx)
	if err != nil {
		return err
	}
	w := &writer{tx: tx, log: v.log, statements: &v.statements, facts: factRows{}, states: map[stateKey]*timeline{}}
	records, err := wholeStream(ctx, v.log, s, next)
	if err != nil {
		return err
	}
	if err := applyAnew(ctx, w, records); err != nil {
		return err
	}
	return w.flush(ctx, next, next) // no fact is new, so none is attributed anew
}
