package logtest

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// testOneStreamManyWriters: of all who expect a revision exactly one succeeds, and gets the next.
func testOneStreamManyWriters(t *testing.T, p *place) {
	const writers, each = 8, 25
	s := newStream()
	winners := make([]domain.ID, writers*each)
	var mu sync.Mutex
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			expected := ledger.NoStream
			for done := 0; done < each; {
				e := newEntry()
				r := p.Append(t.Context(), batch(s, expected, e))[0]
				switch {
				case r.Err == nil:
					got := r.Placed[0].Revision
					mu.Lock()
					if got != expected+1 || !winners[got].IsZero() {
						t.Errorf("expected revision %d, got %d; it was taken: %t", expected, got, !winners[got].IsZero())
					}
					winners[got] = e.ID
					mu.Unlock()
					expected = got
					done++
				case errors.Is(r.Err, ledger.ErrConflict):
					records, err := p.Stream(t.Context(), s, expected+1, writers*each)
					if err != nil || len(records) == 0 {
						t.Errorf("a conflict at revision %d, but nothing after it: %v", expected, err)
						return
					}
					expected = records[len(records)-1].Revision
				default:
					t.Errorf("append: %v", r.Err)
					return
				}
			}
		})
	}
	all.Wait()
	for revision, r := range Sound(t, p.Log) {
		if want := entryOf(winners[revision], ""); string(r.Envelope) != string(want.Envelope) {
			t.Errorf("revision %d holds %s, the one who got it sent %s", revision, r.Envelope, want.Envelope)
		}
	}
}

// testCancelled: whatever a caller who went away was told, the log does not contradict it, then or later.
func testCancelled(t *testing.T, p *place) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s, e := newStream(), newEntry()
	if r := p.Append(ended, batch(s, ledger.Any, e))[0]; r.Err == nil {
		t.Errorf("the context had ended: %+v", r)
	}
	const writers, each = 8, 40
	type told struct {
		key  ledger.Key
		kept bool
	}
	var mu sync.Mutex
	var all []told
	var running sync.WaitGroup
	for w := range writers {
		running.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(w)))
			for range each {
				ctx, cancel := context.WithCancel(t.Context())
				key, e := ledger.Key{Stream: newStream(), ID: domain.NewID()}, ledger.Entry{}
				e = entryOf(key.ID, "")
				yields := random.IntN(50)
				running.Go(func() {
					for range yields {
						runtime.Gosched()
					}
					cancel()
				})
				r := p.Append(ctx, batch(key.Stream, ledger.Any, e))[0]
				kept := r.Err == nil
				switch {
				case errors.Is(r.Err, ledger.ErrUnknown):
					if errors.Is(r.Err, context.Canceled) {
						t.Errorf("ambiguous: %v is both unknown and not kept", r.Err)
					}
					prior, err := p.Prior(t.Context(), []ledger.Key{key})
					if err != nil {
						t.Errorf("prior: %v", err)
						return
					}
					kept = prior[0].Seq >= 0
				case r.Err != nil && !errors.Is(r.Err, context.Canceled):
					t.Errorf("append: %v", r.Err)
				}
				mu.Lock()
				all = append(all, told{key, kept})
				mu.Unlock()
			}
		})
	}
	running.Wait()
	p.fill(1)
	p.reopen()
	all = append(all, told{ledger.Key{Stream: s, ID: e.ID}, false})
	kept := int64(1)
	for _, c := range all {
		if c.kept {
			kept++
		}
		if got := mustPrior(p, c.key)[0]; got.Seq >= 0 != c.kept {
			t.Errorf("told that it was kept: %t; it stands at %d", c.kept, got.Seq)
		}
	}
	if n := p.next(); n != kept {
		t.Errorf("%d events, %d callers were told theirs was kept", n, kept)
	}
}

// testCloseUnderLoad: an append under way is finished, a later one refused; nothing is in between.
func testCloseUnderLoad(t *testing.T, p *place) {
	var mu sync.Mutex
	acknowledged := 0
	var all sync.WaitGroup
	started := make(chan struct{}, 8)
	log := p.Log
	for range cap(started) {
		all.Go(func() {
			for first := true; ; first = false {
				r := log.Append(t.Context(), batch(newStream(), ledger.Any, newEntry()))[0]
				if first {
					started <- struct{}{}
				}
				if errors.Is(r.Err, ledger.ErrClosed) {
					return
				}
				if r.Err != nil {
					t.Errorf("append: %v", r.Err)
					return
				}
				mu.Lock()
				acknowledged++
				mu.Unlock()
			}
		})
	}
	for range cap(started) {
		<-started
	}
	p.reopen()
	all.Wait()
	if got := p.next(); got != int64(acknowledged) {
		t.Errorf("%d events, %d were acknowledged", got, acknowledged)
	}
}

func testClosed(t *testing.T, p *place) {
	p.fill(2)
	log := p.Log
	p.reopen()
	ctx := t.Context()
	calls := map[string]func() error{
		"append": func() error { return log.Append(ctx, batch(newStream(), ledger.Any, newEntry()))[0].Err },
		"prior":  func() error { _, err := log.Prior(ctx, []ledger.Key{{Stream: newStream()}}); return err },
		"stream": func() error { _, err := log.Stream(ctx, newStream(), 0, 1); return err },
		"read":   func() error { _, err := log.Read(ctx, 0, 1); return err },
		"at":     func() error { _, err := log.At(ctx, []int64{0}); return err },
		"next":   func() error { _, err := log.Next(ctx); return err },
		"known":  func() error { _, err := log.Known(ctx, someTime); return err },
		"wait":   func() error { return log.Wait(ctx, 0) },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("%s on a closed log: %v", name, err)
		}
	}
}
