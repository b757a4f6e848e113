// Package sqldb opens the databases that log, views, vault and queue are kept in, runs their
// migrations and their transactions. SQL text stays in the subset that SQLite, PostgreSQL and
// CockroachDB share (docs/decisions/0002-sql-subset.md); what differs is in this package alone.
package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

// DB is one database: one writer, a bounded pool of readers.
type DB struct {
	write *sql.DB
	read  *sql.DB
}

// Options of a SQLite file.
type Options struct {
	SecureDelete bool // overwrite deleted rows with zeros
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
	pragmas := []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-65536)", "temp_store(MEMORY)"}
	if o.SecureDelete {
		pragmas = append(pragmas, "secure_delete(ON)")
	}
	open := func(more string, conns int) (*sql.DB, error) {
		q := url.Values{"_pragma": append(pragmas[:len(pragmas):len(pragmas)], more)}
		if more == "query_only(OFF)" {
			q.Set("_txlock", "immediate")
		}
		db, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+"?"+q.Encode())
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(conns)
		db.SetMaxIdleConns(conns)
		if err := db.PingContext(ctx); err != nil {
			db.Close()
			return nil, err
		}
		return db, nil
	}
	w, err := open("query_only(OFF)", 1)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, Explain(err))
	}
	r, err := open("query_only(ON)", max(2, runtime.NumCPU()))
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("open %s: %w", path, Explain(err))
	}
	return &DB{write: w, read: r}, nil
}

// Reader runs queries. It sees what was committed before the query began.
func (db *DB) Reader() *sql.DB { return db.read }

// Prepare prepares a statement for the writer, to be run inside [DB.Tx] by way of tx.StmtContext. It
// needs the writer's one connection: called inside Tx it would wait for ever.
func (db *DB) Prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	return db.write.PrepareContext(ctx, text)
}

// Tx runs fn in one write transaction: committed when fn returns nil, else rolled back. fn may run
// more than once and must have no other effect.
func (db *DB) Tx(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		tx.Rollback()
		return err
	}
	return tx.Commit()
}

// Migrate brings the schema to the newest of the numbered SQL files in dir.
func (db *DB) Migrate(ctx context.Context, dir fs.FS) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, db.write, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return nil
}

// Truncate writes the journal back into the file and empties it, so that deleted rows are in
// neither. It fails while a reader is busy.
func (db *DB) Truncate(ctx context.Context) error {
	var busy, log, done int
	if err := db.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil {
		return err
	}
	if busy != 0 {
		return fmt.Errorf("a reader keeps the journal busy")
	}
	return nil
}

// Rows is the text "(?,?),(?,?)" for a multi-row statement of n rows with width columns.
// The statement's other parameters, if any, come after.
func (db *DB) Rows(n, width int) string {
	row := "(" + strings.Repeat("?,", width-1) + "?)"
	return strings.Repeat(row+",", n-1) + row
}

// MaxParameters is how many parameters one statement may have on every database.
const MaxParameters = 30000

// List is the text "$1,$2,…" for an IN list of n parameters that begins at parameter from.
func List(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("$" + strconv.Itoa(from+i))
	}
	return b.String()
}

// Close closes readers and writer.
func (db *DB) Close() error {
	err := db.read.Close()
	if e := db.write.Close(); err == nil {
		err = e
	}
	return err
}
