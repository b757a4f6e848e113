package erasure_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
	"muniment/ledger/seal/verify"
	"muniment/ledger/sqldb/dbtest"
)

// evidence seals a ledger and counts its heads.
func evidence(l *ledgertest.Ledger) (*epochs.Keeper, error) {
	db, err := l.OpenDB("seal.db")
	if err != nil {
		return nil, err
	}
	s, err := seal.Open(context.Background(), seal.Config{Log: l.Log, DB: db, Tiles: seal.Tiles(filepath.Join(l.Dir, "tiles")), Ledger: l.ID,
		Keys: func(bool) ([][]byte, error) { return [][]byte{make([]byte, 32)}, nil }, Warn: func(string, error) {}})
	if err != nil {
		return nil, err
	}
	if db, err = l.OpenDB("heads.db"); err != nil {
		return nil, err
	}
	store, err := epochs.Open(context.Background(), db)
	return &epochs.Keeper{Ledger: l.Ledger, Seals: s, Store: store}, err
}

func (h *house) keeper() *epochs.Keeper { return h.process.Evidence.(*epochs.Keeper) }

// old is a house with so many calls, most of them to be pruned, and one after all of them.
func old(t testing.TB, calls int) (*house, ledger.Receipt) {
	h := newHouse(t)
	for n := range calls {
		h.kept(call(fmt.Sprint("CA", n), phone(n%5)))
	}
	return h, h.kept(call("LAST", phone(7)))
}

// strikeAll strikes what can be pruned up to a position, as a run of the ledger's own retention does.
func (h *house) strikeAll(to int64) {
	h.t.Helper()
	records, err := h.Log.Read(h.t.Context(), 0, int(to))
	h.ok(err)
	for _, r := range records {
		k, err := ledger.Decode(r)
		h.ok(err)
		_, epoch := k.Event.(domain.EpochSealed)
		if kind, _ := domain.Lookup(k.Kind); !kind.Passing || k.Struck || epoch {
			continue
		}
		pay, err := seal.PayloadCommitment(r.Payload)
		h.ok(err)
		_, err = h.Log.(ledger.Striker).Strike(h.t.Context(), ledger.Removal{At: ledger.Key{Stream: r.Stream, ID: k.ID}, Stub: ledger.Stub(pay)})
		h.ok(err)
	}
}

// verified is what verify says of the ledger as it lies there.
func (h *house) verified() (string, error) {
	h.t.Helper()
	k := h.keeper()
	h.ok(k.Seals.Seal(h.t.Context()))
	_, err := k.Seal(h.t.Context())
	h.ok(err)
	var out bytes.Buffer
	kept := &verify.Kept{Log: h.Log, Tiles: seal.Tiles(filepath.Join(h.dir, "tiles")), Last: k.Seals.Checkpoint().Text}
	err = verify.Log(h.t.Context(), kept, verify.Demands{Policy: verify.KeyPolicy(k.Seals.VKey()), Now: time.Now(), AcceptUnwitnessed: true}, &out)
	return out.String(), err
}

// prunings are those that the log tells of.
func (h *house) prunings() []domain.Kept {
	h.t.Helper()
	list, err := seal.Prunings(h.t.Context(), h.Log, h.ID)
	h.ok(err)
	return list
}

// reduced fails unless the first bundle is pruned, once, and all that is left holds.
func (h *house) reduced(when string, last ledger.Receipt) {
	h.t.Helper()
	records, err := h.Log.Read(h.t.Context(), 0, 300)
	h.ok(err)
	gone := int64(0)
	for _, r := range records {
		if _, _, pruned := ledger.Pruned(r); pruned {
			gone++
		} else if kind, _ := domain.Lookup(ledger.KindOf(r)); r.Seq < 256 && kind.Passing {
			h.t.Errorf("%s: event %d is there", when, r.Seq)
		}
	}
	list := h.prunings()
	if len(list) != 1 {
		h.t.Fatalf("%s: told %d times", when, len(list))
	}
	if e := list[0].Event.(domain.LogPruned); e.From != 0 || e.To != 256 || e.Events != gone || gone < 200 || gone == 256 {
		h.t.Errorf("%s: %+v, and %d are pruned", when, e, gone)
	}
	if out, err := h.verified(); err != nil || !strings.Contains(out, fmt.Sprintf("pruned     ok  of %d events", gone)) {
		h.t.Errorf("%s: %v\n%s", when, err, out)
	}
	if got := h.state(last.Position, "/number"); got != ledger.StateClear {
		h.t.Errorf("%s: the last call's number reads %s", when, got)
	}
	if o := h.take(call("CA3", phone(3))); o.Err != nil || !o.Duplicate {
		h.t.Errorf("%s: a pruned call sent again: %+v", when, o)
	}
	views := h.process.Views
	h.ok(views.CatchUp(h.t.Context()))
	shop, err := views.Of(h.t.Context(), shop, 0, 1000)
	h.ok(err)
	for _, seq := range shop {
		if _, _, pruned := ledger.Pruned(records[min(seq, 299)]); pruned && seq < 299 {
			h.t.Errorf("%s: event %d is in the views", when, seq)
		}
	}
}

