package epochs

import (
	"context"
	"database/sql"
	"testing"

	"muniment/ledger/sqldb/dbtest"
)

// TestFlippedHeads: a bit that was flipped in the heads is noticed at the next open and before the next epoch;
// they are gathered anew, and every epoch says what the leaves give.
func TestFlippedHeads(t *testing.T) {
	dbtest.NeedsFiles(t)
	for _, open := range []bool{true, false} {
		for name, change := range map[string]string{
			"a head":            `UPDATE buckets SET heads = $1 WHERE bucket = $2`,
			"the root":          `UPDATE buckets SET root = $1 WHERE bucket = $2`,
			"a head is missing": `DELETE FROM buckets WHERE bucket = $2 AND $1 = $1`,
		} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				for i := range 40 {
					must(t, w.event(i, somebody(i%7), somebody(9+i%5)))
				}
				must(t, w.seals.Seal(t.Context()))
				_, err := w.Seal(t.Context())
				must(t, err)
				var bucket int64
				var root, flipped []byte
				must(t, w.Store.db.Reader().QueryRowContext(t.Context(), `SELECT bucket, root, heads FROM buckets ORDER BY bucket LIMIT 1`).Scan(&bucket, &root, &flipped))
				if name == "the root" {
					flipped = root
				}
				flipped[len(flipped)/2] ^= 1
				must(t, w.Store.db.Tx(t.Context(), func(tx *sql.Tx) error {
					_, err := tx.ExecContext(t.Context(), change, flipped, bucket)
					return err
				}))
				if open {
					must(t, w.openHeads(context.Background()))
				}
				must(t, w.event(50, somebody(3)))
				must(t, w.seals.Seal(t.Context()))
				e, err := w.Seal(t.Context())
				must(t, err)
				if e == nil || e.Size < 41 {
					t.Fatalf("the last epoch is %+v", e)
				}
				w.replayed(t)
			})
		}
	}
}
