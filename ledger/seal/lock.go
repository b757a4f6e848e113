package seal

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/sqldb"
)

//go:embed migrations
var migrations embed.FS

// ErrFenced: another process has opened the log to seal it, or the row is an older one. This process must not sign anything more.
var ErrFenced = errors.New("the last signed checkpoint is not as this process left it: another process seals this log, or an older copy of the database was put back; nothing more is sealed here: stop the other, start again")

// lock is where the last signed checkpoint is kept: one row, changed only from what is known to stand
// there. It is what keeps the log from ever having two histories, so it lies in a database of its own,
// and what was signed counts only once it is here.
type lock struct {
	db     *sqldb.DB
	holder []byte
}

// locked is the row.
type locked struct {
	origin string
	size   int64
	root   tlog.Hash
	note   []byte // empty before the first checkpoint
}

// takeLock opens the lock and fences every older holder. origin counts when the log is begun.
func takeLock(ctx context.Context, db *sqldb.DB, origin string) (*lock, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, dir); err != nil {
		return nil, sqldb.Explain(err)
	}
	l := &lock{db, []byte(rand.Text())}
	empty, err := tree{}.root()
	if err != nil {
		return nil, err
	}
	err = db.Tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO checkpoint (one, origin, holder, size, root, note) VALUES (1, $1, $2, 0, $3, $4) ON CONFLICT DO NOTHING`,
			origin, l.holder, empty[:], []byte{}); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE checkpoint SET holder = $1 WHERE one = 1`, l.holder)
		return err
	})
	return l, sqldb.Explain(err)
}

// read is the row as it stands.
func (l *lock) read(ctx context.Context) (r locked, err error) {
	var root, holder []byte
	err = l.db.Reader().QueryRowContext(ctx, `SELECT origin, holder, size, root, note FROM checkpoint WHERE one = 1`).Scan(&r.origin, &holder, &r.size, &root, &r.note)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return r, errors.New("the last signed checkpoint is missing: restore a backup of the database of seals, then verify the log")
	case err != nil:
		return r, sqldb.Explain(err)
	case len(root) != tlog.HashSize:
		return r, errors.New("the last signed checkpoint is damaged: restore a backup of the database of seals, then verify the log")
	case !bytes.Equal(holder, l.holder):
		return r, ErrFenced
	}
	r.root = tlog.Hash(root)
	return r, nil
}

// swap puts a checkpoint in the place of the one that is known to stand there. After an error nobody
// knows whether it did: read before going on.
func (l *lock) swap(ctx context.Context, from locked, to Checkpoint) error {
	return sqldb.Explain(l.db.Tx(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `UPDATE checkpoint SET size = $1, root = $2, note = $3 WHERE one = 1 AND holder = $4 AND size = $5 AND root = $6`,
			to.Size, to.Root[:], to.Text, l.holder, from.size, from.root[:])
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		if err == nil && n != 1 {
			return fmt.Errorf("the checkpoint of size %d is not the last one any more: %w", from.size, ErrFenced)
		}
		return err
	}))
}

// keepCosigned keeps a checkpoint with the signatures of witnesses, unless a greater one is kept.
func (l *lock) keepCosigned(ctx context.Context, c Checkpoint) error {
	return sqldb.Explain(l.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO cosigned (one, size, root, note) VALUES (1, $1, $2, $3)
			ON CONFLICT (one) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note WHERE cosigned.size <= excluded.size`,
			c.Size, c.Root[:], c.Text)
		return err
	}))
}

// cosigned is the checkpoint that was kept so; of size 0 when there is none.
func (l *lock) cosigned(ctx context.Context) (c Checkpoint, err error) {
	var root []byte
	err = l.db.Reader().QueryRowContext(ctx, `SELECT size, root, note FROM cosigned WHERE one = 1`).Scan(&c.Size, &root, &c.Text)
	if errors.Is(err, sql.ErrNoRows) {
		return Checkpoint{}, nil
	}
	copy(c.Root[:], root)
	return c, sqldb.Explain(err)
}

// LastCheckpoint is the last signed checkpoint in a database of seals, empty before the first. Reading
// it fences nobody.
func LastCheckpoint(ctx context.Context, db *sqldb.DB) (text []byte, err error) {
	err = db.Reader().QueryRowContext(ctx, `SELECT note FROM checkpoint WHERE one = 1`).Scan(&text)
	return text, sqldb.Explain(err)
}

// LastOrigin is the name of the log whose seals lie in a database, "" when none was begun.
func LastOrigin(ctx context.Context, db *sqldb.DB) (origin string, err error) {
	err = db.Reader().QueryRowContext(ctx, `SELECT origin FROM checkpoint WHERE one = 1`).Scan(&origin)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return origin, sqldb.Explain(err)
}

// BeginAnew lets a database of seals that nobody has open begin another log: one whose newest events
// were lost must not go on under the name under which they were sealed. Nothing is signed here.
func BeginAnew(ctx context.Context, db *sqldb.DB, origin string) error {
	if err := CheckOrigin(origin); err != nil {
		return err
	}
	empty, err := tree{}.root()
	if err != nil {
		return err
	}
	return sqldb.Explain(db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE checkpoint SET origin = $1, size = 0, root = $2, note = $3 WHERE one = 1`, origin, empty[:], []byte{})
		return err
	}))
}
