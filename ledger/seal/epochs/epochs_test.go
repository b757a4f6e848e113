package epochs

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"pgregory.net/rapid"

	"muniment/domain"
	"muniment/ledger/ledgertest"
	"muniment/ledger/seal"
	"muniment/ledger/sqldb/dbtest"
)

// TestEpochs: whatever is kept, sealed, reopened or thrown away in whatever order, each tenant's and
// subject's head is what was kept, absent ones are shown to be absent, every period is whole, and a
// replay of the leaves agrees with every epoch.
func TestEpochs(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		defer func() { w.Ledger.Close() }()
		policy, err := torchwood.ParsePolicy([]byte("log " + w.seals.VKey() + "\nquorum none\n"))
		must(r, err)
		kept := map[seal.Hash][]int{} // seconds of each tag's events
		second, covered := 0, map[seal.Hash][]int{}
		for range rapid.IntRange(1, 5).Draw(r, "epochs") {
			for range rapid.IntRange(0, 90).Draw(r, "events") {
				second += rapid.IntRange(0, 2).Draw(r, "pause")
				tenant := somebody(rapid.IntRange(0, 2).Draw(r, "tenant"))
				subjects := map[domain.ID]bool{}
				for range rapid.IntRange(0, 2).Draw(r, "subjects") {
					subjects[somebody(rapid.IntRange(10, 13).Draw(r, "subject"))] = true
				}
				var ids []domain.ID
				for id := range subjects {
					ids = append(ids, id)
					kept[seal.Tag("subject", tenant, id)] = append(kept[seal.Tag("subject", tenant, id)], second)
				}
				kept[seal.Tag("tenant", tenant, tenant)] = append(kept[seal.Tag("tenant", tenant, tenant)], second)
				must(r, w.event(second, tenant, ids...))
			}
			must(r, w.seals.Seal(ctx))
			if rapid.Bool().Draw(r, "epoch") {
				before, err := w.Log.Next(ctx)
				must(r, err)
				_, err = w.Seal(ctx)
				must(r, err)
				after, err := w.Log.Next(ctx)
				must(r, err)
				if new := len(covered) != len(kept) || sizes(covered) != sizes(kept); (after > before) != new {
					r.Fatalf("something new: %t; epochs made: %d", new, after-before)
				}
				covered = map[seal.Hash][]int{}
				for tag, list := range kept {
					covered[tag] = slices.Clone(list)
				}
			}
			switch rapid.IntRange(0, 3).Draw(r, "then") {
			case 0:
				must(r, w.openHeads(ctx))
			case 1:
				must(r, w.clear())
				must(r, w.openHeads(ctx))
			}
		}
		_, err = w.Seal(ctx)
		must(r, err)
		w.replayed(r)
		if len(kept) == 0 {
			return
		}
		for _, tenant := range []int{0, 1, 2, 3} {
			for _, subject := range []int{-1, 10, 11, 12, 13, 14} {
				tag := seal.Tag("tenant", somebody(tenant), somebody(tenant))
				if subject >= 0 {
					tag = seal.Tag("subject", somebody(tenant), somebody(subject))
				}
				w.holds(r, policy, tag, kept[tag], rapid.IntRange(-1, second+1).Draw(r, "start"), rapid.IntRange(-1, second+1).Draw(r, "end"))
			}
		}
	})
}

func sizes(m map[seal.Hash][]int) (n int) {
	for _, list := range m {
		n += len(list)
	}
	return n
}

// holds proves a tag's head, with a period, and compares.
func (w *world) holds(t *rapid.T, policy torchwood.Policy, tag seal.Hash, want []int, start, end int) {
	start, end = min(start, end), max(start, end)
	at := func(second int) domain.Time {
		return domain.TimeOf(ledgertest.Start.Add(time.Duration(second) * time.Second))
	}
	p, _, err := w.Prove(context.Background(), tag, at(start), at(end))
	must(t, err)
	_, leaves, err := p.Check(policy)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if len(want) == 0 {
		if p.Head.Head != nil {
			t.Fatalf("a head of %d where nothing was kept", p.Head.Head.Count)
		}
		return
	}
	n := 0
	for _, s := range want {
		if s >= start && s < end {
			n++
		}
	}
	if p.Head.Head == nil || p.Head.Head.Count != int64(len(want)) || len(leaves) != n {
		t.Fatalf("head %+v and %d leaves from %d to %d; kept %v", p.Head.Head, len(leaves), start, end, want)
	}
}

// TestLongHead: a tenant with many runs: periods around their edges are proven, and the proofs are small.
func TestLongHead(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	const events = 1100
	for i := range events {
		must(t, w.event(i, somebody(0)))
	}
	must(t, w.seals.Seal(ctx))
	_, err := w.Seal(ctx)
	must(t, err)
	policy, err := torchwood.ParsePolicy([]byte("log " + w.seals.VKey() + "\nquorum none\n"))
	must(t, err)
	at := func(second int) domain.Time {
		return domain.TimeOf(ledgertest.Start.Add(time.Duration(second) * time.Second))
	}
	for _, c := range [][2]int{{0, 1}, {63, 65}, {64, 128}, {127, 129}, {500, 520}, {1020, 1030}, {1087, 1089}, {1099, 1200}, {5000, 6000}} {
		p, _, err := w.Prove(ctx, seal.Tag("tenant", somebody(0), somebody(0)), at(c[0]), at(c[1]))
		must(t, err)
		_, leaves, err := p.Check(policy)
		if err != nil || len(leaves) != max(min(c[1], events)-c[0], 0) {
			t.Errorf("%v: %d leaves, %v", c, len(leaves), err)
		}
		if n := len(p.Period.Left) + len(p.Period.Right); n > 20 {
			t.Errorf("%v: %d hashes beside it", c, n)
		}
	}
}

// TestDamagedHeads: rows that aren't what was written are refused with what to do, never proven.
func TestDamagedHeads(t *testing.T) {
	dbtest.NeedsFiles(t)
	w := newWorld(t)
	for i := range 70 {
		must(t, w.event(i, somebody(0)))
	}
	must(t, w.seals.Seal(t.Context()))
	_, err := w.Seal(t.Context())
	must(t, err)
	tag := seal.Tag("tenant", somebody(0), somebody(0))
	at := domain.TimeOf(ledgertest.Start)
	for _, text := range []string{`DELETE FROM runs WHERE run = 0`, `UPDATE buckets SET heads = x'00' WHERE bucket >= 0`} {
		must(t, w.exec(text))
		if _, _, err := w.Prove(t.Context(), tag, at, at+1); err == nil || !strings.Contains(err.Error(), "counted anew") {
			t.Errorf("%s: got %v", text, err)
		}
	}
}
