package vault

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/sqlstore"
)

// house is a ledger on real files that can be closed and opened again.
type house struct {
	*ledger.Ledger
	t     *testing.T
	dir   string
	db    *sqldb.DB
	log   *sqlstore.Log
	vault *Vault

	faults *dbtest.Faults // of both databases
}

var (
	shop  = domain.ID{0: 0xc0, 15: 1}
	other = domain.ID{0: 0xc0, 15: 2}

	noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
)

// newHouse is an empty ledger that has two tenants.
func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), faults: dbtest.NewFaults()}
	id := domain.NewID()
	must(CreateKeysDir(h.keysDir(), id))
	h.open(id)
	t.Cleanup(func() { h.close() })
	for _, tenant := range []domain.ID{shop, other} {
		h.ok(h.vault.Admit(t.Context(), tenant))
	}
	return h
}

func (h *house) keysDir() string { return filepath.Join(h.dir, "keys") }

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) open(id domain.ID) {
	h.t.Helper()
	ctx := h.t.Context()
	dbtest.Ready(h.t)
	database := func(name string, o sqldb.Options) *sqldb.DB {
		return must(h.faults.OpenAt(ctx, filepath.Join(h.dir, name), o))
	}
	keys, err := OpenKeysDir(h.keysDir(), id)
	h.ok(err)
	h.db = database("vault.db", sqldb.Options{SecureDelete: true})
	h.vault, err = Open(ctx, h.db, keys, id)
	h.ok(err)
	h.log, err = sqlstore.Open(ctx, database("log.db", sqldb.Options{}))
	h.ok(err)
	authentic, err := ledger.Authenticate(h.log, id, ledger.RowKey{Number: 1})
	h.ok(err)
	h.Ledger = &ledger.Ledger{ID: id, Log: authentic, Vault: h.vault, Now: func() time.Time { return noon }}
	h.follow()
}

func (h *house) close() {
	h.log.Close()
	h.db.Close()
}

// restart is the next run on the same files: what only memory held is gone.
func (h *house) restart() {
	h.t.Helper()
	h.close()
	h.open(h.ID)
}

// follow lets the follower write down what was kept; until then only the overlay knows it.
func (h *house) follow() {
	h.t.Helper()
	h.ok(h.vault.CatchUp(h.t.Context(), h.log))
}

// take keeps one submission.
func (h *house) take(s *ledger.Submission) ledger.Receipt {
	h.t.Helper()
	out := h.Take(h.t.Context(), ledger.Own(), []*ledger.Submission{s})[0]
	h.ok(out.Err)
	return out.Receipt
}

func (h *house) exec(text string, args ...any) {
	h.t.Helper()
	h.ok(h.db.Tx(h.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(h.t.Context(), text, args...)
		return err
	}))
}

func (h *house) count(table string) (n int) {
	h.t.Helper()
	h.ok(h.db.Reader().QueryRowContext(h.t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n))
	return n
}

// find is whom an identifier leads to; ok is false for nobody.
func (h *house) find(tenant domain.ID, i ledger.Identifier) (domain.ID, bool) {
	h.t.Helper()
	id, ok, err := h.vault.Find(h.t.Context(), tenant, i)
	h.ok(err)
	return id, ok
}

// kept is one event with its boxes.
type kept struct {
	domain.Kept
	boxes []ledger.Box
}

func (h *house) all() (all []kept) {
	h.t.Helper()
	records, err := h.log.Read(h.t.Context(), 0, 1<<20)
	h.ok(err)
	for _, r := range records {
		k, boxes, err := ledger.DecodeBoxes(r)
		h.ok(err)
		all = append(all, kept{k, boxes})
	}
	return all
}

func (h *house) at(seq int64) kept {
	h.t.Helper()
	return h.all()[seq]
}

func phone(n int) ledger.Identifier {
	return ledger.Identifier{Type: domain.Phone, Value: fmt.Sprintf("+120255501%02d", n)}
}

func person(of ...ledger.Identifier) ledger.SubjectClaim {
	return ledger.SubjectClaim{Identifiers: of, Capacity: domain.Processor}
}

// call is a call from somebody, as the source reports it.
func call(id string, of ...ledger.Identifier) *ledger.Submission {
	at := domain.TimeOf(noon.Add(-time.Hour))
	return &ledger.Submission{
		Source: "ctm", SourceID: id, Tenant: shop, Stream: ledger.StreamRef{ID: id, At: at}, Occurred: domain.At(at),
		Event:    domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear(of[0].Value), Seconds: 107},
		Actor:    ledger.ActorClaim{Actor: domain.Actor{Kind: domain.System}},
		Subjects: []ledger.SubjectClaim{person(of...)},
	}
}
