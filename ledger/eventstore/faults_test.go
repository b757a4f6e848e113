package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/eventstore/esdbtest"
)

// TestAnswerLost is the pair "failed, not kept / failed, but kept", in every form in which an answer
// can be lost once: the caller gets the place after all, and the event is there once.
func TestAnswerLost(t *testing.T) {
	for name, fault := range map[string]esdbtest.Fault{
		"not kept": esdbtest.NotKept, "but kept": esdbtest.ButKept, "kept later": esdbtest.LateKept,
		"never answered, not kept": esdbtest.Silent, "never answered, but kept": esdbtest.SilentKept, "timed out": esdbtest.TimedOut,
	} {
		for sort, more := range map[string]struct {
			expected int64
			entries  int
		}{"one, expected revision": {0, 1}, "one, any revision": {ledger.Any, 1}, "several, expected revision": {0, 3}, "several, any revision": {ledger.Any, 3}} {
			t.Run(name+"/"+sort, func(t *testing.T) {
				t.Parallel()
				g := begin(t, esdbtest.Options{}, func(c *Config) { c.Timeout = time.Second })
				s := newStream()
				g.must(one(s, ledger.NoStream))
				g.once(fault)
				b, keys := ledger.Batch{Stream: s, Expected: more.expected}, []ledger.Key{}
				for range more.entries {
					b.Entries = append(b.Entries, newEntry(s))
					keys = append(keys, ledger.Key{Stream: s, ID: b.Entries[len(keys)].ID})
				}
				r := g.Append(t.Context(), b)[0]
				if errors.Is(r.Err, ledger.ErrUnknown) {
					placed, err := g.Prior(t.Context(), keys)
					if err != nil {
						t.Fatal(err)
					}
					r = ledger.Result{Placed: placed}
				}
				again := g.Append(t.Context(), b)[0]
				if r.Err != nil || again.Err != nil {
					t.Fatalf("%v; the same again: %v", r.Err, again.Err)
				}
				for i := range keys {
					at := int64(1 + i)
					if p := r.Placed[i]; p.Seq != at || p.Revision != at {
						t.Errorf("entry %d: %+v", i, p)
					}
					if p := again.Placed[i]; p.Seq != at || !p.Prior {
						t.Errorf("entry %d, the same again: %+v", i, p)
					}
				}
				last := int64(len(keys))
				if next := g.must(one(s, last)); next.Seq != last+1 {
					t.Fatalf("the next: %+v", next)
				}
				time.Sleep(150 * time.Millisecond) // for what is kept later
				g.count(last + 2)
			})
		}
	}
}

// TestUnknown: a caller who can't wait is told so; Prior doesn't guess meanwhile, and what it says
// once the engine answers stays true.
func TestUnknown(t *testing.T) {
	for name, fault := range map[string]esdbtest.Fault{"not kept": esdbtest.NotKept, "never answered": esdbtest.Silent} {
		t.Run(name, func(t *testing.T) {
			g := begin(t, esdbtest.Options{}, func(c *Config) { c.Timeout = time.Second })
			known := one(newStream(), ledger.Any)
			g.must(known)
			g.always(fault)
			b := one(newStream(), ledger.NoStream)
			begun := time.Now()
			r := g.Append(g.within(100*time.Millisecond), b)[0]
			if !errors.Is(r.Err, ledger.ErrUnknown) || errors.Is(r.Err, context.DeadlineExceeded) {
				t.Fatalf("expected an unknown outcome, got %+v", r)
			}
			if took := time.Since(begun); took > 400*time.Millisecond {
				t.Errorf("it took %v to say so", took)
			}
			if _, err := g.Prior(t.Context(), []ledger.Key{keyOf(b), keyOf(known)}); !errors.Is(err, ledger.ErrUnknown) {
				t.Fatalf("prior while there is no answer: %v", err)
			}
			if _, err := g.Prior(t.Context(), []ledger.Key{{ID: b.Entries[0].ID}}); !errors.Is(err, ledger.ErrUnknown) {
				t.Fatalf("prior by the id alone: %v", err)
			}
			if p, err := g.Prior(t.Context(), []ledger.Key{keyOf(known)}); err != nil || p[0].Seq != 0 {
				t.Fatalf("prior of what was kept: %+v, %v", p, err)
			}
			waiting := make(chan error, 1)
			go func() { waiting <- g.Append(g.within(50*time.Millisecond), one(b.Stream, ledger.Any))[0].Err }()
			if err := <-waiting; !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ledger.ErrUnknown) {
				t.Fatalf("a later batch waited for its stream and was never sent: %v", err)
			}
			g.server.OnAppend(nil)
			p, err := g.Prior(t.Context(), []ledger.Key{keyOf(b)})
			for range 3 { // the try under way must come to its end first
				if errors.Is(err, ledger.ErrUnknown) {
					p, err = g.Prior(t.Context(), []ledger.Key{keyOf(b)})
				}
			}
			if err != nil || p[0].Seq != 1 || string(p[0].Claim) != string(b.Entries[0].Claim) {
				t.Fatalf("prior: %+v, %v", p, err)
			}
			g.reopen(nil)
			g.count(2)
		})
	}
}

