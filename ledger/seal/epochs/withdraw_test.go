package epochs

import (
	"context"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger/seal/heads"
)

// TestWithdrawn: a wrong epoch is a lie to every replay until it is withdrawn; then the next one counts, here and when
// the heads are gathered anew.
func TestWithdrawn(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	for i := range 5 {
		must(t, w.event(i, somebody(1), somebody(2)))
	}
	must(t, w.seals.Seal(ctx))
	must(t, w.gather(ctx))
	must(t, w.exec(`UPDATE state SET heads = heads + 1 WHERE one = 1`))
	w.Store.at.heads++
	must(t, w.announce(ctx))
	wrong := w.Store.Last()
	r := w.replaying(t)
	if err := r.End(); err == nil || !strings.Contains(err.Error(), "epoch at event 5 says that there are 3 heads") {
		t.Fatalf("a replay says %v", err)
	}
	must(t, w.openHeads(context.Background()))
	for _, position := range []int64{-1, 4, 99} {
		if _, err := w.Withdraw(ctx, position, "OTHER", domain.Actor{Kind: domain.Person}); err == nil {
			t.Errorf("event %d was withdrawn", position)
		}
	}
	if _, err := w.Withdraw(ctx, wrong.Seq, "WHIM", domain.Actor{Kind: domain.Person}); err == nil {
		t.Error("withdrawn without a reason that is known")
	}
	next, err := w.Withdraw(ctx, wrong.Seq, "DAMAGED_HEADS", domain.Actor{Kind: domain.Person})
	must(t, err)
	if next.Seq <= wrong.Seq || next.Count != 2 {
		t.Fatalf("%+v after %+v", next, wrong)
	}
	again, err := w.Withdraw(ctx, wrong.Seq, "DAMAGED_HEADS", domain.Actor{Kind: domain.Person})
	must(t, err)
	if again.Seq != next.Seq {
		t.Errorf("withdrawn twice: %+v", again)
	}
	r = w.replaying(t)
	must(t, r.End())
	if len(r.Settled.Withdrawn) != 1 || r.Settled.Withdrawn[0] != wrong.Seq || r.Last.Seq != next.Seq {
		t.Errorf("a replay has %+v, %+v", r.Settled, r.Last)
	}
	// With the withdrawal at hand and no next epoch, nothing is proven.
	must(t, w.clear())
	must(t, w.openHeads(context.Background()))
	places, err := w.seals.Places(ctx, 0, int(next.Seq))
	must(t, err)
	must(t, w.Store.Apply(ctx, places))
	if _, err := w.Store.Prove(ctx, places[0].Tenant, nil, MaxPeriod); err != ErrBehind {
		t.Errorf("proven under a withdrawn epoch: %v", err)
	}
}

// TestFirstIsWithdrawal: nothing is withdrawn that never was.
func TestFirstIsWithdrawal(t *testing.T) {
	r := &heads.Replay{Heads: &heads.Memory{}}
	if err := r.Add(t.Context(), heads.Leaf{Withdraw: &heads.Withdrawal{}}); err == nil {
		t.Error("a withdrawal before any epoch")
	}
}
