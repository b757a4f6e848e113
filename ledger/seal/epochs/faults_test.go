package epochs

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal/heads"
)

// lossy is a log whose next append of an epoch fails: before it was kept, or after.
type lossy struct {
	ledger.Log
	fails bool
	kept  bool
	err   error
}

func (l *lossy) Append(ctx context.Context, batches ...ledger.Batch) []ledger.Result {
	if !l.fails || batches[0].Stream.Noun != "epoch" {
		return l.Log.Append(ctx, batches...)
	}
	l.fails = false
	if l.kept {
		l.Log.Append(ctx, batches...)
	}
	return []ledger.Result{{Err: l.err}}
}

// TestFailedAppends: the epoch's append fails and isn't kept, or fails and is kept; the same keeper or
// the next one goes on, with the same events or more. No epoch is there twice, and a replay agrees.
func TestFailedAppends(t *testing.T) {
	for _, kept := range []bool{false, true} {
		for _, err := range []error{ledger.ErrUnknown, errors.New("injected")} {
			for _, again := range []string{"same keeper", "next keeper"} {
				for _, more := range []int{0, 40} {
					t.Run(fmt.Sprintf("kept %t/%v/%s/%d more", kept, err, again, more), func(t *testing.T) {
						w := newWorld(t)
						w.fill(t, 70)
						honest := w.Ledger.Ledger.Log
						w.Ledger.Ledger.Log = &lossy{honest, true, kept, err}
						w.Seal(t.Context()) // what it answers depends on what is known by then
						w.Ledger.Ledger.Log = honest
						w.goesOn(t, again == "next keeper", more)
					})
				}
			}
		}
	}
}

// TestCutOff: a keeper ends after the heads were gathered, or after the epoch was appended; the next one
// goes on there.
func TestCutOff(t *testing.T) {
	for name, step := range map[string]func(t *testing.T, w *world){
		"gathered": func(t *testing.T, w *world) { must(t, w.gather(t.Context())) },
		"half gathered": func(t *testing.T, w *world) {
			places, err := w.seals.Places(t.Context(), 0, 33)
			must(t, err)
			must(t, w.Store.Apply(t.Context(), places))
		},
		"appended": func(t *testing.T, w *world) {
			must(t, w.gather(t.Context()))
			before := w.Store.at
			must(t, w.announce(t.Context()))
			must(t, w.exec(fmt.Sprintf(`UPDATE state SET epoch_seq = %d, epoch_events = %d`, before.last.Seq, before.lastEvents)))
		},
	} {
		for _, more := range []int{0, 40} {
			t.Run(fmt.Sprintf("%s/%d more", name, more), func(t *testing.T) {
				w := newWorld(t)
				w.fill(t, 70)
				step(t, w)
				w.goesOn(t, true, more)
			})
		}
	}
}

// fill keeps and seals some events.
func (w *world) fill(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		must(t, w.event(i, somebody(i%3), somebody(10+i%5)))
	}
	must(t, w.seals.Seal(t.Context()))
}

// goesOn makes the epoch after a fault, and checks everything.
func (w *world) goesOn(t *testing.T, next bool, more int) {
	t.Helper()
	if next {
		must(t, w.openHeads(t.Context()))
	}
	w.fill(t, more)
	last, err := w.Seal(t.Context())
	must(t, err)
	r := w.replayed(t)
	if last == nil || r.Last == nil || *last != *r.Last {
		t.Fatalf("the last epoch is %+v, and by replay %+v", last, r.Last)
	}
	records, err := w.Log.Stream(t.Context(), domain.Stream{Noun: "epoch", ID: w.ID}, 0, 100)
	must(t, err)
	sizes := map[int64]bool{}
	for _, rec := range records {
		k, err := ledger.Decode(rec)
		must(t, err)
		e := k.Event.(domain.EpochSealed)
		if sizes[e.Size] {
			t.Errorf("two epochs over %d events", e.Size)
		}
		sizes[e.Size] = true
	}
	var want heads.Epoch
	if want, err = w.Store.Sum(t.Context()); err != nil || want.Root != last.Root {
		t.Errorf("the heads are %+v, the epoch %+v (%v)", want, last, err)
	}
}
