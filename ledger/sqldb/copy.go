package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

// CopySQLite writes what a database file holds at one moment into a new file, durably. Others may read
// and write meanwhile. It is VACUUM INTO, not the online backup: that copies page by page, with free
// pages and what was deleted in them, and begins anew whenever somebody writes. The new file takes
// secure_delete from this connection: without it rows that were moved while a table grew would stay in
// the unused part of a page, where nothing that is deleted after a restore would overwrite them.
func CopySQLite(ctx context.Context, from, to string) error {
	db, err := openFile(from, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(10000)", "secure_delete(ON)"}})
	if err != nil {
		return err
	}
	defer db.Close()
	made, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) // nobody else's, from the first byte on
	if err != nil {
		return fmt.Errorf("copy a database: %w", err)
	}
	defer made.Close()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, to); err != nil {
		return fmt.Errorf("copy %s: %w", filepath.Base(from), Explain(err))
	}
	if err := made.Sync(); err != nil {
		return fmt.Errorf("copy %s: %w", filepath.Base(from), err)
	}
	return nil
}

// OpenCopy opens a database file that nobody writes, to read it. No file is made beside it.
func OpenCopy(path string) (*DB, error) {
	db, err := openFile(path, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	if err != nil {
		return nil, err
	}
	return &DB{kind: SQLite, write: db, read: db}, nil
}

func openFile(path string, q url.Values) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}
