package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
)

// TestContextEnds: whoever's context ends in the middle of a transaction is told that, although what
// fails next is told only that the transaction is over; and nothing of it is kept.
func TestContextEnds(t *testing.T) {
	db := dbtest.Open(t, filepath.Join(t.TempDir(), "a.db"), sqldb.Options{})
	defer db.Close()
	must(t, db, tally)
	ctx, end := context.WithCancel(t.Context())
	over := false
	err := db.Tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec(kept, 0); err != nil {
			return err
		}
		end()
		for { // until database/sql has rolled it back, which happens beside us
			if _, err := tx.Exec(kept, 1); err != nil {
				over = errors.Is(err, sql.ErrTxDone)
				return fmt.Errorf("the next statement: %w", err)
			}
		}
	})
	if !over || !errors.Is(err, context.Canceled) {
		t.Errorf("over: %t; got %v", over, err)
	}
	exactlyOnce(t, db, 0)
}
