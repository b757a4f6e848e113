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
	e := domain.HoldPlaced{Hold: domain.NewID(), Classes: classes, Ground: "Sec. 147 AO", Authority: "Example Court", Review: "2027-01-01", Case: "HOLD-1"}
	h.ok(command(h.Ledger.Ledger, person, func(s domain.Subject) ([]domain.Event, *domain.Refusal) { return s.PlaceHold(e) }))
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

// TestHeldAccount: what was processed for an account that left waits as well, and a hold is named to
// whoever would delete it.
func TestHeldAccount(t *testing.T) {
	h := newHouse(t)
	r := h.kept(call("CA1", phone(1)))
	person, _ := h.find(phone(1))
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
	if got := on(account); got == nil || got.Authority != "Example Court" || got.KeepsAccount().Rule != "tenant.hold" {
		t.Errorf("%+v", got)
	}
	if got := on(vault.Order{Noun: "interaction", Entity: r.Stream.ID, Tenant: shop}); got != nil {
		t.Errorf("the interaction isn't held, but %+v", got)
	}
	h.offboard()
	h.heldThenLifted(r.Position, shop, lift, ledger.StateErased)
}