// TestPrune: a bundle is pruned; its texts are in no file; what stays, stays; a stream that begins in it
// goes on.
func TestPrune(t *testing.T) {
	h, last := old(t, 300)
	h.strikeAll(256)
	first, err := h.Log.At(t.Context(), []int64{100})
	h.ok(err)
	k, err := ledger.Decode(first[0])
	h.ok(err)
	trace := k.Actor.ID.String() // an id that only envelopes have
	if trace == (domain.ID{}).String() {
		trace = fmt.Sprintf("%x", k.Salt)
	}
	if !dbtest.OnServer() && h.filesHolding(trace) == nil && !holdsText(h, trace) {
		t.Fatal("the trace is in no file, so looking for it proves nothing")
	}
	h.views()
	run := domain.NewID()
	for range 2 { // the same again is no error
		h.ok(h.process.Prune(t.Context(), run, domain.Range{From: 0, To: 256}))
	}
	h.reduced("at once", last)
	if e := h.prunings()[0].Event.(domain.LogPruned); e.Run != run {
		t.Errorf("ordered by %s", e.Run)
	}
	if !dbtest.OnServer() && holdsText(h, trace) {
		t.Error("the trace is still in a file")
	}
	a := httptest.NewRecorder()
	seal.Door{Sealer: h.keeper().Seals, MayReadEntries: func(*http.Request) error { return nil }, Internal: func(err error) { t.Error(err) }}.
		ServeHTTP(a, httptest.NewRequest(http.MethodGet, "/tile/entries/000", nil))
	if by := h.prunings()[0]; a.Code != http.StatusGone || !strings.HasPrefix(a.Body.String(), fmt.Sprintf("Events 0 to 255 were pruned, as event %d of %s says", by.Seq, by.LogTime)) {
		t.Errorf("served: %d: %s", a.Code, a.Body)
	}
	h.reopen()
	h.ok(h.process.Run(t.Context()))
	h.reduced("after a restart", last)
	o := h.take(&ledger.Submission{Source: "ctm", SourceID: "CA3/listened", Tenant: shop, Stream: ledger.StreamRef{ID: "CA3", At: ledgertest.Day(20).At}, Occurred: ledgertest.Day(21),
		Event: domain.InteractionListened{Seconds: 2}, Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.System}}})
	h.ok(o.Err)
	if o.Receipt.Revision == 0 {
		t.Error("the stream began anew")
	}
	_, err = ledger.Do(t.Context(), h.Ledger.Ledger, ledger.Command{Name: "test", Stream: first[0].Stream, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: shop, Source: "test", Actor: domain.Actor{Kind: domain.Person, Role: "DPO"}}}, domain.Interaction.Apply,
		func(i domain.Interaction, _ domain.Time) ([]domain.Event, *domain.Refusal) {
			if i.Recorded {
				t.Error("a decision sees what was pruned")
			}
			return []domain.Event{domain.InteractionViewed{}}, nil
		})
	h.ok(err)
	h.reduced("with later events of pruned streams", last)
}

func holdsText(h *house, text string) bool {
	var names []string
	h.holding([]byte(text), &names)
	return names != nil
}