// TestMovedOnMeanwhile: an answer is lost, nothing was kept, and somebody else takes the revision.
// Then the outcome is certain: a conflict where a revision was expected, the next place where not.
func TestMovedOnMeanwhile(t *testing.T) {
	for _, expected := range []int64{0, ledger.Any} {
		t.Run(fmt.Sprint(expected), func(t *testing.T) {
			g := begin(t, esdbtest.Options{}, nil)
			s := newStream()
			g.must(one(s, ledger.NoStream))
			tries := 0
			g.server.OnAppend(func(stream string) esdbtest.Fault {
				if tries++; tries > 1 {
					return esdbtest.None
				}
				g.put(s, newEntry(s))
				return esdbtest.NotKept
			})
			b := one(s, expected)
			r := g.Append(t.Context(), b)[0]
			if expected == ledger.Any {
				if r.Err != nil || r.Placed[0].Revision != 2 {
					t.Fatalf("%+v", r)
				}
				g.count(3)
				return
			}
			if !errors.Is(r.Err, ledger.ErrConflict) {
				t.Fatalf("%+v", r)
			}
			if p, err := g.Prior(t.Context(), []ledger.Key{keyOf(b)}); err != nil || p[0].Seq != -1 {
				t.Fatalf("prior: %+v, %v", p, err)
			}
			g.count(2)
		})
	}
}

// TestRefused: nothing is kept, and the caller hears why.
func TestRefused(t *testing.T) {
	g := begin(t, esdbtest.Options{MaxAppend: 2000}, nil)
	s := newStream()
	big := one(s, ledger.Any)
	big.Entries[0].Payload = make([]byte, 3000)
	if r := g.Append(t.Context(), big)[0]; !errors.Is(r.Err, ledger.ErrTooLarge) {
		t.Errorf("over the engine's limit: %+v", r)
	}
	g.once(esdbtest.Refused)
	if r := g.Append(t.Context(), one(s, ledger.Any))[0]; r.Err == nil || errors.Is(r.Err, ledger.ErrUnknown) {
		t.Errorf("access denied: %+v", r)
	}
	if got := g.must(one(s, ledger.NoStream)); got.Seq != 0 {
		t.Errorf("the stream isn't free again: %+v", got)
	}
	g.count(1)
}

// TestGoneInTheMiddle: the node dies while a large append is under way, and comes back. What was
// acknowledged is there, the rest can be told apart, nothing is there twice.
func TestGoneInTheMiddle(t *testing.T) {
	g := begin(t, esdbtest.Options{}, func(c *Config) { c.Timeout = 3 * time.Second })
	var batches []ledger.Batch
	for range 60 {
		batches = append(batches, one(newStream(), ledger.NoStream))
	}
	appends := 0
	g.server.OnAppend(func(string) esdbtest.Fault {
		if appends++; appends == 25 {
			go func() {
				g.server.Stop()
				time.Sleep(200 * time.Millisecond)
				g.server.Start()
			}()
			time.Sleep(20 * time.Millisecond)
		}
		return esdbtest.None
	})
	kept := int64(0)
	for i, r := range g.Append(t.Context(), batches...) {
		p, err := g.Prior(t.Context(), []ledger.Key{keyOf(batches[i])})
		if err != nil {
			t.Fatal(err)
		}
		if r.Err == nil && p[0].Seq != r.Placed[0].Seq || r.Err != nil && !errors.Is(r.Err, ledger.ErrUnknown) && p[0].Seq >= 0 {
			t.Errorf("batch %d was answered %+v, and stands at %d", i, r, p[0].Seq)
		}
		if p[0].Seq >= 0 {
			kept++
		}
	}
	if kept < 24 {
		t.Errorf("%d kept", kept)
	}
	g.reopen(nil)
	g.count(kept)
	t.Logf("%d of %d kept over the node's absence", kept, len(batches))
}

