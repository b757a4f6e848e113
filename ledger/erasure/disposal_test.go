package erasure_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/erasure"
	"muniment/ledger/sqldb/dbtest"
	"muniment/projections"
)

// years is so many years before the test's present.
func (h *house) years(n int) domain.Moment {
	return domain.At(domain.TimeOf(h.Clock().AddDate(-n, 0, 0)))
}

// old is a call of some years ago with a word that stands nowhere else, and its caller.
func (h *house) old(id string, from ledger.Identifier, years int) ledger.Receipt {
	h.t.Helper()
	s := call(id, from)
	s.Occurred = h.years(years)
	s.Stream.At = s.Occurred.At
	e := s.Event.(domain.InteractionRecorded)
	e.Status = slip
	s.Event = e
	return h.kept(s)
}

func (h *house) did(e domain.Event, on ledger.Receipt, years int) ledger.Receipt {
	h.t.Helper()
	return h.Keep(ledger.Submission{Tenant: shop, Event: e, Stream: ledger.StreamRef{Name: on.Stream}, Occurred: h.years(years)})
}

// consent is what somebody said some years ago.
func (h *house) consent(e domain.Event, person domain.ID, years int) ledger.Receipt {
	h.t.Helper()
	return h.Keep(ledger.Submission{Tenant: shop, Event: e, Subjects: []ledger.SubjectClaim{{ID: person, Capacity: domain.Processor}}, Occurred: h.years(years)})
}

func (h *house) struck(r ledger.Receipt) bool {
	h.t.Helper()
	records, err := h.Log.At(h.t.Context(), []int64{r.Position})
	h.ok(err)
	_, struck := ledger.Struck(records[0].Payload)
	return struck
}

func (h *house) dispose() *domain.DisposalCompleted {
	h.t.Helper()
	done, err := h.process.Dispose(h.t.Context())
	h.ok(err)
	return done
}

func (h *house) cut(d *domain.DisposalCompleted, key string) domain.Taken {
	h.t.Helper()
	if d == nil {
		h.t.Fatal("nothing was disposed of")
	}
	for i, c := range d.Cuts {
		if c.Key() == key {
			return d.Taken[i]
		}
	}
	h.t.Fatalf("no cut of %s in %+v", key, d)
	return domain.Taken{}
}

func (h *house) setPeriod(f domain.Family, c domain.Class, period string) {
	h.t.Helper()
	_, err := ledger.Do(context.Background(), h.Ledger.Ledger, ledger.Command{Name: "test", Stream: domain.Stream{Noun: "disposal", ID: h.ID}, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "test", Actor: domain.Actor{Kind: domain.Person, Role: "DPO", ID: domain.ID{15: 1}}}}, domain.Disposal.Apply,
		func(d domain.Disposal, _ domain.Time) ([]domain.Event, *domain.Refusal) {
			return d.Set(domain.PeriodSet{Family: f, Class: c, Period: period, Ground: "Art. 5(1)(e) GDPR", Case: "RET-1", Acknowledged: true})
		})
	h.ok(err)
}