// TestPruneRefused: what can't be pruned is refused by name, and nothing of it is.
func TestPruneRefused(t *testing.T) {
	h, _ := old(t, 300)
	next, err := h.Log.Next(t.Context())
	h.ok(err)
	refused := func(name, rule string, r domain.Range) {
		t.Helper()
		if got := refusedBy(h.process.Prune(t.Context(), domain.ID{}, r)); got != rule {
			t.Errorf("%s: %s, want %s", name, got, rule)
		}
	}
	refused("not struck", "prune.struck", domain.Range{From: 0, To: 256})
	h.strikeAll(200)
	refused("some not struck", "prune.struck", domain.Range{From: 0, To: 256})
	h.strikeAll(256)
	refused("not whole", "prune.aligned", domain.Range{From: 0, To: 255})
	refused("not all there", "prune.sealed", domain.Range{From: 0, To: 512})
	person, _ := h.find(phone(1))
	hold := domain.NewID()
	h.ok(command(h.Ledger.Ledger, person, func(s domain.Subject) ([]domain.Event, *domain.Refusal) {
		return []domain.Event{domain.HoldPlaced{Hold: hold, Classes: []domain.Class{domain.InteractionData}, Ground: "LITIGATION", Case: "LIT-2026-001", Authority: "a court", Review: "2027-01-01"}}, nil
	}))
	h.ok(h.Keys.CatchUp(t.Context(), h.Log))
	refused("held", "prune.hold", domain.Range{From: 0, To: 256})
	if list := h.prunings(); list != nil {
		t.Errorf("told: %+v", list)
	}
	h.ok(command(h.Ledger.Ledger, person, func(s domain.Subject) ([]domain.Event, *domain.Refusal) {
		return []domain.Event{domain.HoldLifted{Hold: hold, Case: "LIT-2026-001"}}, nil
	}))
	h.ok(h.Keys.CatchUp(t.Context(), h.Log))
	h.ok(h.process.Prune(t.Context(), domain.ID{}, domain.Range{From: 0, To: 256}))
	if next == 0 || len(h.prunings()) != 1 {
		t.Error("the range wasn't pruned after all")
	}
	h.process.Evidence = nil
	if err := h.process.Prune(t.Context(), domain.ID{}, domain.Range{From: 256, To: 512}); err == nil {
		t.Error("pruned where nothing is sealed")
	}
}

// TestPruneWaits: a pruning that can't go on at the moment holds no erasure back.
func TestPruneWaits(t *testing.T) {
	h, _ := old(t, 300)
	h.strikeAll(256)
	h.process.Stepped = func(step string) {
		if step == "pruning ordered" {
			h.process.Evidence = nil
		}
	}
	if err := h.process.Prune(t.Context(), domain.ID{}, domain.Range{From: 0, To: 256}); err == nil {
		t.Fatal("pruned where nothing is sealed")
	}
	person, _ := h.find(phone(7))
	h.ok(h.request(person, domain.ErasureRequested{}))
	if err := h.process.Run(t.Context()); err == nil {
		t.Error("the pruning is forgotten")
	}
	if s := h.subject(person); !s.Erased(domain.Contact) || len(h.prunings()) != 0 {
		t.Errorf("%+v", s)
	}
	history, err := h.History(t.Context(), domain.Stream{Noun: "subject", ID: person})
	h.ok(err)
	if last := history[len(history)-1].Kind; last != (domain.ErasureCompleted{}).Kind() {
		t.Errorf("the erasure ends with %s", last)
	}
}

// TestPruneAltered: an event that isn't what was sealed is not pruned: it is the trace of who changed it.
func TestPruneAltered(t *testing.T) {
	dbtest.NeedsFiles(t)
	h, _ := old(t, 300)
	h.ok(h.keeper().Seals.Seal(t.Context()))
	h.strikeAll(256)
	r, err := h.Log.At(t.Context(), []int64{100, 101})
	h.ok(err)
	id, err := domain.ParseEnvelope(r[0].Envelope)
	h.ok(err)
	other, err := seal.PayloadCommitment(r[1].Payload)
	h.ok(err)
	_, err = h.Log.(ledger.Striker).Strike(t.Context(), ledger.Removal{At: ledger.Key{Stream: r[0].Stream, ID: id.ID}, Stub: ledger.Stub(other)})
	h.ok(err)
	if err := h.process.Prune(t.Context(), domain.ID{}, domain.Range{From: 0, To: 256}); !errors.Is(err, seal.ErrChanged) {
		t.Errorf("%v", err)
	}
}
