package erasure_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/erasure"
	"muniment/ledger/ledgertest"
	"muniment/projections"
)

func TestMain(m *testing.M) {
	crashtest.Child(map[string]func(string) error{"erase": playErase, "dispose": playDispose})
	os.Exit(m.Run())
}

// house is a ledger with views and the process that erases.
type house struct {
	*ledgertest.Ledger
	t       testing.TB
	dir     string
	process *erasure.Process
}

var shop = domain.ID{0: 0xc0, 15: 1}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{Ledger: ledgertest.Open(t), t: t}
	h.dir = h.Ledger.Dir
	h.ok(h.attach())
	h.Keep(ledger.Submission{Tenant: shop, Event: domain.TenantOnboarded{Name: "Example Shop", Role: domain.RoleController, Country: "SE"}, Occurred: ledgertest.Day(1)})
	return h
}

func (h *house) attach() (err error) {
	h.process, err = processOf(h.Ledger)
	return err
}

func processOf(l *ledgertest.Ledger) (*erasure.Process, error) {
	db, err := l.OpenDB("views.db")
	if err != nil {
		return nil, err
	}
	views, err := projections.Open(context.Background(), db, l.Log, []byte("cursors"))
	if err != nil {
		return nil, err
	}
	return &erasure.Process{Ledger: l.Ledger, Keys: l.Keys, Claims: l.Log.(erasure.Claims), Views: views}, nil
}

// reopen opens the ledger that lies in the directory anew, as the next process would.
func (h *house) reopen() {
	h.t.Helper()
	h.Close()
	l, err := ledgertest.OpenIn(context.Background(), h.dir, h.ID)
	h.ok(err)
	h.t.Cleanup(func() { l.Close() })
	h.Ledger = l
	h.ok(h.attach())
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func phone(n int) ledger.Identifier {
	return ledger.Identifier{Type: domain.Phone, Value: fmt.Sprintf("+120255501%02d", n)}
}

// call is a call from somebody, as the source reports it: the same id is the same call.
func call(id string, from ledger.Identifier) *ledger.Submission {
	at := ledgertest.Day(20)
	return &ledger.Submission{Source: "ctm", SourceID: id, Tenant: shop, Stream: ledger.StreamRef{ID: id, At: at.At}, Occurred: at,
		Event:    domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear(from.Value), Seconds: 7},
		Actor:    ledger.ActorClaim{Actor: domain.Actor{Kind: domain.System}},
		Subjects: []ledger.SubjectClaim{{Identifiers: []ledger.Identifier{from}, Capacity: domain.Processor}}}
}

func (h *house) take(s *ledger.Submission) ledger.Outcome {
	h.t.Helper()
	return h.Take(h.t.Context(), ledger.Own(), []*ledger.Submission{s})[0]
}

func (h *house) kept(s *ledger.Submission) ledger.Receipt {
	h.t.Helper()
	o := h.take(s)
	h.ok(o.Err)
	return o.Receipt
}

func (h *house) find(i ledger.Identifier) (domain.ID, bool) {
	h.t.Helper()
	id, ok, err := h.Keys.Find(h.t.Context(), shop, i)
	h.ok(err)
	return id, ok
}

// command decides on a person.
func command(l *ledger.Ledger, person domain.ID, decide func(domain.Subject) ([]domain.Event, *domain.Refusal)) error {
	_, err := ledger.Do(context.Background(), l, ledger.Command{Name: "test", Stream: domain.Stream{Noun: "subject", ID: person}, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: shop, Source: "test", Actor: domain.Actor{Kind: domain.Person, Role: "DPO"}, Subjects: []domain.SubjectRef{{ID: person, Capacity: domain.Processor}}}},
		domain.Subject.Apply, func(s domain.Subject, _ domain.Time) ([]domain.Event, *domain.Refusal) { return decide(s) })
	return err
}

func (h *house) request(person domain.ID, e domain.ErasureRequested) error {
	e.Ground, e.Case = "OBJECTED", "DSR-2026-014"
	return command(h.Ledger.Ledger, person, func(s domain.Subject) ([]domain.Event, *domain.Refusal) { return s.Erase(e) })
}

// erase orders and carries out.
func (h *house) erase(person domain.ID, e domain.ErasureRequested) {
	h.t.Helper()
	h.ok(h.request(person, e))
	h.ok(h.process.Run(h.t.Context()))
}

func (h *house) subject(id domain.ID) (s domain.Subject) {
	h.t.Helper()
	history, err := h.History(h.t.Context(), domain.Stream{Noun: "subject", ID: id})
	h.ok(err)
	for _, k := range history {
		s = s.Apply(k)
	}
	return s
}

func (h *house) state(seq int64, path string) ledger.State {
	h.t.Helper()
	v, err := h.Reveal(h.t.Context(), []ledger.Ref{{Seq: seq, Path: path}})
	h.ok(err)
	return v[0].State
}

// filesHolding lists the files of the ledger, keys included, that hold a text in any of its forms.
func (h *house) filesHolding(text string) (names []string) {
	h.t.Helper()
	for _, form := range []string{text, hex.EncodeToString([]byte(text)), base64.RawStdEncoding.EncodeToString([]byte(text))} {
		h.holding([]byte(form), &names)
	}
	return names
}

func (h *house) holding(text []byte, names *[]string) {
	h.t.Helper()
	h.ok(filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if bytes.Contains(b, text) {
			*names = append(*names, filepath.Base(path))
		}
		return err
	}))
}

func refusedBy(err error) string {
	var no *domain.Refusal
	if errors.As(err, &no) {
		return no.Rule
	}
	return fmt.Sprint(err)
}