// TestDispose: of every family what is old and over goes, and nothing else; the leaves are the same; the
// record sent again is a duplicate; a second disposal finds nothing.
func TestDispose(t *testing.T) {
	h := newHouse(t)
	old, held, recent, used := h.old("CA1", phone(1), 4), h.old("CA2", phone(2), 4), h.old("CA3", phone(3), 2), h.old("CA4", phone(4), 4)
	person, _ := h.find(phone(1))
	kept := []ledger.Receipt{recent, held, used}
	gone := []ledger.Receipt{old,
		h.did(domain.InteractionListened{Seconds: 3}, old, 4), h.did(domain.InteractionEdited{Fields: []domain.DataField{"NAME"}}, old, 4),
		h.did(domain.InteractionViewed{}, recent, 4), // whenever the call was
	}
	kept = append(kept, h.did(domain.InteractionViewed{}, used, 1), h.did(domain.InteractionViewed{}, held, 4))
	grant := func(purpose string) domain.ConsentGranted {
		return domain.ConsentGranted{Purpose: purpose, Text: "v1", Channel: "WEB_FORM", Act: domain.BoxTicked, Giver: "SELF", Evidence: domain.Clear("form answer 77")}
	}
	gone = append(gone, h.consent(grant("MARKETING"), person, 9), h.consent(domain.ConsentWithdrawn{Purpose: "MARKETING", Channel: "WEB_FORM"}, person, 6))
	kept = append(kept, h.consent(grant("RECORDING"), person, 9), // stands
		h.consent(grant("ANALYTICS"), person, 9), h.consent(domain.ConsentWithdrawn{Purpose: "ANALYTICS", Channel: "WEB_FORM"}, person, 4))
	export := ledger.Receipt{Stream: domain.Stream{Noun: "export", ID: domain.NewID()}}
	asked := ledger.Receipt{Stream: domain.Stream{Noun: "export", ID: domain.NewID()}}
	gone = append(gone, h.did(domain.ExportRequested{Channel: "API", Categories: []domain.DataField{"NAME"}}, export, 5), h.did(domain.ExportExpired{}, export, 4))
	kept = append(kept, h.did(domain.ExportRequested{Channel: "API", Categories: []domain.DataField{"NAME"}}, asked, 5))
	user := ledger.Receipt{Stream: domain.Stream{Noun: "user", ID: domain.NewID()}}
	gone = append(gone, h.did(domain.SignedIn{}, user, 2))
	kept = append(kept, h.did(domain.SignedIn{}, user, 0))
	callee, _ := h.find(phone(2))
	h.ok(command(h.Ledger.Ledger, callee, func(s domain.Subject) ([]domain.Event, *domain.Refusal) {
		return s.PlaceHold(domain.HoldPlaced{Hold: domain.NewID(), Classes: []domain.Class{domain.Contact}, Ground: "LEGAL_OBLIGATION", Law: "§ 147 AO", Country: "DE", Authority: "Example Court", Review: "2027-01-01", Case: "HOLD-1"}, domain.Processor, 0)
	}))
	leaves := map[int64][]byte{}
	for _, r := range gone {
		leaves[r.Position] = h.leaf(r)
	}
	before, err := h.Log.Next(t.Context())
	h.ok(err)
	plan, _, err := h.process.Plan(t.Context())
	h.ok(err)
	if after, _ := h.Log.Next(t.Context()); after != before {
		t.Error("planning kept something")
	}
	done := h.dispose()
	for i, taken := range done.Taken {
		if plan[i].Taken != taken {
			t.Errorf("planned %+v, done %+v", plan[i], taken)
		}
	}
	for _, r := range gone {
		if !h.struck(r) || !bytes.Equal(h.leaf(r), leaves[r.Position]) {
			t.Errorf("event %d: struck %t", r.Position, h.struck(r))
		}
	}
	for _, r := range kept {
		if h.struck(r) {
			t.Errorf("event %d of %s is struck", r.Position, r.Stream)
		}
	}
	for key, want := range map[string]domain.Taken{"INTERACTIONS": {Struck: 2, Hold: 1, InUse: 1}, "ACCESSES": {Struck: 2, Hold: 1}, "CONSENTS": {Struck: 2, Binding: 1, InUse: 1}, "EXPORTS": {Struck: 2, Binding: 1}, "SIGN_INS": {Struck: 1}} {
		if c := h.cut(done, key); c.Struck != want.Struck || c.Hold != want.Hold || c.Binding != want.Binding || c.InUse != want.InUse {
			t.Errorf("%s: %+v", key, c)
		}
	}
	if done.Keys != 1 {
		t.Errorf("%d keys", done.Keys)
	}
	if o := h.take(call("CA1", phone(1))); o.Err != nil || o.Duplicate {
		t.Errorf("a call with the same name on another day: %+v", o)
	}
	again := call("CA1", phone(1))
	again.Occurred, again.Stream.At = domain.At(h.occurred(old)), h.occurred(old)
	if o := h.take(again); o.Err != nil || !o.Duplicate {
		t.Errorf("sent again: %+v", o)
	}
	if done := h.dispose(); done != nil {
		t.Errorf("disposed of twice: %+v", done)
	}
	h.rebuilt()
}

func (h *house) occurred(r ledger.Receipt) domain.Time {
	h.t.Helper()
	records, err := h.Log.At(h.t.Context(), []int64{r.Position})
	h.ok(err)
	k, err := ledger.Decode(records[0])
	h.ok(err)
	return k.Occurred.At
}

