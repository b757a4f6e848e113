package erasure_test

import (
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb/dbtest"
)

// TestDisposalHeldActor: a hold on somebody keeps what they did, too.
func TestDisposalHeldActor(t *testing.T) {
	h := newHouse(t)
	recent := h.old("CA3", phone(3), 2)
	staff := domain.NewID()
	looked := h.Keep(ledger.Submission{Tenant: shop, Event: domain.InteractionListened{Seconds: 3}, Stream: ledger.StreamRef{Name: recent.Stream}, Occurred: h.years(4),
		Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.Person, ID: staff}}})
	lift := h.hold(staff, domain.Staff)
	if done := h.dispose(); done != nil || h.struck(looked) {
		t.Errorf("struck %t: %+v", h.struck(looked), done)
	}
	lift()
	if h.dispose(); !h.struck(looked) {
		t.Error("not struck when the hold was lifted")
	}
}

// claimed reports whether what was claimed of an event can still be guessed.
func (h *house) claimed(r ledger.Receipt) bool {
	h.t.Helper()
	placed, err := h.Log.Prior(h.t.Context(), []ledger.Key{{ID: r.ID}})
	h.ok(err)
	return placed[0].Claim != nil
}

// TestDisposalOfKeysRestored: a copy from before has the claims of values back whose keys are dead. They are
// blanked again.
func TestDisposalOfKeysRestored(t *testing.T) {
	dbtest.NeedsFiles(t)
	h := newHouse(t)
	old := h.old("CA9", phone(9), 2)
	h.ok(h.Keys.CatchUp(t.Context(), h.Log))
	c := h.copy("log.db", "vault.db")
	h.reopen()
	h.setPeriod(domain.Interactions, domain.InteractionData, "P1Y")
	if h.dispose(); h.claimed(old) {
		t.Fatal("the claim is there")
	}
	h.bringBack(c, 1000)
	if !h.claimed(old) {
		t.Fatal("the copy doesn't have the claim, so blanking it proves nothing")
	}
	h.ok(h.process.Run(t.Context()))
	if got := h.state(old.Position, "/number"); h.claimed(old) || got == ledger.StateClear {
		t.Errorf("the number reads %s, the claim is there: %t", got, h.claimed(old))
	}
}
