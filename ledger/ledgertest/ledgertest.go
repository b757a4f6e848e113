// Package ledgertest opens a real ledger for tests: databases (see dbtest) and keys in a directory of the
// test's own. It never links into the binary.
package ledgertest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/sqlstore"
	"muniment/ledger/vault"
)

// Ledger is an open ledger and the directory it lies in.
type Ledger struct {
	*ledger.Ledger
	Dir    string
	Keys   *vault.Vault
	Raw    ledger.Log // the log under its authentication, as whoever has the database alone sees it
	Faults *dbtest.Faults
	t      testing.TB
	closed []func() error

	mu  sync.Mutex
	now time.Time
}

// Start is when the test's clock begins; each look at it moves it on by a millisecond.
var Start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// Open opens an empty ledger, closed at the test's end.
func Open(t testing.TB) *Ledger {
	t.Helper()
	dbtest.Ready(t)
	l, err := OpenIn(context.Background(), t.TempDir(), domain.NewID())
	if err != nil {
		t.Fatal(err)
	}
	l.t = t
	t.Cleanup(func() { l.Close() })
	return l
}

// OpenIn opens the ledger that lies in dir, or begins one there: for a test that opens it again, and
// for processes that are no test.
func OpenIn(ctx context.Context, dir string, id domain.ID) (l *Ledger, err error) {
	l = &Ledger{Dir: dir, now: Start, Faults: dbtest.NewFaults()}
	defer func() {
		if err != nil {
			l.Close()
		}
	}()
	path := filepath.Join(dir, "keys")
	openKeys := vault.OpenKeysDir
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		openKeys = vault.CreateKeysDir
	}
	keys, err := openKeys(path, id)
	if err != nil {
		return l, err
	}
	db, err := l.open(ctx, "log.db", sqldb.Options{SecureDelete: true})
	if err != nil {
		return l, err
	}
	log, err := sqlstore.Open(ctx, db)
	if err != nil {
		return l, err
	}
	l.Raw = log
	l.closed = append(l.closed, log.Close)
	rows, err := keys.RowKeys()
	if err != nil {
		return l, err
	}
	authentic, err := ledger.Authenticate(log, id, rows...)
	if err != nil {
		return l, err
	}
	if db, err = l.open(ctx, "vault.db", sqldb.Options{SecureDelete: true}); err != nil {
		return l, err
	}
	if l.Keys, err = vault.Open(ctx, db, keys, id); err != nil {
		return l, err
	}
	l.Ledger = &ledger.Ledger{ID: id, Log: authentic, Vault: l.Keys, Now: l.Clock}
	return l, l.Keys.CatchUp(ctx, authentic)
}

// Close closes what was opened last first.
func (l *Ledger) Close() (err error) {
	for _, c := range slices.Backward(l.closed) {
		err = errors.Join(err, c())
	}
	l.closed = nil
	return err
}

func (l *Ledger) open(ctx context.Context, name string, o sqldb.Options) (*sqldb.DB, error) {
	db, err := l.Faults.OpenAt(ctx, filepath.Join(l.Dir, name), o)
	if err == nil {
		l.closed = append(l.closed, db.Close)
	}
	return db, err
}

// OpenDB opens a database in the ledger's directory where there is no test.
func (l *Ledger) OpenDB(name string) (*sqldb.DB, error) {
	return l.open(context.Background(), name, sqldb.Options{SecureDelete: true})
}

// DB opens a database in the ledger's directory, closed with the ledger.
func (l *Ledger) DB(name string) *sqldb.DB {
	l.t.Helper()
	db, err := l.open(context.Background(), name, sqldb.Options{})
	if err != nil {
		l.t.Fatal(err)
	}
	return db
}

// Clock is the ledger's clock.
func (l *Ledger) Clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(time.Millisecond)
	return l.now
}

// Pass lets time pass.
func (l *Ledger) Pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

// Keep keeps one fact and returns where.
func (l *Ledger) Keep(s ledger.Submission) ledger.Receipt {
	l.t.Helper()
	s.Source, s.ID = "test", domain.NewEventID(l.Clock())
	if s.Actor.Kind == "" {
		s.Actor.Kind = domain.UnknownActor
	}
	o := l.Take(context.Background(), ledger.Own(), []*ledger.Submission{&s})[0]
	if o.Err != nil {
		l.t.Fatalf("keep %s: %v", s.Event.Kind(), o.Err)
	}
	return o.Receipt
}

// Tenant onboards an account.
func (l *Ledger) Tenant(name string) domain.ID {
	l.t.Helper()
	id := domain.NewID()
	l.Keep(ledger.Submission{Tenant: id, Event: domain.TenantOnboarded{Name: name, Role: domain.RoleController, Country: "SE"}, Occurred: Day(1)})
	return id
}

// Day is a moment on a day of 2026.
func Day(n int) domain.Moment {
	return domain.At(domain.TimeOf(time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, n)))
}
