package notices

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/sqlstore"
	"muniment/ledger/vault"
)

// A world is a real ledger in a directory, with a clock that is moved by hand.
type world struct {
	dir    string
	ledger *ledger.Ledger
	queue  *sqldb.DB
	micros atomic.Int64
	logged *buffer
	closed []func() error
}

// buffer is what was logged.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

var someLedger = domain.ID{15: 9}

// openWorld opens the ledger in dir, or begins one.
func openWorld(ctx context.Context, dir string) (*world, error) {
	w := &world{dir: dir, logged: &buffer{}}
	w.set("2026-10-01T08:00:00Z")
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	open := func(name string) (*sqldb.DB, error) {
		return dbtest.OpenAt(ctx, filepath.Join(data, name), sqldb.Options{})
	}
	keysPath := filepath.Join(dir, "keys")
	keys, err := vault.OpenKeysDir(keysPath, someLedger)
	if err != nil {
		if keys, err = vault.CreateKeysDir(keysPath, someLedger); err != nil {
			return nil, err
		}
	}
	db, err := open("vault.db")
	if err != nil {
		return nil, err
	}
	v, err := vault.Open(ctx, db, keys, someLedger)
	if err != nil {
		return nil, err
	}
	events, err := open("log.db")
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.Open(ctx, events)
	if err != nil {
		return nil, err
	}
	log, err := ledger.Authenticate(store, someLedger, ledger.RowKey{Number: 1})
	if err != nil {
		return nil, err
	}
	if err := v.CatchUp(ctx, log); err != nil {
		return nil, err
	}
	if w.queue, err = open("queue.db"); err != nil {
		return nil, err
	}
	w.ledger = &ledger.Ledger{ID: someLedger, Log: log, Vault: v, Now: w.now}
	w.closed = []func() error{w.queue.Close, log.Close, db.Close}
	return w, nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dbtest.Ready(t)
	w, err := openWorld(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	return w
}

func (w *world) close() {
	for _, c := range w.closed {
		c()
	}
}

func (w *world) now() time.Time { return time.UnixMicro(w.micros.Load()).UTC() }

func (w *world) set(when string) {
	m, err := domain.ParseMoment(when)
	if err != nil {
		panic(err)
	}
	w.micros.Store(int64(m.At))
}

func (w *world) pass(d time.Duration) { w.micros.Add(d.Microseconds()) }

func (w *world) outbox() string { return filepath.Join(w.dir, "data", "outbox") }

// config is a room that writes into the outbox.
func (w *world) config() Config {
	log := logrus.New()
	log.SetOutput(w.logged)
	log.SetLevel(logrus.DebugLevel)
	return Config{
		Ledger: w.ledger, DB: w.queue, Directory: fromLog{w.ledger}, Register: fromLog{w.ledger}, Links: bytes.Repeat([]byte{7}, 32),
		BaseURL: "https://ledger.example.com", Organisation: func() string { return "Example Call Tracking" },
		From: mail.Address{Name: "Example Call Tracking", Address: "notices@example.com"}, Contact: mail.Address{Address: "privacy@example.com"},
		Outbox: w.outbox(), Log: log, Tick: 5 * time.Millisecond,
	}
}

// run opens the room and runs it until the test ends.
func (w *world) run(t *testing.T, c Config) *Notices {
	t.Helper()
	n, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return n
}

// keep keeps events as they are, through the ledger's own way in.
func (w *world) keep(ctx context.Context, s domain.Stream, tenant domain.ID, subjects []domain.SubjectRef, events ...domain.Event) error {
	_, err := ledger.Do(ctx, w.ledger, ledger.Command{Name: "test", Stream: s, Input: "test",
		Envelope: domain.Envelope{Actor: domain.Actor{Kind: domain.System}, Source: "test", Tenant: tenant, Subjects: subjects}},
		func(struct{}, domain.Kept) struct{} { return struct{}{} },
		func(struct{}, domain.Time) ([]domain.Event, *domain.Refusal) { return events, nil })
	return err
}

func numbered(kind byte, n int) domain.ID {
	id := domain.ID{0: kind}
	binary.BigEndian.PutUint32(id[12:], uint32(n))
	return id
}

// customer onboards a tenant: with an agreement unless terms is nil, with a contact unless address is "".
func (w *world) customer(ctx context.Context, n int, parent domain.ID, terms *domain.AgreementSigned, address string) (domain.ID, error) {
	id := numbered(1, n)
	if err := w.ledger.Vault.Admit(ctx, id); err != nil {
		return id, err
	}
	err := w.keep(ctx, domain.Stream{Noun: "tenant", ID: id}, id, nil,
		domain.TenantOnboarded{Name: fmt.Sprintf("Customer %d GmbH", n), Role: domain.RoleController, Country: "DE", Zone: "Europe/Berlin", Parent: parent})
	if err == nil && terms != nil {
		err = w.keep(ctx, domain.Stream{Noun: "agreement", ID: id}, id, nil, *terms)
	}
	if err == nil && address != "" {
		err = w.designate(ctx, id, numbered(2, n), "Ada Lovelace", address)
	}
	return id, err
}

func (w *world) designate(ctx context.Context, tenant, contact domain.ID, name, address string) error {
	return w.keep(ctx, domain.Stream{Noun: "tenant", ID: tenant}, tenant, []domain.SubjectRef{{ID: contact, Capacity: domain.Controller}},
		domain.ContactDesignated{Contact: contact, Role: domain.NoticesContact, Name: domain.Clear(name), Email: domain.Clear(address)})
}

// terms is a usual agreement whose window opens when the relay took the notice.
func terms(m domain.Model) *domain.AgreementSigned {
	return &domain.AgreementSigned{Effective: "2026-01-01", Law: "SE", Zone: "UTC", Model: m, List: "main", NoticeDays: 14, ObjectionDays: 14, WindowStart: domain.OnDelivery, Proof: domain.HandedOver, GraceDays: 3,
		SCC: domain.NoInstrument}
}

var (
	someCompany = domain.Stream{Noun: "subprocessor", ID: domain.ID{0: 3, 15: 1}}
	someChange  = domain.ID{0: 4, 15: 1}
)

func announcement() domain.ChangeAnnounced {
	return domain.ChangeAnnounced{Change: someChange, Type: domain.AddSubprocessor, Effective: "2026-12-01", Summary: "Transcripts of calls are made by another company.",
		Services: []string{"Call transcription"}, DataCategories: []string{"CALL_RECORDINGS", "IP_ADDRESS"}, Locations: []string{"Dublin, Ireland"}, Mechanism: "NONE_NEEDED"}
}

// announce proposes the company and announces a change of it.
func (w *world) announce(ctx context.Context, e domain.ChangeAnnounced) error {
	if err := w.keep(ctx, someCompany, domain.Operator, nil, domain.SubprocessorProposed{LegalName: "Scribe Ltd", Country: "IE", Service: "Transcription",
		Purposes: []string{"Turning recordings into text"}, Locations: []string{"Dublin, Ireland"}, Mechanism: "NONE_NEEDED", SubjectCategories: []string{"CALLERS"}}); err != nil {
		return err
	}
	return w.keep(ctx, someCompany, domain.Operator, nil, e)
}

// until waits until ok, asked again after every event, or for what has no event on the next tick.
func (w *world) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s\n%s", what, w.logged)
		}
		next, err := w.ledger.Log.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		w.ledger.Log.Wait(ctx, next)
		cancel()
	}
}

// kinds lists the kinds of a stream's events.
func (w *world) kinds(t *testing.T, s domain.Stream) (kinds []string) {
	t.Helper()
	history, err := w.ledger.History(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range history {
		kinds = append(kinds, strings.TrimPrefix(k.Kind, "notice."))
	}
	return kinds
}

// notice finds a tenant's notice of the change.
func (w *world) notice(t *testing.T, tenant domain.ID) domain.Stream {
	t.Helper()
	naming, err := w.ledger.Vault.NamingKey(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	return Stream(naming, someChange, tenant)
}

func (w *world) state(t *testing.T, s domain.Stream) domain.Notice {
	t.Helper()
	history, err := w.ledger.History(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return fold[domain.Notice](history)
}

// has waits until a stream has an event of a kind.
func (w *world) has(t *testing.T, s domain.Stream, kind string) {
	t.Helper()
	w.until(t, kind+" on "+s.String(), func() bool { return slices.Contains(w.kinds(t, s), kind) })
}
