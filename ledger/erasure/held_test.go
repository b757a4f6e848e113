package erasure_test

import (
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
	"muniment/ledger/vault"
)

// hold places a hold on classes of a person's data; the answer lifts it.
func (h *house) hold(person domain.ID, classes ...domain.Class) (lift func()) {
	h.t.Helper()
	e := domain.HoldPlaced{Hold: domain.NewID(), Classes: classes, Ground: "LEGAL_OBLIGATION", Law: "§ 147 AO", Country: "DE", Authority: "Example Court", Review: "2027-01-01", Case: "HOLD-1"}
	h.ok(command(h.Ledger.Ledger, person, func(s domain.Subject) ([]domain.Event, *domain.Refusal) { return s.PlaceHold(e, domain.Processor, 0) }))
	return func() {
		h.t.Helper()
		h.ok(command(h.Ledger.Ledger, person, func(s domain.Subject) ([]domain.Event, *domain.Refusal) {
			return s.LiftHold(domain.HoldLifted{Hold: e.Hold, Case: "HOLD-1"})
		}))
	}
}

// heldThenLifted demands that what was ordered of entity waits, over a restart too, and is carried out
// once the hold is lifted.
func (h *house) heldThenLifted(seq int64, entity domain.ID, lift func(), after ledger.State) {
	h.t.Helper()
	for _, when := range []string{"at once", "after a restart"} {
		h.ok(h.process.Run(h.t.Context()))
		if got := h.state(seq, "/number"); got != ledger.StateUnavailable {
			h.t.Errorf("%s the held number is %s", when, got)
		}
		if pending, err := h.Keys.Pending(h.t.Context(), entity); err != nil || !pending {
			h.t.Errorf("%s it is not pending: %v", when, err)
		}
		h.reopen()
	}
	lift()
	h.ok(h.Keys.CatchUp(h.t.Context(), h.Log))
	select {
	case <-h.Keys.Ordered():
	default:
		h.t.Error("the process isn't told that a hold was lifted")
	}
	h.ok(h.process.Run(h.t.Context()))
	if got := h.state(seq, "/number"); got != after {
		h.t.Errorf("lifted, it is %s", got)
	}
	if pending, err := h.Keys.Pending(h.t.Context(), entity); err != nil || pending {
		h.t.Errorf("lifted, it is still pending: %v", err)
	}
}

// TestHeldRedaction: a redaction that its source reports waits until the hold on one of its persons is
// lifted; another interaction's is carried out meanwhile. A hold on another class stops nothing.
func TestHeldRedaction(t *testing.T) {
	h := newHouse(t)
	r, other := h.kept(call("CA1", phone(1))), h.kept(call("CA2", phone(2)))
	first, _ := h.find(phone(1))
	second, _ := h.find(phone(2))
	lift := h.hold(first, domain.InteractionData, domain.Contact)
	h.hold(second, domain.Contact)
	for _, stream := range []domain.Stream{r.Stream, other.Stream} {
		h.Keep(ledger.Submission{Tenant: shop, Stream: ledger.StreamRef{Name: stream}, Occurred: ledgertest.Day(30), Event: domain.InteractionRedacted{Trigger: domain.Automatic, Fields: []domain.DataField{"NUMBER"}}})
	}
	h.ok(h.process.Run(t.Context()))
	if got := h.state(other.Position, "/number"); got != ledger.StateRedacted {
		t.Errorf("what isn't held is %s", got)
	}
	h.heldThenLifted(r.Position, r.Stream.ID, lift, ledger.StateRedacted)
}

