package sqldb

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
)

// blankedAtOnce is how many rows one transaction looks at.
const blankedAtOnce = 10_000

// BlankBefore makes every digest null whose first four bytes are less than epoch, in tables that have the
// columns key and digest; in parts, so that appends go on between them.
func (d *DB) BlankBefore(ctx context.Context, epoch uint32, tables ...string) error {
	bound := binary.BigEndian.AppendUint32(nil, epoch)
	for _, table := range tables {
		for from := []byte{}; from != nil; {
			var to []byte
			err := d.Tx(ctx, func(tx *sql.Tx) error {
				to = nil
				err := tx.QueryRowContext(ctx, `SELECT key FROM `+table+` WHERE key > $1 ORDER BY key LIMIT 1 OFFSET $2`, from, blankedAtOnce-1).Scan(&to)
				last := errors.Is(err, sql.ErrNoRows)
				if err != nil && !last {
					return err
				}
				update, args := `UPDATE `+table+` SET digest = NULL WHERE digest IS NOT NULL AND substr(digest, 1, 4) < $1 AND key > $2`, []any{bound, from}
				if !last {
					update, args = update+` AND key <= $3`, append(args, to)
				}
				_, err = tx.ExecContext(ctx, update, args...)
				return err
			})
			if err != nil {
				return err
			}
			from = to
		}
	}
	if d.Kind() != SQLite {
		return nil
	}
	return d.TruncateSoon(ctx)
}
