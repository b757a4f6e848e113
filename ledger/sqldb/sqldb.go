// Package sqldb opens the databases that log, views, vault and queue are kept in, runs their
// migrations and their transactions. SQL text stays in the subset that SQLite, PostgreSQL and
// CockroachDB share (docs/decisions/0002-sql-subset.md); what differs is in this package alone.
//
//	sqldb.go        a database, its transactions
//	sqlite.go       a file
//	copy.go         a copy of it, made while others write
//	server.go       a schema on a server
//	session.go      what a connection is told and asked before it is used
//	scratch.go      a schema for a trial, removed without touching anybody else's
//	durable.go      what a server's settings say of power cuts and lost machines
//	shapes.go       a statement for any number of rows
//	placeholders.go one way to write parameters on both
//	transaction.go  transactions on a server: repeated, or their outcome found out
//	migrate.go      the schema's versions
//	lease.go        one process at a time
//	explain.go      errors, and what to do about them
//	outage.go       errors that pass, and pages that are damaged
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
)

// Kind is what keeps the rows.
type Kind string

// Kinds of database.
const (
	SQLite      Kind = "SQLite"
	PostgreSQL  Kind = "PostgreSQL"
	CockroachDB Kind = "CockroachDB"
)

// DB is one database: one writer, a bounded pool of readers.
type DB struct {
	kind  Kind
	write *sql.DB
	read  *sql.DB

	sessions *sessions // on a server
	marks    *marks    // on a server
}

// ErrUnknown: the connection was lost while a transaction was being committed, and the server could
// not be asked for so long whether it was.
var ErrUnknown = errors.New("whether the transaction was committed isn't known")

// Kind tells what keeps the rows.
func (db *DB) Kind() Kind { return db.kind }

// Dialect names the folder of migrations where one text for all doesn't do: "sqlite" or "server".
func (db *DB) Dialect() string {
	if db.kind == SQLite {
		return "sqlite"
	}
	return "server"
}

// Reader runs queries. It sees what was committed before the query began.
func (db *DB) Reader() *sql.DB { return db.read }

// Prepare prepares a statement for the writer, to be run inside [DB.Tx] by way of tx.StmtContext. It
// needs the writer's one connection: called inside Tx it would wait for ever.
func (db *DB) Prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	return db.write.PrepareContext(ctx, text)
}

// Tx runs fn in one write transaction: committed when Tx returns nil, rolled back when it returns an
// error, except [ErrUnknown] and, on SQLite, an error of the commit itself. fn may run more than once
// and must have no other effect. On a server a connection that is lost is waited for.
func (db *DB) Tx(ctx context.Context, fn func(*sql.Tx) error) error {
	if db.marks != nil {
		return db.onServer(ctx, fn)
	}
	return transact(ctx, db.write, nil, fn, nil)
}

// transact is one attempt. committing, if there is one, is called when only the commit is left.
func transact(ctx context.Context, write *sql.DB, o *sql.TxOptions, fn func(*sql.Tx) error, committing func()) error {
	tx, err := write.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		tx.Rollback()
		return ended(ctx, err)
	}
	if committing != nil {
		committing()
	}
	return ended(ctx, tx.Commit())
}

// ended gives the context's own error where err only says that the transaction is over: database/sql
// rolls back as soon as the context ends, beside whatever still uses the transaction.
func ended(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
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
	return errors.Join(db.read.Close(), db.write.Close())
}