// TestHeldAccount: of an account that left only what a hold names waits; everybody else's is gone at once,
// and the certificate says what was kept. Lifted, the rest goes.
func TestHeldAccount(t *testing.T) {
	h := newHouse(t)
	r, other := h.kept(call("CA1", phone(1))), h.kept(call("CA2", phone(2)))
	person, _ := h.find(phone(1))
	second, _ := h.find(phone(2))
	account := vault.Order{Noun: "tenant", Entity: shop, Tenant: shop}
	on := func(o vault.Order) *domain.HoldPlaced {
		t.Helper()
		h.ok(h.Keys.CatchUp(t.Context(), h.Log))
		found, err := h.Keys.HoldOn(t.Context(), o)
		h.ok(err)
		return found
	}
	h.hold(person, domain.BusinessContact)
	if got := on(account); got != nil {
		t.Errorf("business contacts stay anyway, but %+v", got)
	}
	lift := h.hold(person, domain.Contact)
	if got := on(account); got == nil || got.Authority != "Example Court" || got.Ground != "LEGAL_OBLIGATION, § 147 AO" {
		t.Errorf("%+v", got)
	}
	if got := on(vault.Order{Noun: "interaction", Entity: r.Stream.ID, Tenant: shop}); got != nil {
		t.Errorf("the interaction isn't held, but %+v", got)
	}
	later := h.hold(second, domain.ConsentEvidence)
	h.offboard()
	check := func(when string) {
		t.Helper()
		for _, c := range []struct {
			seq  int64
			path string
			want ledger.State
		}{
			{r.Position - 1, "/value", ledger.StateUnavailable}, // what the hold names
			{r.Position, "/number", ledger.StateErased},
			{other.Position - 1, "/value", ledger.StateErased},
			{other.Position, "/number", ledger.StateErased},
		} {
			if got := h.state(c.seq, c.path); got != c.want {
				t.Errorf("%s: event %d reads %s, want %s", when, c.seq, got, c.want)
			}
		}
	}
	h.ok(h.process.Run(t.Context()))
	check("at once")
	history := func() (told, certified int, kept []domain.KeptBack) {
		t.Helper()
		list, err := h.History(t.Context(), domain.Stream{Noun: "tenant", ID: shop})
		h.ok(err)
		for _, k := range list {
			switch e := k.Event.(type) {
			case domain.TenantKeysDestroyed:
				told += len(e.Keys)
			case domain.DeletionCertified:
				certified, kept = certified+1, e.Kept
			}
		}
		return told, certified, kept
	}
	if told, certified, kept := history(); told != 3 || certified != 1 || len(kept) != 2 || len(kept[0].Classes)+len(kept[1].Classes) != 2 {
		t.Errorf("%d keys, %d certificates, kept %+v", told, certified, kept)
	}
	h.reopen()
	h.ok(h.process.Run(t.Context()))
	check("after a restart")
	if told, certified, _ := history(); told != 3 || certified != 1 {
		t.Errorf("told again: %d keys, %d certificates", told, certified)
	}
	living, err := h.Keys.Living(t.Context(), []domain.ID{h.box(r.Position - 1), h.box(r.Position), h.box(other.Position - 1), h.box(other.Position)})
	h.ok(err)
	if len(living) != 1 || living[0] != h.box(r.Position-1) {
		t.Errorf("%d keys live", len(living))
	}
	later()
	h.ok(h.process.Run(t.Context()))
	check("one lifted")
	lift()
	h.ok(h.process.Run(t.Context()))
	if got := h.state(r.Position-1, "/value"); got != ledger.StateErased {
		t.Errorf("lifted, it is %s", got)
	}
	if _, certified, kept := history(); certified < 2 || kept != nil {
		t.Errorf("%d certificates, kept %+v", certified, kept)
	}
	if pending, err := h.Keys.Pending(t.Context(), shop); err != nil || pending {
		t.Errorf("lifted, it is still pending: %v", err)
	}
	if got := refusedBy(h.take(call("CA7", phone(7))).Err); got != "tenant.left" {
		t.Errorf("a new call: %s", got)
	}
}

// box is the key of an event's first box.
func (h *house) box(seq int64) domain.ID {
	h.t.Helper()
	records, err := h.Log.At(h.t.Context(), []int64{seq})
	h.ok(err)
	_, boxes, err := ledger.DecodeBoxes(records[0])
	h.ok(err)
	return boxes[0].Key
}

// TestHoldOverdue: a hold past its review is a finding, once, and holds all the same.
func TestHoldOverdue(t *testing.T) {
	h := newHouse(t)
	h.kept(call("CA1", phone(1)))
	person, _ := h.find(phone(1))
	late := domain.HoldPlaced{Hold: domain.NewID(), Classes: []domain.Class{domain.Contact, domain.InteractionData}, Ground: domain.HoldDuty, Law: "§ 147 AO", Country: "DE",
		Authority: "Example Court", Review: "2020-01-01", Case: "HOLD-1"}
	h.ok(command(h.Ledger.Ledger, person, func(s domain.Subject) ([]domain.Event, *domain.Refusal) {
		return s.PlaceHold(late, domain.Processor, 0)
	}))
	soon := late
	soon.Hold, soon.Review = domain.NewID(), "2099-01-01"
	h.ok(command(h.Ledger.Ledger, person, func(s domain.Subject) ([]domain.Event, *domain.Refusal) {
		return s.PlaceHold(soon, domain.Processor, 0)
	}))
	h.ok(h.Keys.CatchUp(t.Context(), h.Log))
	for range 2 {
		h.ok(h.process.Overdue(t.Context()))
	}
	next, err := h.Log.Next(t.Context())
	h.ok(err)
	records, err := h.Log.Read(t.Context(), 0, int(next))
	h.ok(err)
	var raised []domain.FindingRaised
	for _, r := range records {
		k, err := ledger.Decode(r)
		h.ok(err)
		if e, ok := k.Event.(domain.FindingRaised); ok && k.Tenant == shop {
			raised = append(raised, e)
		}
	}
	if len(raised) != 1 || raised[0].Finding != "HOLD_OVERDUE" || raised[0].Place != "hold-"+late.Hold.String() {
		t.Errorf("%+v", raised)
	}
	if got := refusedBy(h.request(person, domain.ErasureRequested{Classes: []domain.Class{domain.Contact}})); got != "erasure.hold" {
		t.Errorf("it holds no more: %s", got)
	}
}
