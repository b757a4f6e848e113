package report

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/sqlstore"
	"muniment/ledger/vault"
	"muniment/projections"
)

// world is a real ledger, vault and views in a directory of the test's own, with a clock that goes
// on by one second at each fact.
type world struct {
	t      *testing.T
	ledger *ledger.Ledger
	views  *projections.Views
	now    time.Time
	events int
}

func id(n int) domain.ID { return domain.ID{0: byte(n >> 8), 1: byte(n), 15: 0xaa} }

var (
	dental = id(0x10) // a tenant
	ana    = id(0x20) // a caller
	maria  = id(0x30) // staff
	kim    = id(0x31) // staff
	aCall  = id(0x40)
)

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	open := func(name string) *sqldb.DB {
		return dbtest.Open(t, filepath.Join(dir, name), sqldb.Options{})
	}
	keys, err := vault.CreateKeysDir(filepath.Join(dir, "keys"), id(1))
	if err != nil {
		t.Fatal(err)
	}
	vaultDB, viewsDB := open("vault.db"), open("views.db")
	v, err := vault.Open(ctx, vaultDB, keys, id(1))
	if err != nil {
		t.Fatal(err)
	}
	log, err := sqlstore.Open(context.WithoutCancel(ctx), open("log.db"))
	if err != nil {
		t.Fatal(err)
	}
	authentic, err := ledger.Authenticate(log, id(1), ledger.RowKey{Number: 1})
	if err != nil {
		t.Fatal(err)
	}
	views, err := projections.Open(ctx, viewsDB, authentic, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, views: views, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	w.ledger = &ledger.Ledger{ID: id(1), Log: authentic, Vault: v, Now: func() time.Time { return w.now }}
	t.Cleanup(func() {
		if err := errors.Join(log.Close(), vaultDB.Close(), viewsDB.Close()); err != nil {
			t.Error(err)
		}
	})
	w.keep(domain.TenantOnboarded{Name: "Example Dental GmbH", Role: domain.RoleController, Country: "DE"}, "2025-01-07", fact{tenant: dental})
	return w
}

// fact is what the world's facts differ in.
type fact struct {
	tenant   domain.ID
	stream   domain.Stream
	actor    domain.Actor
	auth     []domain.Auth
	purpose  string
	basis    domain.Basis
	source   string
	subjects []domain.ID
}

// keep takes one fact in, as other systems report it, and lets the views see it.
func (w *world) keep(e domain.Event, occurred string, f fact) ledger.Receipt {
	w.t.Helper()
	r := w.keepAll(w.submission(e, occurred, f))[0]
	return r
}

func (w *world) submission(e domain.Event, occurred string, f fact) *ledger.Submission {
	w.t.Helper()
	m, err := domain.ParseMoment(occurred)
	if err != nil {
		w.t.Fatal(err)
	}
	w.events++
	if f.source == "" {
		f.source = "calls.example"
	}
	if f.actor.Kind == "" {
		f.actor.Kind = domain.System
	}
	s := &ledger.Submission{Source: f.source, ID: id(0x1000 + w.events), Tenant: f.tenant, Stream: ledger.StreamRef{Name: f.stream}, Event: e,
		Occurred: m, Actor: ledger.ActorClaim{Actor: f.actor}, Auth: f.auth, Purpose: f.purpose, Basis: f.basis}
	for _, who := range f.subjects {
		s.Subjects = append(s.Subjects, ledger.SubjectClaim{ID: who, Capacity: domain.Processor})
	}
	return s
}

