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
	"muniment/ledger/seal"
	"muniment/ledger/sqldb/dbtest"
	"muniment/projections"
)

const slip = "JANE_EXAMPLE" // where a status should stand

// slipped is a call with a name in a field that is kept in the clear.
func (h *house) slipped(id string) ledger.Receipt {
	h.t.Helper()
	s := call(id, phone(1))
	e := s.Event.(domain.InteractionRecorded)
	e.Status = slip
	s.Event = e
	return h.kept(s)
}

// approve has two people ask for a strike.
func (h *house) approve(event domain.ID) {
	h.t.Helper()
	stream := domain.Stream{Noun: "strike", ID: event}
	for n, e := range []domain.Event{domain.StrikeProposed{Event: event, Reason: "NAME", Case: "DSR-2026-014"}, domain.StrikeApproved{}} {
		_, err := ledger.Do(context.Background(), h.Ledger.Ledger, ledger.Command{Name: "test", Stream: stream, Input: map[string]any{},
			Envelope: domain.Envelope{Tenant: shop, Source: "test", Actor: domain.Actor{Kind: domain.Person, Role: "DPO", ID: domain.ID{15: byte(n + 1)}}}},
			domain.Strike.Apply, func(domain.Strike, domain.Time) ([]domain.Event, *domain.Refusal) { return []domain.Event{e}, nil })
		h.ok(err)
	}
}

func (h *house) strike(event domain.ID) (s domain.Strike) {
	h.t.Helper()
	history, err := h.History(h.t.Context(), domain.Stream{Noun: "strike", ID: event})
	h.ok(err)
	for _, k := range history {
		s = s.Apply(k)
	}
	return s
}

func (h *house) leaf(r ledger.Receipt) []byte {
	h.t.Helper()
	records, err := h.Log.At(h.t.Context(), []int64{r.Position})
	h.ok(err)
	leaf, err := seal.Leaf(records[0], nil)
	h.ok(err)
	return leaf
}

// gone fails unless the event is struck, and nothing else is.
func (h *house) gone(when string, struck, other ledger.Receipt, leaf []byte) {
	h.t.Helper()
	if names := h.filesHolding(slip); !dbtest.OnServer() && names != nil {
		h.t.Errorf("%s: the name is in %v", when, names)
	}
	if got := h.leaf(struck); !bytes.Equal(got, leaf) {
		h.t.Errorf("%s: the leaf is\n%s, and was\n%s", when, got, leaf)
	}
	if got := h.state(struck.Position, "/number"); got != ledger.StateStruck {
		h.t.Errorf("%s: the number reads %s", when, got)
	}
	if got := h.state(other.Position, "/number"); got != ledger.StateClear {
		h.t.Errorf("%s: another call's number reads %s", when, got)
	}
	placed, err := h.Log.Prior(h.t.Context(), []ledger.Key{{ID: struck.ID}})
	h.ok(err)
	if placed[0].Claim != nil {
		h.t.Errorf("%s: what was claimed can still be guessed", when)
	}
	if s := h.strike(struck.ID); s.Status != domain.StrikeDone {
		h.t.Errorf("%s: %+v", when, s)
	}
}

// TestStrike: the name is nowhere on disk, while it runs and after; the leaf is the same; the record sent
// again is a duplicate.
func TestStrike(t *testing.T) {
	h := newHouse(t)
	struck, other := h.slipped("CA1"), h.kept(call("CA2", phone(2)))
	leaf := h.leaf(struck)
	h.ok(h.process.Run(t.Context()))
	h.views()
	if !dbtest.OnServer() && len(h.filesHolding(slip)) < 2 {
		t.Fatal("the name isn't in log and views, so looking for it proves nothing")
	}
	h.approve(struck.ID)
	h.ok(h.process.Run(t.Context()))
	h.gone("at once", struck, other, leaf)
	s := call("CA1", phone(1))
	if o := h.take(s); o.Err != nil || !o.Duplicate {
		t.Errorf("sent again: %+v", o)
	}
	before, err := h.Log.Next(t.Context())
	h.ok(err)
	h.reopen()
	h.ok(h.process.Run(t.Context()))
	h.gone("after a restart", struck, other, leaf)
	if after, _ := h.Log.Next(t.Context()); after != before {
		t.Errorf("the restart kept %d events", after-before)
	}
}

// views lets the views follow.
func (h *house) views() {
	h.t.Helper()
	h.ok(h.process.Views.(*projections.Views).CatchUp(h.t.Context()))
}

// TestStrikeKilled: killed after any step and started again, it comes to the same end, told once.
func TestStrikeKilled(t *testing.T) {
	dbtest.NeedsFiles(t)
	for stop := 1; ; stop++ {
		h := newHouse(t)
		struck, other := h.slipped("CA1"), h.kept(call("CA2", phone(2)))
		leaf := h.leaf(struck)
		h.views()
		h.approve(struck.ID)
		h.Close()
		h.ok(os.WriteFile(filepath.Join(h.dir, "stop"), fmt.Appendf(nil, "%d %s", stop, h.ID), 0o600))
		e := crashtest.Kill(t, "erase", h.dir, stop)
		last := e.Told[len(e.Told)-1]
		h.reopen()
		h.ok(h.process.Run(t.Context()))
		h.gone("killed after "+last, struck, other, leaf)
		if history, err := h.History(t.Context(), domain.Stream{Noun: "strike", ID: struck.ID}); err != nil || len(history) != 3 {
			t.Errorf("killed after %q: %d events, %v", last, len(history), err)
		}
		if last == "done" {
			if stop < 5 {
				t.Fatalf("only %d steps", stop)
			}
			return
		}
	}
}

// TestStrikeRestored: a ledger put back from a copy of before the strike has it carried out again at its
// start, and tells of it; whether the copy's vault knew of it or not.
func TestStrikeRestored(t *testing.T) {
	dbtest.NeedsFiles(t)
	h := newHouse(t)
	struck := h.slipped("CA1")
	leaf := h.leaf(struck)
	h.ok(h.Keys.CatchUp(t.Context(), h.Log))
	c := h.copy("log.db", "vault.db")
	h.reopen()
	h.approve(struck.ID)
	h.ok(h.process.Run(t.Context()))
	h.bringBack(c, 1)
	if names := h.filesHolding(slip); names == nil {
		t.Fatal("the copy doesn't hold the name")
	}
	h.ok(h.process.Run(t.Context()))
	if names := h.filesHolding(slip); names != nil {
		t.Errorf("the name is in %v", names)
	}
	if s := h.strike(struck.ID); s.Status != domain.StrikeDone || s.Proposer != (domain.ID{}) {
		t.Errorf("%+v", s)
	}
	if got := h.leaf(struck); !bytes.Equal(got, leaf) {
		t.Errorf("the leaf is %s", got)
	}
}

// TestStrikeAfterLeaving: what slipped into an event of an account that left is struck, too, and told as
// the account's.
func TestStrikeAfterLeaving(t *testing.T) {
	h := newHouse(t)
	struck := h.slipped("CA1")
	h.offboard()
	h.ok(h.process.Run(t.Context()))
	h.approve(struck.ID)
	h.ok(h.process.Run(t.Context()))
	if got := h.state(struck.Position, "/number"); got != ledger.StateStruck {
		t.Errorf("the number reads %s", got)
	}
	history, err := h.History(t.Context(), domain.Stream{Noun: "strike", ID: struck.ID})
	h.ok(err)
	if last := history[len(history)-1]; len(history) != 3 || last.Kind != (domain.StrikeCompleted{}).Kind() || last.Tenant != shop {
		t.Errorf("%+v", history)
	}
}