// rebuilt fails unless the views are those of a rebuild.
func (h *house) rebuilt() {
	h.t.Helper()
	db, err := h.OpenDB("views.db")
	h.ok(err)
	h.views()
	live := crashtest.Dump(h.t, db)
	h.ok(h.process.Views.(*projections.Views).Rebuild(h.t.Context()))
	if crashtest.Dump(h.t, db) != live {
		h.t.Error("the views are not those of a rebuild")
	}
}

// TestDisposeKeys: keys of calls go before their payloads, once; what was kept of the call stays.
func TestDisposeKeys(t *testing.T) {
	h := newHouse(t)
	first, second := h.old("CA1", phone(1), 2), h.old("CA2", phone(2), 0)
	oldest := h.old("CA3", phone(3), 4)
	h.setPeriod(domain.Interactions, domain.InteractionData, "P1Y")
	plan, _, err := h.process.Plan(t.Context())
	h.ok(err)
	for _, p := range plan {
		if want := map[string]int64{"INTERACTIONS": 1, "INTERACTIONS/INTERACTION": 1}[p.Cut.Key()]; p.Keys != want {
			t.Errorf("%s: %d keys are planned, want %d", p.Cut.Key(), p.Keys, want)
		}
	}
	if done := h.dispose(); done.Keys != 2 || h.cut(done, "INTERACTIONS").Struck != 1 || h.cut(done, "INTERACTIONS/INTERACTION").Struck != 0 {
		t.Errorf("%+v", done)
	}
	for _, c := range []struct {
		r    ledger.Receipt
		want ledger.State
	}{{first, ledger.StateErased}, {second, ledger.StateClear}, {oldest, ledger.StateStruck}} {
		if got := h.state(c.r.Position, "/number"); got != c.want {
			t.Errorf("event %d: %s, want %s", c.r.Position, got, c.want)
		}
	}
	placed, err := h.Log.Prior(t.Context(), []ledger.Key{{ID: first.ID}, {ID: second.ID}})
	h.ok(err)
	if placed[0].Claim != nil || placed[1].Claim == nil {
		t.Error("what was claimed can be guessed of the call whose key is gone, or not of the other")
	}
	if h.struck(first) || !h.struck(oldest) {
		t.Error("the wrong payload is gone")
	}
	if done := h.dispose(); done != nil {
		t.Errorf("disposed of twice: %+v", done)
	}
}

// TestDisposeWithoutStriking: where the engine can't remove payloads the keys die all the same, and it
// is told what is left; then there is nothing more to do.
func TestDisposeWithoutStriking(t *testing.T) {
	h := newHouse(t)
	old := h.old("CA1", phone(1), 4)
	h.did(domain.InteractionViewed{}, old, 4)
	unable := *h.Ledger.Ledger
	unable.Log = struct{ ledger.Log }{unable.Log}
	h.process.Ledger = &unable
	done := h.dispose()
	if c := h.cut(done, "INTERACTIONS"); c.Struck != 0 || c.Unremoved != 1 || done.Keys != 1 || done.Final != "" {
		t.Errorf("%+v", done)
	}
	if got := h.state(old.Position, "/number"); got != ledger.StateErased {
		t.Errorf("the number reads %s", got)
	}
	if done := h.dispose(); done != nil {
		t.Errorf("once more: %+v", done)
	}
}

// TestDisposeInterrupted: while a disposal goes on, others' erasures are carried out between its parts.
func TestDisposeInterrupted(t *testing.T) {
	h := newHouse(t)
	h.old("CA1", phone(1), 4)
	h.kept(call("CA2", phone(2)))
	person, _ := h.find(phone(2))
	h.ok(h.request(person, domain.ErasureRequested{}))
	erased := false
	h.process.Stepped = func(step string) {
		if step == "disposal noted" {
			h.ok(h.process.Run(t.Context()))
			erased = h.subject(person).Erasures[0].Completed != 0
		}
	}
	h.dispose()
	if !erased {
		t.Error("the erasure waited for the disposal")
	}
}

// disposable is a ledger with something to dispose of and something not.
func disposable(t *testing.T) (h *house, old, other ledger.Receipt) {
	dbtest.NeedsFiles(t)
	h = newHouse(t)
	old, other = h.old("CA1", phone(1), 4), h.kept(call("CA2", phone(2)))
	h.did(domain.InteractionListened{Seconds: 3}, old, 4)
	h.views()
	return h, old, other
}