// TestOutages: many writers, the node away three times, its connections cut in between: no call comes
// back after its deadline, every acknowledged event is there once, in order, with its claim.
func TestOutages(t *testing.T) {
	g := begin(t, esdbtest.Options{}, func(c *Config) { c.Timeout = 2 * time.Second })
	const deadline, grace = 300 * time.Millisecond, 250 * time.Millisecond
	stop := make(chan struct{})
	var all sync.WaitGroup
	var mu sync.Mutex
	acknowledged, unclear := map[ledger.Key]ledger.Placed{}, map[ledger.Key]bool{}
	failed, late := 0, 0
	for range 8 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				b := one(newStream(), ledger.Any)
				ctx, cancel := context.WithTimeout(context.Background(), deadline)
				begun := time.Now()
				r := g.Append(ctx, b)[0]
				took := time.Since(begun)
				cancel()
				mu.Lock()
				switch {
				case r.Err == nil:
					acknowledged[keyOf(b)] = r.Placed[0]
				case errors.Is(r.Err, ledger.ErrUnknown):
					unclear[keyOf(b)] = true
				default:
					failed++
				}
				if took > deadline+grace {
					late++
				}
				mu.Unlock()
			}
		})
	}
	for range 3 {
		time.Sleep(300 * time.Millisecond)
		g.server.Stop()
		time.Sleep(400 * time.Millisecond)
		if err := g.server.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
		g.server.DropConnections()
	}
	time.Sleep(300 * time.Millisecond)
	close(stop)
	all.Wait()
	kept := int64(len(acknowledged))
	for k := range unclear {
		p, err := g.Prior(t.Context(), []ledger.Key{k})
		if err != nil {
			t.Fatal(err)
		}
		if p[0].Seq >= 0 {
			kept++
		}
	}
	if late > 0 {
		t.Errorf("%d calls came back after their deadline", late)
	}
	g.reopen(nil)
	for k, want := range acknowledged {
		if p, err := g.Prior(t.Context(), []ledger.Key{k}); err != nil || p[0].Seq != want.Seq || p[0].Revision != want.Revision {
			t.Fatalf("acknowledged at %d, it stands at %+v (%v)", want.Seq, p, err)
		}
	}
	t.Logf("%d acknowledged, %d unknown, %d failed, %d late; %d kept", len(acknowledged), len(unclear), failed, late, kept)
	records, err := g.Read(t.Context(), 0, 1<<20)
	if err != nil || int64(len(records)) != kept {
		t.Fatalf("%d events, %d were kept (%v)", len(records), kept, err)
	}
	if in := g.server.Events("muniment.thing-"); int64(in) != kept {
		t.Fatalf("the engine holds %d events, the log %d", in, kept)
	}
}

// TestReadsSurvive: reading goes on over lost connections, and ends at its deadline when nobody answers.
func TestReadsSurvive(t *testing.T) {
	g := begin(t, esdbtest.Options{}, nil)
	s := newStream()
	g.must(one(s, ledger.Any))
	g.server.DropConnections()
	if records, err := g.Stream(t.Context(), s, 0, 10); err != nil || len(records) != 1 {
		t.Fatalf("after a lost connection: %d records, %v", len(records), err)
	}
	g.server.Stop()
	begun := time.Now()
	_, err := g.Read(g.within(200*time.Millisecond), 0, 1)
	if took := time.Since(begun); err == nil || took > time.Second {
		t.Fatalf("without a node: %v after %v", err, took)
	}
	if n, err := g.Next(t.Context()); err != nil || n != 1 {
		t.Fatalf("next without a node: %d, %v", n, err)
	}
	if err := g.server.Start(); err != nil {
		t.Fatal(err)
	}
	if records, err := g.Read(t.Context(), 0, 1); err != nil || len(records) != 1 {
		t.Fatalf("after its return: %d records, %v", len(records), err)
	}
}

