package intake

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/sqlstore"
	"muniment/ledger/vault"
)

// shop is the tenant of the tests.
var shop = domain.ID{0: 0xc0, 1: 0xff, 2: 0xee, 15: 1}

func clock() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }

// newLedger is an empty ledger on real files.
func newLedger(t testing.TB) *ledger.Ledger {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	open := func(name string) *sqldb.DB {
		return dbtest.Open(t, filepath.Join(dir, name), sqldb.Options{})
	}
	log, err := sqlstore.Open(ctx, open("log.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	id := domain.NewID()
	keys, err := vault.CreateKeysDir(filepath.Join(dir, "keys"), id)
	if err != nil {
		t.Fatal(err)
	}
	db := open("vault.db")
	t.Cleanup(func() { db.Close() })
	v, err := vault.Open(ctx, db, keys, id)
	if err != nil {
		t.Fatal(err)
	}
	authentic, err := ledger.Authenticate(log, id, ledger.RowKey{Number: 1})
	if err != nil {
		t.Fatal(err)
	}
	return &ledger.Ledger{ID: id, Log: authentic, Vault: v, Now: clock}
}

// newShop is a ledger that has the tenant.
func newShop(t testing.TB) *ledger.Ledger {
	l := newLedger(t)
	imported(t, l, Events(strings.NewReader(onboarding), EventOptions{}), "kept 1, duplicate 0, refused 0")
	return l
}

var onboarding = `{"kind":"tenant.onboarded","tenant":"` + shop.String() + `","sourceId":"account","occurred":"2025-03-01","data":{"name":"Example Shop GmbH","role":"CONTROLLER","country":"DE"}}`

// imported runs the reader and checks its last line. It returns the answers, one a line.
func imported(t testing.TB, l *ledger.Ledger, r Reader, summary string) string {
	t.Helper()
	var out strings.Builder
	s, err := Run(context.Background(), l, r, RunOptions{By: machine, Each: func(a Answer) { fmt.Fprintln(&out, a) }})
	if err != nil {
		t.Fatal(err)
	}
	if s.String() != summary {
		t.Fatalf("got %q, want %q\n%s", s, summary, out.String())
	}
	return out.String()
}

// all reads a reader to its end.
func all(t testing.TB, r Reader) (items []Item) {
	t.Helper()
	for {
		item, err := r.Next()
		if err == io.EOF {
			return items
		}
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
}

// told is what a user is told about items: one line each.
func told(items []Item) string {
	var out strings.Builder
	for _, i := range items {
		if i.Err != nil {
			fmt.Fprintf(&out, "line %d: %s\n", i.Line, i.Err)
		} else {
			fmt.Fprintf(&out, "line %d: ok\n", i.Line)
		}
	}
	return out.String()
}

// history decodes everything kept after the onboarding.
func history(t testing.TB, l *ledger.Ledger) (kept []domain.Kept) {
	t.Helper()
	records, err := l.Log.Read(context.Background(), 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		k, err := ledger.Decode(r)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, k)
	}
	return kept
}

// machine may state whatever can be stated from outside.
var machine = ledger.AtMachine(domain.Actor{Kind: domain.UnknownActor})
