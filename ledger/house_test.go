package ledger_test

import (
	"context"
	"errors"
	"fmt"
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

// house is a ledger on real files that can be closed and opened again.
type house struct {
	*ledger.Ledger
	t     *testing.T
	dir   string
	vault *vault.Vault
	store *sqlstore.Log
	db    *sqldb.DB
	lossy *lossy
}

var (
	shop = domain.ID{0: 0xc0, 15: 1}
	noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
)

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir()}
	id := domain.NewID()
	if _, err := vault.CreateKeysDir(filepath.Join(h.dir, "keys"), id); err != nil {
		t.Fatal(err)
	}
	h.open(id)
	t.Cleanup(func() { h.close() })
	h.ok(h.vault.Admit(t.Context(), shop))
	return h
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) open(id domain.ID) {
	h.t.Helper()
	ctx := h.t.Context()
	database := func(name string) *sqldb.DB {
		return dbtest.Open(h.t, filepath.Join(h.dir, name), sqldb.Options{})
	}
	keys, err := vault.OpenKeysDir(filepath.Join(h.dir, "keys"), id)
	h.ok(err)
	h.db = database("vault.db")
	h.vault, err = vault.Open(ctx, h.db, keys, id)
	h.ok(err)
	h.store, err = sqlstore.Open(ctx, database("log.db"))
	h.ok(err)
	h.ok(h.vault.CatchUp(ctx, h.store))
	h.lossy = &lossy{Log: h.store}
	authentic, err := ledger.Authenticate(h.lossy, id, ledger.RowKey{Number: 1})
	h.ok(err)
	h.Ledger = &ledger.Ledger{ID: id, Log: authentic, Vault: h.vault, Now: func() time.Time { return noon }}
}

func (h *house) close() {
	h.store.Close()
	h.db.Close()
}

// restart is the next run on the same files: what only memory held is gone.
func (h *house) restart() {
	h.t.Helper()
	h.close()
	h.open(h.ID)
}

func (h *house) take(list ...*ledger.Submission) []ledger.Outcome {
	return h.Take(h.t.Context(), ledger.Own(), list)
}

// kept takes one submission that must be kept now.
func (h *house) kept(s *ledger.Submission) ledger.Receipt {
	h.t.Helper()
	o := h.take(s)[0]
	if o.Err != nil || o.Duplicate || o.Receipt.Repeated {
		h.t.Fatalf("not kept: %+v", o)
	}
	return o.Receipt
}

func (h *house) events() []domain.Kept {
	h.t.Helper()
	records, err := h.store.Read(h.t.Context(), 0, 1<<20)
	h.ok(err)
	var all []domain.Kept
	for _, r := range records {
		k, err := ledger.Decode(r)
		h.ok(err)
		all = append(all, k)
	}
	return all
}

// made counts everything that taking a fact could have made: events, and after a restart, which
// leaves nothing in memory, the vault's rows.
func (h *house) made() string {
	h.t.Helper()
	h.restart()
	counts := fmt.Sprint(len(h.events()), " events")
	for _, table := range []string{"secrets", "pages", "owners", "lookups"} {
		var n int
		h.ok(h.db.Reader().QueryRowContext(h.t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n))
		counts += fmt.Sprintf(", %d %s", n, table)
	}
	return counts
}

func (h *house) find(i ledger.Identifier) (domain.ID, bool) {
	h.t.Helper()
	id, ok, err := h.vault.Find(h.t.Context(), shop, i)
	h.ok(err)
	return id, ok
}

// reveal opens one value of an event.
func (h *house) reveal(seq int64, path string) ledger.Value {
	h.t.Helper()
	values, err := h.Reveal(h.t.Context(), []ledger.Ref{{Seq: seq, Path: path}})
	h.ok(err)
	return values[0]
}

// lossy is a log that answers some appends otherwise than it should, and can be interrupted.
type lossy struct {
	ledger.Log
	next       []answer // to the appends to come; then it is honest again
	beforeRead func()   // once, before a stream is read
}

type answer func(ctx context.Context, log ledger.Log, batches []ledger.Batch) []ledger.Result

func (l *lossy) Append(ctx context.Context, batches ...ledger.Batch) []ledger.Result {
	if len(l.next) == 0 {
		return l.Log.Append(ctx, batches...)
	}
	a := l.next[0]
	l.next = l.next[1:]
	return a(ctx, l.Log, batches)
}

func (l *lossy) Stream(ctx context.Context, s domain.Stream, from int64, limit int) ([]ledger.Record, error) {
	if do := l.beforeRead; do != nil {
		l.beforeRead = nil
		do()
	}
	return l.Log.Stream(ctx, s, from, limit)
}

// all answers every batch with one error.
func all(batches []ledger.Batch, err error) []ledger.Result {
	results := make([]ledger.Result, len(batches))
	for i := range results {
		results[i].Err = fmt.Errorf("append: %w", err)
	}
	return results
}

func failedNotKept(_ context.Context, _ ledger.Log, batches []ledger.Batch) []ledger.Result {
	return all(batches, ledger.ErrUnknown)
}

func failedButKept(ctx context.Context, log ledger.Log, batches []ledger.Batch) []ledger.Result {
	log.Append(ctx, batches...)
	return all(batches, ledger.ErrUnknown)
}

// checkRefusal fails unless err is a refusal with this code and field, whose message has the words
// and none of the personal values that the tests use.
func checkRefusal(t *testing.T, err error, code domain.Code, field string, words ...string) {
	t.Helper()
	var no *domain.Refusal
	if !errors.As(err, &no) || no.Code != code || no.Field != field {
		t.Errorf("expected a refusal %s of %q, got %#v", code, field, err)
		return
	}
	for _, w := range words {
		if !strings.Contains(no.Message, w) {
			t.Errorf("%q does not say %q", no.Message, w)
		}
	}
	for _, secret := range []string{"202555", "example.com", "Example"} {
		if strings.Contains(no.Error(), secret) {
			t.Errorf("a personal value in a refusal: %s", no)
		}
	}
}

func phone(n int) ledger.Identifier {
	return ledger.Identifier{Type: domain.Phone, Value: fmt.Sprintf("+120255501%02d", n)}
}

func person(of ...ledger.Identifier) ledger.SubjectClaim {
	return ledger.SubjectClaim{Identifiers: of, Capacity: domain.Processor}
}

// call is a call from somebody, as the source reports it.
func call(id string, from ledger.Identifier) *ledger.Submission {
	at := domain.TimeOf(noon.Add(-time.Hour))
	return &ledger.Submission{
		Source: "ctm", SourceID: id, Tenant: shop, Stream: ledger.StreamRef{ID: id, At: at}, Occurred: domain.At(at),
		Event:   recorded(from, 107),
		Actor:   ledger.ActorClaim{Actor: domain.Actor{Kind: domain.Person, Role: "AGENT"}},
		Auth:    []domain.Auth{"PASSWORD"},
		Purpose: "SERVICE", Basis: "CONTRACT",
		Subjects: []ledger.SubjectClaim{person(from)},
	}
}

func recorded(from ledger.Identifier, seconds int64) domain.InteractionRecorded {
	return domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear(from.Value), Seconds: seconds}
}
