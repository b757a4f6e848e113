package dbtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"modernc.org/sqlite"

	"muniment/ledger/sqldb"
)

// ErrInjected is what one call of a database answers instead of doing what it is asked to do.
var ErrInjected = errors.New("injected")

// Faults lets calls of databases fail: those that begin, prepare, run, read a row, or commit. Each is counted.
type Faults struct {
	driver string

	mu    sync.Mutex
	calls int
	fails int    // the call that fails, from 1; 0: none
	what  string // the one that failed
}

var drivers atomic.Int64

// NewFaults makes one for some databases of a test.
func NewFaults() *Faults {
	f := &Faults{driver: fmt.Sprint("failing-", drivers.Add(1))}
	sql.Register(f.driver, &failingDriver{&sqlite.Driver{}, f})
	return f
}

// OpenAt is [OpenAt], with calls that can fail if it is a SQLite file.
func (f *Faults) OpenAt(ctx context.Context, path string, o sqldb.Options) (*sqldb.DB, error) {
	o.Driver = f.driver
	return OpenAt(ctx, path, o)
}

// Each runs something again and again, and lets its first call fail, then its second, and so on to its last. Each
// time it must return an error; when none fails, it must not. So an error that is dropped anywhere
// shows. It returns how many calls there were.
func (f *Faults) Each(t testing.TB, name string, run func() error) (calls int) {
	t.Helper()
	return f.EachAfter(t, name, func() {}, run)
}

// EachAfter is [Faults.Each], with something done before each time that no call of fails.
func (f *Faults) EachAfter(t testing.TB, name string, before func(), run func() error) (calls int) {
	t.Helper()
	NeedsFiles(t)
	for n := 1; ; n++ {
		before()
		f.arm(n)
		err := run()
		what := f.disarm()
		switch {
		case what != "" && err == nil:
			t.Errorf("%s: call %d failed, and nobody was told: %s", name, n, what)
		case what == "" && err != nil:
			t.Fatalf("%s: no call failed: %v", name, err)
		case what == "" && n == 1:
			t.Fatalf("%s asks nothing of this database", name)
		case what == "":
			return n - 1
		}
	}
}

func (f *Faults) arm(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.fails, f.what = 0, n, ""
}

func (f *Faults) disarm() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails = 0
	return f.what
}

func (f *Faults) call(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails == 0 || strings.Contains(what, "goose_db_version") || strings.Contains(what, "wal_checkpoint") {
		return nil // an error means “no such table” to goose; and emptying the journal is tried again
	}
	if f.calls++; f.calls != f.fails {
		return nil
	}
	f.what = what
	return ErrInjected
}

type failingDriver struct {
	driver.Driver
	*Faults
}

func (d *failingDriver) Open(name string) (driver.Conn, error) {
	c, err := d.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	return failingConn{c.(sqliteConn), d.Faults}, nil
}

// sqliteConn is what a connection of the driver can do, and its users rely on.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type failingConn struct {
	sqliteConn
	f *Faults
}

func (c failingConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if err := c.f.call("BEGIN"); err != nil {
		return nil, err
	}
	tx, err := c.sqliteConn.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	return failingTx{tx, c.f}, nil
}

func (c failingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := c.f.call("prepare " + query); err != nil {
		return nil, err
	}
	s, err := c.sqliteConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return failingStmt{s.(sqliteStmt), c.f, query}, nil
}

func (c failingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.f.call(query); err != nil {
		return nil, err
	}
	return c.sqliteConn.ExecContext(ctx, query, args)
}

func (c failingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.f.call(query); err != nil {
		return nil, err
	}
	return failingRowsOf(c.f, query)(c.sqliteConn.QueryContext(ctx, query, args))
}

type failingTx struct {
	driver.Tx
	f *Faults
}

// Commit rolls back when it fails, so that nothing is left to be done with the connection.
func (tx failingTx) Commit() error {
	if err := tx.f.call("COMMIT"); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Tx.Commit()
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type failingStmt struct {
	sqliteStmt
	f     *Faults
	query string
}

func (s failingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.f.call(s.query); err != nil {
		return nil, err
	}
	return s.sqliteStmt.ExecContext(ctx, args)
}

func (s failingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.f.call(s.query); err != nil {
		return nil, err
	}
	return failingRowsOf(s.f, s.query)(s.sqliteStmt.QueryContext(ctx, args))
}

type failingRows struct {
	driver.Rows
	f     *Faults
	query string
}

func failingRowsOf(f *Faults, query string) func(driver.Rows, error) (driver.Rows, error) {
	return func(r driver.Rows, err error) (driver.Rows, error) {
		if err != nil {
			return nil, err
		}
		return failingRows{r, f, query}, nil
	}
}

func (r failingRows) Next(into []driver.Value) error {
	if err := r.f.call("a row of " + r.query); err != nil {
		return err
	}
	return r.Rows.Next(into)
}
