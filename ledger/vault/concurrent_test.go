package vault

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestConcurrent: many callers from few numbers at once, while the follower runs: every number is
// one person, introduced once, with one key of class CONTACT. Meant for -race.
func TestConcurrent(t *testing.T) {
	const callers, calls, numbers = 16, 12, 9
	h := newHouse(t)
	ctx, stop := context.WithCancel(t.Context())
	followed := make(chan error)
	go func() { followed <- h.vault.Follow(ctx, h.log) }()
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for n := range calls {
				list := []*ledger.Submission{
					call(fmt.Sprintf("CA%d-%d", caller, n), phone((caller+n)%numbers)),
					call(fmt.Sprintf("CB%d-%d", caller, n), phone((caller*n)%numbers)),
					call(fmt.Sprintf("CC-%d", n), phone(n%numbers)), // everybody reports this one
				}
				for i, o := range h.Take(t.Context(), ledger.Own(), list) {
					if o.Err != nil {
						t.Errorf("caller %d: %d: %v", caller, i, o.Err)
					}
				}
			}
		})
	}
	all.Wait()
	stop()
	if err := <-followed; !errors.Is(err, context.Canceled) {
		t.Errorf("the follower ended with %v", err)
	}
	h.restart()

	who, introduced, events := map[string]domain.ID{}, 0, map[domain.ID]int{}
	for _, k := range h.all() {
		switch k.Event.(type) {
		case domain.IdentifierAttached:
			introduced++
		case domain.InteractionRecorded:
			events[k.ID]++
			values, err := h.vault.Open(t.Context(), &k.Envelope, &k.boxes[0])
			h.ok(err)
			number, id := values["/number"], k.Subjects[0].ID
			if first, ok := who[number]; ok && first != id {
				t.Errorf("one number, two persons")
			}
			who[number] = id
		}
	}
	if introduced != numbers || len(who) != numbers {
		t.Errorf("%d numbers: %d introduced, %d persons", numbers, introduced, len(who))
	}
	if want := calls * (2*callers + 1); len(events) != want {
		t.Errorf("%d calls kept of %d", len(events), want)
	}
	for w, ids := range h.keysOf() {
		if len(ids) != 1 {
			t.Errorf("%s: %d keys", w.class, len(ids))
		}
	}
}

// TestConcurrentReserve: one of all is told that it is fresh.
func TestConcurrentReserve(t *testing.T) {
	h := newHouse(t)
	var mu sync.Mutex
	var all sync.WaitGroup
	ids, fresh := map[domain.ID]bool{}, 0
	for range 32 {
		all.Go(func() {
			id, mine, err := h.vault.Reserve(t.Context(), shop, phone(1), domain.ID{})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			ids[id] = true
			if mine {
				fresh++
			}
		})
	}
	all.Wait()
	if len(ids) != 1 || fresh != 1 {
		t.Errorf("%d persons, %d fresh", len(ids), fresh)
	}
}