// TestDuplicateDelivery: what is delivered twice is sequenced once.
func TestDuplicateDelivery(t *testing.T) {
	g := begin(t, esdbtest.Options{Version: "25.1.0.1"}, nil)
	g.server.Duplicate(true)
	g.server.DropConnections() // the next subscription duplicates
	s := newStream()
	for i := range int64(20) {
		if got := g.must(one(s, ledger.Any)); got.Seq != i || got.Revision != i {
			t.Fatalf("event %d stands at %+v", i, got)
		}
	}
	g.count(20)
}

// TestRepeatedID: an engine that took an id twice (an append with any revision, its cache lost) has
// it twice in the stream; the log has it once, and its revisions stay dense.
func TestRepeatedID(t *testing.T) {
	g := begin(t, esdbtest.Options{}, nil)
	s := newStream()
	b := one(s, ledger.NoStream)
	g.must(b)
	g.put(s, b.Entries[0])
	g.put(s, b.Entries[0])
	if got := g.must(one(s, 0)); got.Seq != 1 || got.Revision != 1 {
		t.Fatalf("after two repetitions: %+v", got)
	}
	g.reopen(nil)
	if got := g.must(one(s, 1)); got.Seq != 2 || got.Revision != 2 {
		t.Fatalf("reopened: %+v", got)
	}
	records, err := g.Stream(t.Context(), s, 0, 10)
	if err != nil || len(records) != 3 || records[1].Revision != 1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if again := g.must(b); !again.Prior || again.Seq != 0 {
		t.Fatalf("the repeated one again: %+v", again)
	}
}

// TestCrashBeforeSequencing: the process ends between append and sequencing. The next one finds the
// event in the engine and its claim in the intents.
func TestCrashBeforeSequencing(t *testing.T) {
	g := begin(t, esdbtest.Options{}, func(c *Config) { c.Timeout = 300 * time.Millisecond })
	s := newStream()
	g.must(one(s, ledger.NoStream))
	g.server.Hide(g.name(s), 1) // kept, but not delivered
	b := one(s, 0)
	if r := g.Append(t.Context(), b)[0]; !errors.Is(r.Err, ledger.ErrUnknown) {
		t.Fatalf("%+v", r)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	g.server.Show()
	g.open(nil)
	p, err := g.Prior(t.Context(), []ledger.Key{keyOf(b)})
	if err != nil || p[0].Seq != 1 || string(p[0].Claim) != string(b.Entries[0].Claim) {
		t.Fatalf("prior: %+v, %v", p, err)
	}
	g.count(2)
	if err := g.Blank(t.Context(), []ledger.Key{keyOf(b)}); err != nil {
		t.Fatal(err)
	}
	if again := g.must(b); again.Claim != nil || !again.Prior {
		t.Fatalf("a blanked claim: %+v", again)
	}
}

// TestFreshMap: from the engine alone another map finds the same order, in the same log times.
func TestFreshMap(t *testing.T) {
	g := begin(t, esdbtest.Options{}, nil)
	for i := range 30 {
		s := newStream()
		g.must(ledger.Batch{Stream: s, Expected: ledger.Any, Entries: []ledger.Entry{entryAt(s, someTime+domain.Time(i*i%7)), newEntry(s)}})
	}
	before, err := g.Read(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	g.path += ".fresh"
	g.open(nil)
	after, err := g.Read(t.Context(), 0, 100)
	if err != nil || len(after) != len(before) {
		t.Fatalf("%d records instead of %d: %v", len(after), len(before), err)
	}
	for i := range before {
		a, b := before[i], after[i]
		if a.Seq != b.Seq || a.LogTime != b.LogTime || a.Revision != b.Revision || string(a.Envelope) != string(b.Envelope) {
			t.Fatalf("event %d differs: %+v, %+v", i, a, b)
		}
	}
}
