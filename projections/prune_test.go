package projections

import (
	"math/rand/v2"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// prune takes an event out of the log, as the erasure process does; its payload needn't be struck for that.
func (h *house) prune(keys ...ledger.Key) (all []int64) {
	h.t.Helper()
	placed, err := h.Log.Prior(h.t.Context(), keys)
	if err != nil {
		h.t.Fatal(err)
	}
	for i, p := range placed {
		if _, err := h.Log.(ledger.Pruner).Prune(h.t.Context(), []ledger.Rest{{Seq: p.Seq, Key: keys[i]}}); err != nil {
			h.t.Fatal(err)
		}
		all = append(all, p.Seq)
	}
	return all
}

// same compares the views with a rebuild.
func (h *house) same(when string) {
	h.t.Helper()
	live := h.dump()
	if err := h.views.Rebuild(h.t.Context()); err != nil {
		h.t.Fatalf("%s: %v", when, err)
	}
	if rebuilt := h.dump(); live != rebuilt {
		h.t.Fatalf("%s: the views differ from a rebuild:\n%s", when, differing(live, rebuilt))
	}
}

// TestPruned: whatever is pruned, and in whatever order, the views that saw it have the rows of a rebuild.
func TestPruned(t *testing.T) {
	h := newHouse(t)
	streams := map[string]domain.Stream{}
	tenant := domain.NewID()
	var keys []ledger.Key
	for n, k := range domain.Catalogue {
		s, there := streams[k.Noun]
		if !there {
			s = domain.Stream{Noun: k.Noun, ID: domain.NewID()}
			streams[k.Noun] = s
		}
		for _, on := range []int{100 - n%7, 50 + n} {
			if key := h.place(golden(t, k), tenant, s, on); k.Passing {
				keys = append(keys, key)
			}
		}
	}
	if err := h.views.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 7))
	r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	if len(keys) < 16 {
		t.Fatalf("only %d events can be pruned", len(keys))
	}
	next, err := h.Log.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for len(keys) > 0 {
		n := min(len(keys), 1+r.IntN(4))
		h.prune(keys[:n]...)
		keys = keys[n:]
		for range 2 {
			if err := h.views.Prune(t.Context(), domain.Range{From: 0, To: next}); err != nil {
				t.Fatal(err)
			}
		}
		h.same("pruned")
	}
}

// TestPrunedInteraction: facts that name nobody themselves are about nobody any more once the record of
// their interaction is pruned; where another record is left, about those whom it names.
func TestPrunedInteraction(t *testing.T) {
	for _, recordedAgain := range []bool{false, true} {
		h := newHouse(t)
		tenant, s, person := h.Tenant("Example Shop"), domain.Stream{Noun: "interaction", ID: domain.NewID()}, domain.ID{15: 5}
		records := []ledger.Key{h.place(domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND"}, tenant, s, 10)}
		if recordedAgain {
			h.place(domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND"}, tenant, s, 10)
		}
		h.listen(tenant, s, 11)
		if err := h.views.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		about := func() int {
			return len(h.accesses(AccessFilter{Subject: person}, h.at(300, 1<<40), Page{First: 10}).Edges)
		}
		if n := about(); n != 1 {
			t.Fatalf("%d accesses before, so there is nothing to lose", n)
		}
		h.prune(records...)
		if err := h.views.Prune(t.Context(), domain.Range{From: 0, To: 256}); err != nil {
			t.Fatal(err)
		}
		if n, want := about(), map[bool]int{true: 1}[recordedAgain]; n != want {
			t.Errorf("recorded again %t: %d accesses, want %d", recordedAgain, n, want)
		}
		h.same("pruned")
	}
}

// TestPrunedBehind: views that hadn't seen what was pruned go on behind it; a whole batch of it is no end.
func TestPrunedBehind(t *testing.T) {
	h := newHouse(t)
	h.views.batch = 4
	tenant, s := domain.NewID(), domain.Stream{Noun: "interaction", ID: domain.NewID()}
	var keys []ledger.Key
	for range 10 {
		keys = append(keys, h.place(domain.InteractionListened{Seconds: 3}, tenant, s, 10))
	}
	h.prune(keys[:9]...)
	if err := h.views.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(h.accesses(AccessFilter{}, h.at(300, 1<<40), Page{First: 50}).Edges); n != 1 {
		t.Errorf("%d accesses are left", n)
	}
}
