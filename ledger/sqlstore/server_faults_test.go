package sqlstore

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"muniment/ledger"
	"muniment/ledger/sqldb/pgtest"
)

// TestServerCrashes: PostgreSQL crashes and comes back in the middle of batches. Whatever was
// acknowledged is there once at its place; whatever was refused isn't; an unknown outcome is looked up.
func TestServerCrashes(t *testing.T) {
	server := pgtest.Start(t)
	log := openServer(t, server.URL("postgres"))
	defer log.Close()
	ctx, stop := context.WithCancel(t.Context())
	var g sync.WaitGroup
	var mu sync.Mutex
	acknowledged, refused := map[ledger.Key]int64{}, map[ledger.Key]bool{}
	progress := make(chan struct{}, 1)
	for range 4 {
		g.Go(func() {
			for ctx.Err() == nil {
				b := events(3)
				for i, r := range log.Append(context.Background(), b...) {
					key := ledger.Key{Stream: b[i].Stream, ID: b[i].Entries[0].ID}
					seq := int64(-1)
					switch {
					case r.Err == nil:
						seq = r.Placed[0].Seq
					case errors.Is(r.Err, ledger.ErrUnknown):
						found, err := log.Prior(context.Background(), []ledger.Key{key})
						if err != nil {
							t.Errorf("an unknown outcome stays unknown: %v", err)
							continue
						}
						seq = found[0].Seq
					}
					mu.Lock()
					if seq >= 0 {
						acknowledged[key] = seq
					} else {
						refused[key] = true
					}
					mu.Unlock()
				}
				select {
				case progress <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 4 {
		for range 10 { // some appends, then a crash in the middle of others
			<-progress
		}
		server.Crash()
		server.Resume()
	}
	<-progress
	stop()
	g.Wait()

	for key, seq := range acknowledged {
		found, err := log.Prior(t.Context(), []ledger.Key{key})
		if err != nil || found[0].Seq != seq {
			t.Fatalf("acknowledged at %d, found %+v, %v", seq, found, err)
		}
	}
	for key := range refused {
		if found, err := log.Prior(t.Context(), []ledger.Key{key}); err != nil || found[0].Seq >= 0 {
			t.Errorf("refused and yet kept: %+v, %v", found, err)
		}
	}
	next, err := log.Next(t.Context())
	if err != nil || next != int64(len(acknowledged)) {
		t.Errorf("%d events in the log, %d acknowledged, %v", next, len(acknowledged), err)
	}
	records := 0
	for from := int64(0); from < next; records++ {
		r, err := log.Read(t.Context(), from, 1)
		if err != nil || len(r) != 1 || r[0].Seq != from {
			t.Fatalf("event %d: %v", from, err)
		}
		from++
	}
	t.Logf("%d acknowledged, %d refused, 4 crashes", len(acknowledged), len(refused))
}

// TestServerStaysAway: an append to a server that doesn't come back ends by its deadline.
func TestServerStaysAway(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	log := openServer(t, server.URL("postgres"))
	server.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	r := log.Append(ctx, events(1)...)[0]
	if r.Err == nil || !errors.Is(r.Err, ledger.ErrUnknown) && !errors.Is(r.Err, context.DeadlineExceeded) {
		t.Errorf("got %+v", r)
	}
	server.Resume()
	if r := log.Append(t.Context(), events(1)...)[0]; r.Err != nil { // the first is settled before
		t.Error(r.Err)
	}
	log.Close()
}

// TestSecondWriter: a second process that opens the log fences the first, which says so.
func TestSecondWriter(t *testing.T) {
	url := pgtest.Start(t, "fsync=off").URL("postgres")
	first := openServer(t, url)
	defer first.Close()
	second := openServer(t, url)
	defer second.Close()
	if r := first.Append(t.Context(), events(1)...)[0]; !errors.Is(r.Err, errTakenOver) {
		t.Errorf("the first: %+v", r)
	}
	if r := second.Append(t.Context(), events(1)...)[0]; r.Err != nil || r.Placed[0].Seq != 0 {
		t.Errorf("the second: %+v", r)
	}
	if next, err := first.Next(t.Context()); err != nil || next != 1 {
		t.Errorf("the first reads %d, %v", next, err)
	}
}