func (h *house) disposedOf(when string, old, other ledger.Receipt, leaf []byte) {
	h.t.Helper()
	if names := h.filesHolding(slip); names != nil {
		h.t.Errorf("%s: the word is in %v", when, names)
	}
	if !h.struck(old) || !bytes.Equal(h.leaf(old), leaf) {
		h.t.Errorf("%s: struck %t, the leaf %s", when, h.struck(old), h.leaf(old))
	}
	if got := h.state(other.Position, "/number"); got != ledger.StateClear {
		h.t.Errorf("%s: another call's number reads %s", when, got)
	}
}

func (h *house) told() (orders, done []domain.Kept) {
	h.t.Helper()
	history, err := h.History(h.t.Context(), domain.Stream{Noun: "disposal", ID: h.ID})
	h.ok(err)
	for _, k := range history {
		switch k.Event.(type) {
		case domain.DisposalOrdered:
			orders = append(orders, k)
		case domain.DisposalCompleted:
			done = append(done, k)
		}
	}
	return orders, done
}

// playDispose disposes of what is due, and is stopped.
func playDispose(dir string) error {
	return play(dir, func(p *erasure.Process) error {
		_, err := p.Dispose(context.Background())
		return err
	})
}

// TestDisposeKilled: killed after any step and started again, it comes to the same end, told once, with
// the same counts.
func TestDisposeKilled(t *testing.T) {
	for stop := 1; ; stop++ {
		h, old, other := disposable(t)
		leaf := h.leaf(old)
		h.Close()
		h.ok(os.WriteFile(filepath.Join(h.dir, "stop"), fmt.Appendf(nil, "%d %s", stop, h.ID), 0o600))
		e := crashtest.Kill(t, "dispose", h.dir, stop)
		last := e.Told[len(e.Told)-1]
		h.reopen()
		h.ok(h.process.Run(t.Context()))
		h.disposedOf("killed after "+last, old, other, leaf)
		orders, done := h.told()
		if len(orders) != 1 || len(done) != 1 {
			t.Fatalf("killed after %q: ordered %d times, completed %d times", last, len(orders), len(done))
		}
		d := done[0].Event.(domain.DisposalCompleted)
		if h.cut(&d, "INTERACTIONS").Struck != 1 || h.cut(&d, "ACCESSES").Struck != 1 || d.Keys != 1 {
			t.Errorf("killed after %q: %+v", last, d)
		}
		h.rebuilt()
		if last == "done" {
			if stop < 8 {
				t.Fatalf("only %d steps", stop)
			}
			return
		}
	}
}

// TestDisposeRestored: a ledger put back from a copy of before a disposal has it carried out again at its
// start, and tells of it, although the shorter period that it went by is lost, too.
func TestDisposeRestored(t *testing.T) {
	h, _, _ := disposable(t)
	old := h.old("CA9", phone(9), 2)
	leaf := h.leaf(old)
	h.ok(h.Keys.CatchUp(t.Context(), h.Log))
	c := h.copy("log.db", "vault.db")
	h.reopen()
	h.setPeriod(domain.Interactions, "", "P1Y")
	h.dispose()
	h.bringBack(c, 8)
	if names := h.filesHolding(slip); names == nil {
		t.Fatal("the copy doesn't hold the word")
	}
	h.ok(h.process.Run(t.Context()))
	if names := h.filesHolding(slip); names != nil || !h.struck(old) || !bytes.Equal(h.leaf(old), leaf) {
		t.Errorf("the word is in %v, struck %t, the leaf %s", names, h.struck(old), h.leaf(old))
	}
	if orders, done := h.told(); len(orders) != 1 || len(done) != 1 {
		t.Errorf("ordered %d times, completed %d times", len(orders), len(done))
	}
	h.reopen()
	h.ok(h.process.Run(t.Context()))
	if orders, _ := h.told(); len(orders) != 1 {
		t.Errorf("a start later it was ordered %d times", len(orders))
	}
}

// TestDisposeMany: it comes in parts, so that others are not kept waiting.
func TestDisposeMany(t *testing.T) {
	h := newHouse(t)
	const calls = 700
	for n := range calls {
		h.old(fmt.Sprint("CA", n), phone(n%5), 4)
	}
	parts := 0
	h.process.Stepped = func(step string) {
		if step == "payloads removed" {
			parts++
		}
	}
	if c := h.cut(h.dispose(), "INTERACTIONS"); c.Struck != calls || parts != 3 {
		t.Errorf("%d in %d parts", c.Struck, parts)
	}
}
