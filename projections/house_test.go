package projections

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqlstore"
	"muniment/ledger/vault"
)

// house is a real ledger with views, in a directory of its own.
type house struct {
	*ledger.Ledger
	t     testing.TB
	views *Views
	now   time.Time
	n     int
}

func newHouse(t testing.TB) *house {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	open := func(name string) *sqldb.DB {
		db, err := sqldb.OpenSQLite(ctx, filepath.Join(dir, name), sqldb.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
	h := &house{t: t, now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	id := domain.NewID()
	keys, err := vault.CreateKeysDir(filepath.Join(dir, "keys"), id)
	if err != nil {
		t.Fatal(err)
	}
	log, err := sqlstore.Open(ctx, open("log.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	v, err := vault.Open(ctx, open("vault.db"), keys, id)
	if err != nil {
		t.Fatal(err)
	}
	h.Ledger = &ledger.Ledger{ID: id, Log: log, Vault: v, Now: func() time.Time { h.now = h.now.Add(time.Millisecond); return h.now }}
	if h.views, err = Open(ctx, open("views.db"), log, make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	return h
}

// tenant onboards an account.
func (h *house) tenant(name string) domain.ID {
	id := domain.NewID()
	h.keep(ledger.Submission{Tenant: id, Event: domain.TenantOnboarded{Name: name, Role: domain.RoleController, Country: "SE"}, Occurred: day(1)})
	return id
}

// keep keeps one fact and lets the views see it; it returns its seq.
func (h *house) keep(s ledger.Submission) int64 {
	h.t.Helper()
	h.n++
	s.Source, s.ID = "test", domain.NewEventID(h.now)
	if s.Actor.Kind == "" {
		s.Actor.Kind = domain.UnknownActor
	}
	o := h.Take(context.Background(), []*ledger.Submission{&s})[0]
	if o.Err != nil {
		h.t.Fatalf("keep %s: %v", s.Event.Kind(), o.Err)
	}
	if err := h.views.CatchUp(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	return o.Receipt.Position
}

func (h *house) all() Reader { return h.views.In(Scope{All: true}) }

// at is a viewpoint: a day of 2026, and what was known up to a seq.
func (h *house) at(day int, known int64) domain.Viewpoint {
	return domain.Viewpoint{AsOf: dayTime(day), Known: known}
}

func day(n int) domain.Moment { return domain.At(dayTime(n)) }

func dayTime(n int) domain.Time {
	return domain.TimeOf(time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, n))
}

// dump is every row of every view, sorted.
func (h *house) dump() string {
	var out strings.Builder
	for table, cols := range columns {
		rows, err := h.views.db.Reader().Query("SELECT " + strings.Join(cols, ",") + " FROM " + table + " ORDER BY " + strings.Join(cols, ","))
		if err != nil {
			h.t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(cols)), make([]any, len(cols))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				h.t.Fatal(err)
			}
			fmt.Fprintln(&out, table, values)
		}
		rows.Close()
	}
	return sortLines(out.String())
}
