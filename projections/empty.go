package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"muniment/ledger/sqldb"
)

// mostSwept is how many rows one transaction removes on a server.
const mostSwept = 5000

// swept are the tables that a rebuild empties, with their keys.
var swept = []struct {
	table string
	key   []string
}{
	{"trail", []string{"seq"}}, {"interactions", []string{"seq"}}, {"accesses", []string{"seq"}}, {"redactions", []string{"seq"}},
	{"reports", []string{"seq"}}, {"about", []string{"tenant", "subject", "list", "occurred", "seq"}},
	{"states", []string{"view", "entity", "valid_from", "known_from"}},
}

// errEmptying: the views were being emptied. That comes to its end before anything is applied.
var errEmptying = errors.New("the views are being emptied")

// empty empties the views. On a server that takes many transactions, so what it has begun is written
// down first: whoever comes after a crash goes on with it, and applies nothing to what is left.
func (v *Views) empty(ctx context.Context) error {
	v.applying.Lock()
	defer v.applying.Unlock()
	if err := v.beginEmptying(ctx); err != nil {
		return err
	}
	return v.sweep(ctx)
}

func (v *Views) beginEmptying(ctx context.Context) error {
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO checkpoint (name, seq) VALUES ('emptying', 0) ON CONFLICT DO NOTHING`); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM checkpoint WHERE name = 'views'`)
		return err
	})
	if err == nil {
		v.emptying = true
		v.advance(0)
	}
	return err
}

// sweep finishes what empty has begun. The caller holds applying.
func (v *Views) sweep(ctx context.Context) error {
	for _, s := range swept {
		for more := true; more; {
			err := v.db.Tx(ctx, func(tx *sql.Tx) (err error) {
				more, err = v.sweepSome(ctx, tx, s.table, s.key)
				return err
			})
			if err != nil {
				return fmt.Errorf("views: empty %s: %w", s.table, err)
			}
		}
	}
	err := v.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM checkpoint WHERE name = 'emptying'`)
		return err
	})
	v.emptying = err != nil
	return err
}

// sweepSome removes the first rows of a table by its key. A file gives up a whole table at no cost.
func (v *Views) sweepSome(ctx context.Context, tx *sql.Tx, table string, key []string) (more bool, err error) {
	if v.db.Kind() == sqldb.SQLite {
		_, err := tx.ExecContext(ctx, `DELETE FROM `+table)
		return false, err
	}
	columns := strings.Join(key, ", ")
	last := make([]any, len(key))
	into := make([]any, len(key))
	for i := range last {
		into[i] = &last[i]
	}
	err = tx.QueryRowContext(ctx, `SELECT `+columns+` FROM `+table+` ORDER BY `+columns+` LIMIT 1 OFFSET $1`, v.sweeps-1).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		_, err := tx.ExecContext(ctx, `DELETE FROM `+table)
		return false, err
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE (`+columns+`) <= (`+sqldb.List(1, len(key))+`)`, last...)
	}
	return true, err
}
