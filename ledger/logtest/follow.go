package logtest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"muniment/ledger"
)

// testWait: whoever is woken finds the event it waited for.
func testWait(t *testing.T, p *place) {
	const events = 50
	var all sync.WaitGroup
	for from := range int64(events) {
		all.Go(func() {
			if err := p.Wait(t.Context(), from); err != nil {
				t.Errorf("wait for %d: %v", from, err)
			}
			if records, err := p.Read(t.Context(), from, 1); err != nil || len(records) != 1 {
				t.Errorf("woken for %d: %d records, %v", from, len(records), err)
			}
		})
	}
	p.fill(events)
	all.Wait()
	if err := p.Wait(t.Context(), 3); err != nil {
		t.Errorf("wait for what is there: %v", err)
	}
}

func testWaitEnds(t *testing.T, p *place) {
	p.fill(1)
	ended, cancel := context.WithCancelCause(t.Context())
	waiting := make(chan error, 2)
	go func() { waiting <- p.Wait(ended, 1) }()
	cancel(nil)
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Errorf("the context ended: %v", err)
	}
	log := p.Log
	for range 2 {
		go func() { waiting <- log.Wait(context.Background(), 1) }()
	}
	p.reopen()
	for range 2 {
		if err := <-waiting; !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("the log was closed: %v", err)
		}
	}
}

var errEnough = errors.New("enough")

// testFollow: followers who begin early, late and in the middle see every event once and in order,
// while many append.
func testFollow(t *testing.T, p *place) {
	const writers, each = 8, 40
	const total = writers * each
	var all sync.WaitGroup
	follow := func(from int64, size int) {
		want := from
		err := ledger.Follow(t.Context(), p.Log, from, size, func(records []ledger.Record) error {
			if len(records) == 0 || len(records) > size {
				t.Errorf("a batch of %d, at most %d were asked for", len(records), size)
			}
			for _, r := range records {
				if r.Seq != want {
					t.Errorf("from %d: got seq %d, expected %d", from, r.Seq, want)
					return errEnough
				}
				want++
			}
			if want == total {
				return errEnough
			}
			return nil
		})
		if !errors.Is(err, errEnough) {
			t.Errorf("from %d: ended with %v", from, err)
		}
	}
	all.Go(func() { follow(0, 7) })
	all.Go(func() { follow(total/2, 1000) })
	for range writers {
		all.Go(func() {
			for i := range each {
				if r := p.Append(t.Context(), batch(newStream(), ledger.Any, newEntry()))[0]; r.Err != nil {
					t.Errorf("append: %v", r.Err)
				}
				if i == each/2 {
					all.Go(func() { follow(0, 64) })
				}
			}
		})
	}
	all.Wait()
}
