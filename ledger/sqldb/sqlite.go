package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"modernc.org/sqlite"
)

// Options of a SQLite file.
type Options struct {
	SecureDelete bool // overwrite deleted rows with zeros
	// Derived: all in it can be made anew from elsewhere, so a commit need not wait for the disk. The
	// last ones before a power loss may be gone, all of a transaction together.
	Derived bool
	// Driver is the name under which it is registered, where it isn't SQLite's own: tests let its calls fail.
	Driver string
}

// OpenSQLite opens or creates a database file, private to its owner, with its journal synced at
// every commit.
func OpenSQLite(ctx context.Context, path string, o Options) (*DB, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", Explain(err)) // os names the path
	}
	f.Close()
	// SQLite's builds sync with fdatasync(2) where there is one; modernc's must be told. Where there
	// is none it keeps to fsync(2), which promises more and takes longer.
	sqlite.Fdatasync(true)
	// The journal is written back after 32 MiB instead of 4: pages that change again and again, those
	// of indexes, are then written back less often (5 % of an import's processor time).
	pragmas := []string{"busy_timeout(10000)", "journal_mode(WAL)", "temp_store(MEMORY)", "wal_autocheckpoint(8000)"}
	if o.Derived {
		pragmas = append(pragmas, "synchronous(NORMAL)")
	} else {
		pragmas = append(pragmas, "synchronous(FULL)")
	}
	if o.SecureDelete {
		pragmas = append(pragmas, "secure_delete(ON)")
	}
	// Each connection has a cache of its own, outside Go's memory: a house has some twenty of them. What a
	// reader doesn't find there is in the system's own cache. A page in it takes twice its size, because
	// modernc's allocator rounds up to powers of two.
	open := func(more string, conns, idle, cacheKiB int) (*sql.DB, error) {
		q := url.Values{"_pragma": append(pragmas[:len(pragmas):len(pragmas)], more, fmt.Sprintf("cache_size(-%d)", cacheKiB))}
		if more == "query_only(OFF)" {
			q.Set("_txlock", "immediate")
		}
		db, err := sql.Open(cmp.Or(o.Driver, "sqlite"), "file:"+url.PathEscape(path)+"?"+q.Encode())
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(conns)
		db.SetMaxIdleConns(idle)
		if err := db.PingContext(ctx); err != nil {
			db.Close()
			return nil, err
		}
		return db, nil
	}
	w, err := open("query_only(OFF)", 1, 1, 4<<10)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, Explain(err))
	}
	most, idle := readers()
	r, err := open("query_only(ON)", most, idle, 2<<10)
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("open %s: %w", path, Explain(err))
	}
	return &DB{kind: SQLite, write: w, read: r}, nil
}

// OpenSQLiteToRead opens a database file of which nothing is changed, and beside which nothing is made that isn't
// removed again: where this user may not write either.
func OpenSQLiteToRead(ctx context.Context, path string) (*DB, error) {
	var db *sql.DB
	err := errors.New("not opened")
	open := func(how string) error {
		q := url.Values{"_pragma": {"busy_timeout(10000)", "query_only(ON)", "temp_store(MEMORY)"}, "mode": {"ro"}}
		if db, err = sql.Open("sqlite", "file:"+url.PathEscape(path)+"?"+q.Encode()+how); err != nil {
			return err
		}
		var n int
		if err = db.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_master`).Scan(&n); err != nil { // which needs the journal
			db.Close()
		}
		return err
	}
	journal, absent := os.Stat(path + "-wal")
	switch {
	case open("") == nil:
	case absent != nil || journal.Size() == 0:
		err = open("&immutable=1")
	default:
		err = fmt.Errorf("%w; it was copied while it was written, and what its journal holds can be read only where this user may write beside it: copy the directory to such a place", err)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, Explain(err))
	}
	return &DB{kind: SQLite, write: db, read: db}, nil
}

// Truncate writes a SQLite file's journal back into the file and empties it, so that deleted rows are
// in neither. It fails while a reader is busy, and on a server, which keeps old rows as it likes.
func (db *DB) Truncate(ctx context.Context) error {
	if db.kind != SQLite {
		return fmt.Errorf("%s keeps deleted rows in its own journals, which can't be emptied from here", db.kind)
	}
	var busy, log, done int
	if err := db.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil {
		return err
	}
	if busy != 0 {
		return fmt.Errorf("a reader keeps the journal busy")
	}
	return nil
}

// TruncateSoon truncates as soon as no reader is in the way: readers are short.
func (db *DB) TruncateSoon(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := db.Truncate(ctx)
		if err == nil || db.kind != SQLite {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("deleted rows are still in the journal: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
