package sqldb

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCopy: a copy made while others write holds whole transactions, as they were at one moment, and
// nothing that was deleted before; it is read without leaving anything beside it.
func TestCopy(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	from, to := filepath.Join(dir, "from.db"), filepath.Join(dir, "to.db")
	db, err := OpenSQLite(ctx, from, Options{}) // which doesn't overwrite what is deleted
	ok(t, err)
	defer db.Close()
	exec := func(text string, args ...any) {
		t.Helper()
		ok(t, db.Tx(ctx, func(tx *sql.Tx) error { _, err := tx.ExecContext(ctx, text, args...); return err }))
	}
	exec(`CREATE TABLE pairs (a BIGINT NOT NULL, b BIGINT NOT NULL)`)
	exec(`CREATE TABLE words (word TEXT NOT NULL, n BIGINT NOT NULL)`)
	exec(`INSERT INTO words VALUES ('deleted-before-the-copy', 1)`)
	exec(`DELETE FROM words WHERE n = 1`)
	writing, stop := context.WithCancel(ctx)
	begun, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for n := 0; writing.Err() == nil; n++ {
			if err := db.Tx(ctx, func(tx *sql.Tx) error {
				if _, err := tx.ExecContext(ctx, `INSERT INTO pairs VALUES ($1, 0)`, n); err != nil {
					return err
				}
				_, err := tx.ExecContext(ctx, `UPDATE pairs SET b = $1 WHERE a = $1`, n)
				return err
			}); err != nil {
				ended <- err
				return
			}
			if n == 20 {
				close(begun)
			}
		}
		ended <- nil
	}()
	<-begun
	err = CopySQLite(ctx, from, to)
	stop()
	ok(t, <-ended)
	ok(t, err)
	ok(t, db.Truncate(ctx))
	if text, err := os.ReadFile(from); err != nil || !bytes.Contains(text, []byte("deleted-before")) {
		t.Error("what was deleted is not in the original, so looking for it proves nothing", err)
	}
	if text, err := os.ReadFile(to); err != nil || bytes.Contains(text, []byte("deleted-before")) {
		t.Error("what was deleted is in the copy", err)
	}
	c, err := OpenCopy(to)
	ok(t, err)
	var rows, torn int
	ok(t, c.Reader().QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(a <> b), 0) FROM pairs`).Scan(&rows, &torn))
	if rows <= 20 || torn > 0 {
		t.Errorf("%d rows, %d of them torn", rows, torn)
	}
	ok(t, c.Close())
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if beside, _ := filepath.Glob(to + "-*"); beside != nil {
		t.Errorf("reading left %v", beside)
	}
	if err := CopySQLite(ctx, from, to); err == nil {
		t.Error("it wrote over a file")
	}
	if err := CopySQLite(ctx, filepath.Join(dir, "none.db"), filepath.Join(dir, "other.db")); err == nil {
		t.Error("it copied what isn't there")
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestCopyHoldsOnce: what a copy holds it holds once, so that it is gone when it is deleted there.
func TestCopyHoldsOnce(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	from, to := filepath.Join(dir, "from.db"), filepath.Join(dir, "to.db")
	db, err := OpenSQLite(ctx, from, Options{SecureDelete: true})
	ok(t, err)
	defer db.Close()
	ok(t, db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE TABLE words (n BIGINT NOT NULL PRIMARY KEY, word TEXT NOT NULL)`)
		for n := 0; err == nil && n < 40; n++ { // more than a page, so that the first one moves
			_, err = tx.ExecContext(ctx, `INSERT INTO words VALUES ($1, $2)`, n, fmt.Sprintf("word-%02d-%s", n, strings.Repeat("x", 300)))
		}
		return err
	}))
	ok(t, CopySQLite(ctx, from, to))
	text, err := os.ReadFile(to)
	ok(t, err)
	for n := range 40 {
		if held := bytes.Count(text, fmt.Appendf(nil, "word-%02d-", n)); held != 1 {
			t.Errorf("word %d is in the copy %d times", n, held)
		}
	}
}
