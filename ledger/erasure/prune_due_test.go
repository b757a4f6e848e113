package erasure_test

import (
	"fmt"
	"testing"
	"time"

	"muniment/domain"
)

const years = 366 * 24 * time.Hour

// TestPruneDue: a disposal prunes the bundles that are older than the longest period, and those alone; a
// run later nothing is left to do.
func TestPruneDue(t *testing.T) {
	h, _ := old(t, 300)
	h.Pass(4 * years) // calls are disposed of after three, consents after five
	if done := h.dispose(); done == nil || done.Taken[0].Struck == 0 {
		t.Fatalf("nothing was disposed of: %+v", done)
	}
	if list := h.prunings(); list != nil {
		t.Fatalf("pruned before the longest period ended: %+v", list)
	}
	h.Pass(2 * years)
	last := h.old("NEW", phone(7), 0)
	for range 2 {
		h.dispose()
		h.reduced("after six years", last)
	}
	if e := h.prunings()[0].Event.(domain.LogPruned); e.Run.IsZero() {
		t.Error("it doesn't say which disposal left the bundle empty")
	}
}

// TestPruneDueHeld: what a hold keeps keeps its bundle, and no other, whether it came before the payloads
// went or after; when it is lifted, the next run prunes that, too.
func TestPruneDueHeld(t *testing.T) {
	for name, struck := range map[string]bool{"before": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			for n := range 600 {
				from := phone(n % 5)
				if n == 300 {
					from = phone(50)
				}
				h.kept(call(fmt.Sprint("CA", n), from))
			}
			h.Pass(4 * years)
			if struck {
				h.dispose()
			}
			person, _ := h.find(phone(50))
			lift := h.hold(person, domain.InteractionData)
			h.Pass(2 * years)
			h.dispose()
			if list := h.prunings(); len(list) != 1 || list[0].Event.(domain.LogPruned).To != 256 {
				t.Fatalf("pruned: %+v", list)
			}
			lift()
			h.dispose()
			if list := h.prunings(); len(list) != 2 || list[1].Event.(domain.LogPruned).From != 256 || list[1].Event.(domain.LogPruned).To != 512 {
				t.Errorf("pruned when the hold was lifted: %+v", list)
			}
		})
	}
}
