package erasure_test

import (
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestErasedStaff: who a member of staff was is gone, with the login that led there and the digests that
// a login could be tried on; what was done stays told under the same id. Another's is untouched.
func TestErasedStaff(t *testing.T) {
	h := newHouse(t)
	call1 := h.kept(call("CA1", phone(1)))
	login := func(name string) ledger.Identifier {
		return ledger.Identifier{Type: domain.Login, Value: "portal/" + name}
	}
	viewed := map[string]ledger.Receipt{}
	for _, name := range []string{"u1", "u2"} {
		s := call("CA1", phone(1))
		s.SourceID, s.Event = "view/"+name, domain.InteractionViewed{Fields: []domain.DataField{"NUMBER"}}
		s.Actor = ledger.ActorClaim{Actor: domain.Actor{Kind: domain.Person, Role: "AGENT"}, System: "portal", Login: name, Name: "Agent Example"}
		viewed[name] = h.kept(s)
	}
	h.ok(h.Keys.CatchUp(t.Context(), h.Log))
	gone, ok := h.find(login("u1"))
	if !ok {
		t.Fatal("the login leads to nobody")
	}
	h.erase(gone, domain.ErasureRequested{})
	for name, erased := range map[string]bool{"u1": true, "u2": false} {
		if id, ok := h.find(login(name)); ok == erased || id == gone {
			t.Errorf("%s leads to somebody: %v", name, ok)
		}
		r := viewed[name]
		placed, err := h.Log.Prior(t.Context(), []ledger.Key{{Stream: r.Stream, ID: r.ID}})
		h.ok(err)
		if (placed[0].Claim == nil) != erased {
			t.Errorf("%s: what was claimed of the deed is gone: %v", name, placed[0].Claim == nil)
		}
		records, err := h.Log.At(t.Context(), []int64{r.Position})
		h.ok(err)
		k, err := ledger.Decode(records[0])
		h.ok(err)
		if (k.Actor.ID == gone) != erased {
			t.Errorf("%s: the deed is told of another actor", name)
		}
	}
	history, err := h.History(t.Context(), domain.Stream{Noun: "user", ID: gone})
	h.ok(err)
	for _, path := range []string{"/login", "/name"} {
		if got := h.state(history[0].Seq, path); got != ledger.StateErased {
			t.Errorf("%s is %s", path, got)
		}
	}
	if got := h.state(call1.Position, "/number"); got != ledger.StateClear {
		t.Errorf("the caller's number is %s", got)
	}
	if e := h.subject(gone).Erasures[0]; e.Completed == 0 || e.Counts.Lookups != 1 {
		t.Errorf("%+v", e)
	}
}
