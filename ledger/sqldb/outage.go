package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"

	"muniment/domain"
	"muniment/ledger"
)

// IsFull reports whether a write was refused for want of room or of permission.
func IsFull(err error) bool {
	switch resultCode(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY:
		return true
	}
	switch sqlState(err) {
	case "53100", "25006": // disk full, read-only transaction
		return true
	}
	return errors.Is(err, ledger.ErrFull) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EROFS)
}

// Outage is what may be said of an error that passes once somebody has mended what the ledger's store stands
// on: it is full, or away. nil of any other error.
func Outage(err error) *domain.Refusal {
	switch {
	case IsFull(err):
		return &domain.Refusal{Code: domain.Unavailable, Rule: "store.full",
			Message: "the disk is full, or takes no writes: nothing can be kept until there is room again; what needs no keeping is answered"}
	case IsAway(err) || errors.Is(err, ledger.ErrAway):
		return &domain.Refusal{Code: domain.Unavailable, Rule: "store.away", Message: "the ledger's store can't be reached at the moment: try again soon"}
	}
	return nil
}

// IsDamaged reports whether a file isn't what a database left there.
func IsDamaged(err error) bool {
	code := resultCode(err)
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// Check looks for damaged pages, one table after the other so that nobody waits for it long, and says in an
// error what it found. On a server it looks at nothing: servers check their pages themselves.
func (db *DB) Check(ctx context.Context) error {
	if db.kind != SQLite {
		return nil
	}
	tables, err := db.texts(ctx, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		return err
	}
	for _, table := range tables {
		found, err := db.texts(ctx, fmt.Sprintf(`PRAGMA quick_check(%q)`, table))
		if err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
		if len(found) != 1 || found[0] != "ok" {
			return fmt.Errorf("table %s: %s", table, strings.ReplaceAll(found[0], "\n", "; "))
		}
	}
	return nil
}

func (db *DB) texts(ctx context.Context, query string) (all []string, err error) {
	rows, err := db.read.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s.String)
	}
	return all, rows.Err()
}
