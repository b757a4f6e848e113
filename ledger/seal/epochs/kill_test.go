package epochs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger/crashtest"
	"muniment/ledger/sqldb/dbtest"
)

var killedLedger = domain.ID{0x22, 15: 1}

// gatherUntilKilled is the child: it appends, seals and makes epochs, and tells of each.
func gatherUntilKilled(dir string) error {
	ctx := context.Background()
	w, err := openIn(ctx, dir, killedLedger)
	if err != nil {
		return err
	}
	fmt.Println("open")
	for i := 0; ; i++ {
		for range 1 + rand.IntN(100) {
			if err := w.event(i, somebody(rand.IntN(3)), somebody(10+rand.IntN(20))); err != nil {
				return err
			}
		}
		if err := w.seals.Seal(ctx); err != nil {
			return err
		}
		e, err := w.Seal(ctx)
		if err != nil {
			return err
		}
		fmt.Println("epoch", e.Seq, e.Size, e.Root)
	}
}

// TestKill kills the process at random while it makes epochs: every epoch it told of stands, none is
// there twice, and a replay agrees with all of them.
func TestKill(t *testing.T) {
	dbtest.Ready(t)
	tally := crashtest.Tally{}
	defer tally.Tell(t)
	dir := t.TempDir()
	for range crashtest.Rounds(8) {
		e := crashtest.Kill(t, "gather until killed", dir, crashtest.When(tally.Rounds, 25))
		tally.Rounds++
		tally.Kills++
		w, err := openIn(t.Context(), dir, killedLedger)
		must(t, err)
		must(t, w.seals.Seal(t.Context()))
		_, err = w.Seal(t.Context())
		must(t, err)
		r := w.replayed(t)
		if last := w.Store.Last(); last == nil || r.Last == nil || *last != *r.Last {
			t.Fatalf("the last epoch is %+v, and by replay %+v", last, r.Last)
		}
		for _, line := range e.Told {
			if strings.HasPrefix(line, "epoch ") {
				tally.Acknowledged++
			}
		}
		must(t, w.Ledger.Close())
	}
	if tally.Acknowledged == 0 {
		t.Fatal("no epoch was ever made")
	}
}