func (w *world) keepAll(list ...*ledger.Submission) []ledger.Receipt {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	receipts := make([]ledger.Receipt, len(list))
	for i, o := range w.ledger.Take(w.t.Context(), ledger.Own(), list) {
		if o.Err != nil {
			w.t.Fatal(o.Err)
		}
		receipts[i] = o.Receipt
	}
	if err := w.views.CatchUp(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return receipts
}

// published keeps one version of a list.
func (w *world) published(effective domain.Date, entries ...domain.Entry) ledger.Receipt {
	w.t.Helper()
	return w.keep(domain.ListPublished{List: "calls.example", Effective: effective, Digest: fmt.Sprintf("%064x", len(entries)), Entries: entries},
		string(effective), fact{tenant: domain.Operator, source: "register"})
}

func entry(n int, name, purpose string, places ...string) domain.Entry {
	return domain.Entry{Key: id(0x200 + n), Name: name, Purpose: purpose, Locations: places}
}

// enrolled gives a person a login.
func (w *world) enrolled(who domain.ID, name string) {
	w.t.Helper()
	w.keep(domain.UserEnrolled{Employer: "TENANT", Login: domain.Clear("login-" + who.String()[:4]), Name: domain.Clear(name), System: "calls.example"},
		"2025-01-08", fact{tenant: dental, subjects: []domain.ID{who}})
}

// accessed keeps one access to the call of ana, 2 May 2025.
func (w *world) accessed(e domain.Event, occurred string, f fact) ledger.Receipt {
	w.t.Helper()
	f.tenant, f.stream = dental, domain.Stream{Noun: "interaction", ID: aCall}
	return w.keep(e, occurred, f)
}

// called is a call of ana, two members of staff, and what they did with it.
func called(t *testing.T) *world {
	w := newWorld(t)
	w.enrolled(maria, "Maria Mustermann")
	w.enrolled(kim, "Kim Beispiel")
	w.keep(domain.IdentifierAttached{Identifier: id(0x21), Type: domain.Phone, Value: domain.Clear("+12025550123"), Country: "US", Confidence: domain.SeenWith},
		"2025-05-02T08:00:00Z", fact{tenant: dental, subjects: []domain.ID{ana}})
	w.keep(domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear("+12025550123"), TrackingNumber: "+46846500400", Seconds: 130, Recorded: true},
		"2025-05-02T10:00:00+02:00", fact{tenant: dental, stream: domain.Stream{Noun: "interaction", ID: aCall}, subjects: []domain.ID{ana}})
	agent := func(who domain.ID) domain.Actor { return domain.Actor{ID: who, Kind: domain.Person, Role: "AGENT"} }
	w.accessed(domain.InteractionListened{Seconds: 95}, "2025-05-03T09:17:00+02:00",
		fact{actor: agent(maria), auth: []domain.Auth{"PASSWORD", "SECOND_FACTOR", "PIN"}, purpose: "QUALITY_CONTROL", basis: "LEGITIMATE_INTERESTS"})
	w.accessed(domain.InteractionViewed{Fields: []domain.DataField{"NAME", "NUMBER"}}, "2025-05-04", fact{actor: agent(kim), auth: []domain.Auth{"PASSWORD"}})
	w.accessed(domain.InteractionDownloaded{Field: "AUDIO"}, "2025-05-05T11:00:00Z",
		fact{actor: domain.Actor{ID: id(0x32), Kind: domain.Service, Behalf: dental}, auth: []domain.Auth{"API_KEY"}, purpose: "TRANSCRIPTION"})
	w.keep(domain.LedgerQueried{Purpose: "AUDIT", Case: "AUDIT-7", Seq: 5, Values: 1}, "2025-06-01T12:00:00Z",
		fact{tenant: dental, actor: domain.Actor{ID: maria, Kind: domain.Person, Role: "DPO"}, purpose: "AUDIT", subjects: []domain.ID{ana}})
	return w
}

func (w *world) source() Source {
	return Source{Ledger: w.ledger, Views: w.views, Scope: projections.Scope{All: true}, Reveal: w.ledger.Reveal}
}

func (w *world) generate(q Request) *Document {
	w.t.Helper()
	d, err := Generate(w.t.Context(), w.source(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) file(q Request, f Format) File {
	w.t.Helper()
	file, err := Render(w.generate(q), f, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return file
}

// day is the end of a day, as "as of" means it.
func day(t *testing.T, text string) domain.Time {
	t.Helper()
	at, _, err := Subprocessors.Days(text, "")
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// column is one column of a table, in words.
func column(t *testing.T, d *Document, table, name string) (words []string) {
	t.Helper()
	tab, err := d.tableNamed(table)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range tab.Columns {
		if c.Name != name {
			continue
		}
		for _, r := range tab.Rows {
			if r[i] == nil {
				words = append(words, "-")
			} else {
				words = append(words, r[i].words())
			}
		}
		return words
	}
	t.Fatalf("table %s has no column %s", table, name)
	return nil
}

func projectionsScope(tenant domain.ID) projections.Scope {
	return projections.Scope{Tenants: []domain.ID{tenant}}
}
