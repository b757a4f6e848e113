// Package ledgertest opens a real ledger for tests: databases (see dbtest) and keys in a directory of the
// test's own. It never links into the binary.
package ledgertest

import (
	"context"
	"io"
	"path/filepath"
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
	Dir string
	t   testing.TB

	opened []io.Closer

	mu  sync.Mutex
	now time.Time
}

// Start is when the test's clock begins; each look at it moves it on by a millisecond.
var Start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// Open opens an empty ledger, closed at the test's end.
func Open(t testing.TB) *Ledger {
	t.Helper()
	l := &Ledger{Dir: t.TempDir(), t: t, now: Start}
	t.Cleanup(l.Close)
	id := domain.NewID()
	keys, err := vault.CreateKeysDir(filepath.Join(l.Dir, "keys"), id)
	if err != nil {
		t.Fatal(err)
	}
	log, err := sqlstore.Open(context.Background(), l.DB("log.db"))
	if err != nil {
		t.Fatal(err)
	}
	l.opened = append(l.opened, log)
	v, err := vault.Open(context.Background(), l.DB("vault.db"), keys, id)
	if err != nil {
		t.Fatal(err)
	}
	l.Ledger = &ledger.Ledger{ID: id, Log: log, Vault: v, Now: l.Clock}
	return l
}

// DB opens a database in the ledger's directory, closed at the test's end.
func (l *Ledger) DB(name string) *sqldb.DB {
	l.t.Helper()
	db := dbtest.Open(l.t, filepath.Join(l.Dir, name), sqldb.Options{})
	l.opened = append(l.opened, db)
	return db
}

// Close closes what is open, the last opened first. A test that opens one ledger need not call it.
func (l *Ledger) Close() {
	for i := len(l.opened) - 1; i >= 0; i-- {
		l.opened[i].Close()
	}
	l.opened = nil
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
	o := l.Take(context.Background(), []*ledger.Submission{&s})[0]
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
