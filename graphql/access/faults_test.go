package access

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
)

// TestFailedCalls: given a store of credentials, when one call of its database fails, then whoever asked is told, and
// nobody is let in.
func TestFailedCalls(t *testing.T) {
	ctx, faults := context.Background(), dbtest.NewFaults()
	dbtest.Ready(t)
	db, err := faults.OpenAt(ctx, filepath.Join(t.TempDir(), "access.db"), sqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	journal := &revocations{ids: []domain.ID{domain.NewID()}}
	s, err := Open(ctx, db, func() time.Time { return now }, journal, unrecorded)
	if err != nil {
		t.Fatal(err)
	}
	p := Principal{Role: DPO, Actor: domain.NewID(), Tenants: []domain.ID{domain.NewID()}, Expires: now.Add(time.Hour)}
	var secret, link string
	var id domain.ID
	fresh := func() {
		if secret, id, err = s.Token(ctx, p); err != nil {
			t.Fatal(err)
		}
		if link, err = s.Link(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	fresh()
	faults.Each(t, "open", func() error { _, err := Open(ctx, db, time.Now, journal, unrecorded); return err })
	faults.Each(t, "list", func() error { _, err := s.List(ctx); return err })
	for name, do := range map[string]func() error{
		"make a token": func() error {
			secret, _, err := s.Token(ctx, p)
			if err != nil && secret != "" {
				t.Error("a token is given that isn't kept")
			}
			return err
		},
		"make a link": func() error { _, err := s.Link(ctx, p); return err },
		"recognise": func() error {
			got, err := s.Recognise(ctx, secret)
			if err == nil && got.Actor != p.Actor {
				t.Errorf("somebody else is let in: %+v", got)
			}
			return err
		},
		"sign in": func() error {
			cookie, _, err := s.SignIn(ctx, link)
			if err != nil && cookie != "" {
				t.Error("a session is given that isn't kept")
			}
			return err
		},
		"revoke":   func() error { return s.Revoke(ctx, id) },
		"sign out": func() error { return s.SignOut(ctx, Principal{ID: id}) },
	} {
		faults.EachAfter(t, name, fresh, do)
	}
}
