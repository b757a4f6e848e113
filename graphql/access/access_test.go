package access

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
)

func store(t *testing.T) (*Store, *time.Time, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "access.db")
	db := dbtest.Open(t, path, sqldb.Options{})
	t.Cleanup(func() { db.Close() })
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	s, err := Open(context.Background(), db, func() time.Time { return now }, &revocations{}, unrecorded)
	if err != nil {
		t.Fatal(err)
	}
	return s, &now, path
}

// TestTokens: given a token and what happened since, when somebody shows it, then who it is or a no
// that doesn't say why.
func TestTokens(t *testing.T) {
	ctx := context.Background()
	tenant := domain.NewID()
	for name, c := range map[string]struct {
		since func(s *Store, now *time.Time, id domain.ID)
		shown func(secret string) string
		ok    bool
	}{
		"in force":          {ok: true},
		"a moment before":   {since: func(_ *Store, now *time.Time, _ domain.ID) { *now = now.Add(time.Hour - time.Microsecond) }, ok: true},
		"expired":           {since: func(_ *Store, now *time.Time, _ domain.ID) { *now = now.Add(time.Hour) }},
		"revoked":           {since: func(s *Store, _ *time.Time, id domain.ID) { s.Revoke(ctx, id) }},
		"changed":           {shown: func(secret string) string { return secret[:len(secret)-1] + "~" }},
		"without prefix":    {shown: func(secret string) string { return strings.TrimPrefix(secret, prefix) }},
		"empty":             {shown: func(string) string { return "" }},
		"a clock set back":  {since: func(_ *Store, now *time.Time, _ domain.ID) { *now = now.Add(-time.Hour) }, ok: true},
		"another's revoked": {since: func(s *Store, _ *time.Time, _ domain.ID) { s.Revoke(ctx, domain.NewID()) }, ok: true},
	} {
		t.Run(name, func(t *testing.T) {
			s, now, _ := store(t)
			want := Principal{Role: Customer, Actor: domain.NewID(), Tenants: []domain.ID{tenant}, Content: true, Expires: now.Add(time.Hour)}
			secret, id, err := s.Token(ctx, want)
			if err != nil {
				t.Fatal(err)
			}
			if c.since != nil {
				c.since(s, now, id)
			}
			if c.shown != nil {
				secret = c.shown(secret)
			}
			got, err := s.Recognise(ctx, secret)
			if !c.ok {
				if !errors.Is(err, ErrRefused) {
					t.Errorf("%+v, %v; want a refusal", got, err)
				}
				return
			}
			if err != nil || got.ID != id || got.Actor != want.Actor || got.Role != Customer || !got.Content || got.Session || len(got.Tenants) != 1 || got.Tenants[0] != tenant {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// TestLink: a sign-in link works once, within ten minutes, and is no token; the session it makes is.
func TestLink(t *testing.T) {
	ctx := context.Background()
	s, now, _ := store(t)
	secret, err := s.Link(ctx, Principal{Role: DPO})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recognise(ctx, secret); !errors.Is(err, ErrRefused) {
		t.Errorf("a link was taken as a token: %v", err)
	}
	cookie, _, err := s.SignIn(ctx, secret)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := s.Recognise(ctx, cookie); err != nil || p.Role != DPO || !p.Session {
		t.Errorf("%+v, %v", p, err)
	}
	signedIn := *now
	for after, ok := range map[time.Duration]bool{12*time.Hour - time.Microsecond: true, 12 * time.Hour: false} {
		*now = signedIn.Add(after)
		if _, err := s.Recognise(ctx, cookie); (err == nil) != ok {
			t.Errorf("the session after %s: %v", after, err)
		}
	}
	*now = signedIn
	token, _, err := s.Token(ctx, Principal{Role: DPO, Expires: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for what, again := range map[string]string{"the link": secret, "the session": cookie, "a token": token} {
		if _, _, err := s.SignIn(ctx, again); !errors.Is(err, ErrRefused) {
			t.Errorf("%s signed in once more: %v", what, err)
		}
	}
	late, err := s.Link(ctx, Principal{Role: DPO})
	if err != nil {
		t.Fatal(err)
	}
	*now = now.Add(LinkLife)
	if _, _, err := s.SignIn(ctx, late); !errors.Is(err, ErrRefused) {
		t.Errorf("after ten minutes: %v", err)
	}
}

// TestSecretsAreKeptNowhere: the file holds hashes only.
func TestSecretsAreKeptNowhere(t *testing.T) {
	s, now, path := store(t)
	secret, _, err := s.Token(context.Background(), Principal{Role: DPO, Expires: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, path + "-wal"} {
		if content, err := os.ReadFile(file); err == nil && strings.Contains(string(content), strings.TrimPrefix(secret, prefix)) {
			t.Errorf("%s holds the secret", file)
		}
	}
}

// revocations are kept in memory: their file is the vault's, and tested there.
type revocations struct{ ids []domain.ID }

func (r *revocations) Revoke(id domain.ID) error {
	r.ids = append(r.ids, id)
	return nil
}

func (r *revocations) Revoked() ([]domain.ID, error) { return r.ids, nil }

// TestRevokedInCopies: an older copy of the tokens, from before one was revoked, doesn't bring it back.
func TestRevokedInCopies(t *testing.T) {
	ctx := context.Background()
	db := dbtest.Open(t, filepath.Join(t.TempDir(), "access.db"), sqldb.Options{})
	t.Cleanup(func() { db.Close() })
	journal := &revocations{}
	s, err := Open(ctx, db, time.Now, journal, unrecorded)
	if err != nil {
		t.Fatal(err)
	}
	p := Principal{Role: DPO, Actor: domain.NewID(), Expires: time.Now().Add(time.Hour)}
	gone, id, err := s.Token(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	kept, _, err := s.Token(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Revoke(ctx, id); err != nil || len(journal.ids) != 1 {
		t.Fatal(journal.ids, err)
	}
	if err := db.Tx(ctx, func(tx *sql.Tx) error { // as in a copy from before
		_, err := tx.ExecContext(ctx, `UPDATE credentials SET revoked = 0`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(ctx, db, time.Now, journal, unrecorded); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recognise(ctx, gone); !errors.Is(err, ErrRefused) {
		t.Error("a revoked token is good again:", err)
	}
	if _, err := s.Recognise(ctx, kept); err != nil {
		t.Error("another one was revoked:", err)
	}
}

func unrecorded(context.Context, domain.Actor, domain.Event) error { return nil }

// TestRecorded: what is done with credentials is recorded before it counts; what can't be recorded isn't
// done; and many refusals in a minute are one event.
func TestRecorded(t *testing.T) {
	ctx := context.Background()
	db := dbtest.Open(t, filepath.Join(t.TempDir(), "access.db"), sqldb.Options{})
	t.Cleanup(func() { db.Close() })
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	var told []domain.Event
	var full error
	s, err := Open(ctx, db, func() time.Time { return now }, &revocations{}, func(_ context.Context, _ domain.Actor, e domain.Event) error {
		if full == nil {
			told = append(told, e)
		}
		return full
	})
	if err != nil {
		t.Fatal(err)
	}
	p := Principal{Role: DPO, Actor: domain.NewID(), Person: true, Expires: now.Add(time.Hour)}
	_, id, err := s.Token(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := s.Link(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SignIn(ctx, secret); err != nil {
		t.Fatal(err)
	}
	if err := s.Revoke(ctx, id); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		s.Recognise(ctx, "mun_nonsense")
	}
	now = now.Add(time.Minute)
	s.SignIn(ctx, secret) // used up
	var kinds []string
	for _, e := range told {
		kinds = append(kinds, e.Kind())
	}
	want := "audit.credential_made audit.credential_made audit.link_used audit.credential_revoked audit.credentials_refused audit.credentials_refused"
	if got := strings.Join(kinds, " "); got != want {
		t.Fatalf("%s\nwant %s", got, want)
	}
	if a, b := told[4].(domain.CredentialsRefused), told[5].(domain.CredentialsRefused); a.Count != 1 || b.Count != 1000 {
		t.Error(a, b)
	}
	unused, err := s.Link(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	full = errors.New("the disk is full")
	if secret, _, err := s.Token(ctx, p); err == nil || secret != "" {
		t.Error("a token was made that the ledger doesn't know of:", err)
	}
	if cookie, _, err := s.SignIn(ctx, unused); err == nil || cookie != "" {
		t.Error("a session was made that the ledger doesn't know of:", err)
	}
}

// TestList: given a token, a session, a link and a revoked token, when credentials are listed, then the link isn't,
// and each of the others is what it is.
func TestList(t *testing.T) {
	ctx := context.Background()
	s, now, _ := store(t)
	account := domain.NewID()
	made := func(p Principal) domain.ID {
		p.Expires = now.Add(time.Hour)
		_, id, err := s.Token(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		*now = now.Add(time.Second)
		return id
	}
	kept, gone := made(Principal{Role: Customer, Tenants: []domain.ID{account}, Content: true, Person: true}), made(Principal{Role: Regulator})
	link, err := s.Link(ctx, Principal{Role: DPO})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SignIn(ctx, link); err != nil {
		t.Fatal(err)
	}
	if err := s.Revoke(ctx, gone); err != nil {
		t.Fatal(err)
	}
	got, err := s.List(ctx)
	if err != nil || len(got) != 3 {
		t.Fatal(len(got), err)
	}
	begun := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	if l := got[0]; l.Kind != string(session) || l.Role != DPO || l.Revoked || !l.Created.Equal(begun.Add(2*time.Second)) || !l.Expires.Equal(l.Created.Add(SessionLife)) {
		t.Errorf("session: %+v", l)
	}
	if l := got[1]; l.ID != gone || l.Kind != string(token) || l.Role != Regulator || !l.Revoked || l.Content || l.Person || len(l.Tenants) != 0 {
		t.Errorf("revoked: %+v", l)
	}
	if l := got[2]; l.ID != kept || l.Role != Customer || l.Revoked || !l.Content || !l.Person || len(l.Tenants) != 1 || l.Tenants[0] != account || !l.Expires.Equal(begun.Add(time.Hour)) {
		t.Errorf("in force: %+v", l)
	}
}
