package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

var errInjected = errors.New("injected")

// faults stands between a log and its transactions.
type faults struct {
	mu       sync.Mutex
	next     []fault
	entered  chan struct{} // receives at every transaction, if there is one
	released chan struct{} // must be received from before it goes on
}

type fault func(ctx context.Context, tx transact, fn func(*sql.Tx) error) error

// failedNotKept runs everything but the COMMIT, and says that it failed.
func failedNotKept(ctx context.Context, tx transact, fn func(*sql.Tx) error) error {
	tx(ctx, func(t *sql.Tx) error {
		fn(t)
		return errInjected
	})
	return errInjected
}

// failedButKept commits and says that it failed.
func failedButKept(ctx context.Context, tx transact, fn func(*sql.Tx) error) error {
	tx(ctx, fn)
	return errInjected
}

// failedBefore doesn't come as far as a COMMIT.
func failedBefore(context.Context, transact, func(*sql.Tx) error) error { return errInjected }

func (f *faults) wrap(tx transact) transact {
	return func(ctx context.Context, fn func(*sql.Tx) error) error {
		if f.entered != nil {
			f.entered <- struct{}{}
			<-f.released
		}
		f.mu.Lock()
		var inject fault
		if len(f.next) > 0 {
			inject, f.next = f.next[0], f.next[1:]
		}
		f.mu.Unlock()
		if inject != nil {
			return inject(ctx, tx, fn)
		}
		return tx(ctx, fn)
	}
}

func (f *faults) inject(next ...fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = next
}

func openFaulty(t *testing.T) (*Log, *faults) {
	f := &faults{}
	log := openAt(t, filepath.Join(t.TempDir(), "log.db"), f.wrap)
	t.Cleanup(func() { log.Close() })
	return log, f
}

func mustAppend(t *testing.T, log *Log, batches ...ledger.Batch) []ledger.Placed {
	t.Helper()
	var placed []ledger.Placed
	for _, r := range log.Append(t.Context(), batches...) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		placed = append(placed, r.Placed...)
	}
	return placed
}

func keyOf(b ledger.Batch) ledger.Key { return ledger.Key{Stream: b.Stream, ID: b.Entries[0].ID} }

// TestCommitFails is the pair, for every sort of append: the caller can't know, Prior does, and the log
// goes on from what is true.
func TestCommitFails(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault fault
		kept  bool
	}{
		{"not kept", failedNotKept, false},
		{"but kept", failedButKept, true},
	} {
		for sort, lost := range everySort() {
			t.Run(c.name+"/"+sort, func(t *testing.T) {
				log, f := openFaulty(t)
				mustAppend(t, log, oneStream...)
				f.inject(c.fault)
				for _, r := range log.Append(t.Context(), lost...) {
					if !errors.Is(r.Err, ledger.ErrUnknown) {
						t.Fatalf("expected an unknown outcome, got %+v", r)
					}
				}
				var keys []ledger.Key
				for _, b := range lost {
					for _, e := range b.Entries {
						keys = append(keys, ledger.Key{Stream: b.Stream, ID: e.ID})
					}
				}
				placed, err := log.Prior(t.Context(), keys)
				if err != nil {
					t.Fatal(err)
				}
				for i, p := range placed {
					if want := int64(1 + i); c.kept && p.Seq != want || !c.kept && p.Seq != -1 {
						t.Fatalf("prior of entry %d: %+v", i, p)
					}
				}
				if woken := log.arrived.after(1) == nil; woken != c.kept {
					t.Fatalf("those who wait for the event were woken: %t", woken)
				}
				for i, p := range mustAppend(t, log, lost...) {
					if p.Seq != int64(1+i) || p.Prior != c.kept {
						t.Fatalf("the same again, entry %d: %+v", i, p)
					}
				}
				if got := mustAppend(t, log, events(1)...)[0].Seq; got != int64(1+len(keys)) {
					t.Fatalf("the next stands at %d", got)
				}
				soundClaims(t, log)
			})
		}
	}
}

// oneStream begins the stream that [everySort] goes on with.
var oneStream = events(1)

// everySort are the sorts of appends that there are, after oneStream.
func everySort() map[string][]ledger.Batch {
	on := func(expected int64, size int) ledger.Batch {
		b := ledger.Batch{Stream: oneStream[0].Stream, Expected: expected}
		for _, e := range events(size) {
			b.Entries = append(b.Entries, e.Entries[0])
		}
		return b
	}
	return map[string][]ledger.Batch{
		"one, any revision":           events(1),
		"one, expected revision":      {on(0, 1)},
		"one, new stream":             {{Stream: domain.Stream{Noun: "thing", ID: domain.NewID()}, Expected: ledger.NoStream, Entries: events(1)[0].Entries}},
		"several, any revision":       {on(ledger.Any, 3)},
		"several, expected revision":  {on(0, 3)},
		"several batches of a stream": {on(0, 2), on(2, 1), on(ledger.Any, 2)},
		"several streams":             events(3),
	}
}

// TestUnsettled: while the outcome of a commit can't be settled nothing is appended, and nobody is
// told that an event wasn't kept.
func TestUnsettled(t *testing.T) {
	log, f := openFaulty(t)
	known, lost, later := events(1), events(1), events(1)
	mustAppend(t, log, known...)
	f.inject(failedButKept, failedBefore, failedBefore)
	if r := log.Append(t.Context(), lost...)[0]; !errors.Is(r.Err, ledger.ErrUnknown) {
		t.Fatalf("expected an unknown outcome, got %+v", r)
	}
	if _, err := log.Prior(t.Context(), []ledger.Key{keyOf(later[0])}); !errors.Is(err, ledger.ErrUnknown) {
		t.Fatalf("prior of a key that isn't found: %v", err)
	}
	if p, err := log.Prior(t.Context(), []ledger.Key{keyOf(known[0])}); err != nil || p[0].Seq != 0 {
		t.Fatalf("prior of a key that is found: %+v, %v", p, err)
	}
	r := log.Append(t.Context(), later...)[0]
	if !errors.Is(r.Err, errInjected) || errors.Is(r.Err, ledger.ErrUnknown) {
		t.Fatalf("an append that wasn't tried: %+v", r)
	}
	if got := mustAppend(t, log, later...)[0]; got.Seq != 2 || got.Prior {
		t.Fatalf("after settling: %+v", got)
	}
	if p, err := log.Prior(t.Context(), []ledger.Key{keyOf(lost[0])}); err != nil || p[0].Seq != 1 {
		t.Fatalf("prior of what was kept: %+v, %v", p, err)
	}
}

// TestFailsBeforeCommit: certainly not kept, so not unknown.
func TestFailsBeforeCommit(t *testing.T) {
	log, f := openFaulty(t)
	f.inject(failedBefore)
	r := log.Append(t.Context(), events(1)...)[0]
	if !errors.Is(r.Err, errInjected) || errors.Is(r.Err, ledger.ErrUnknown) {
		t.Fatalf("got %+v", r)
	}
	if got := mustAppend(t, log, events(1)...)[0].Seq; got != 0 {
		t.Fatalf("the next stands at %d", got)
	}
}

// held opens a log whose writer stops at every transaction until released.
func held(t *testing.T) (log *Log, entered <-chan struct{}, release func()) {
	f := &faults{}
	log = openAt(t, filepath.Join(t.TempDir(), "log.db"), f.wrap)
	f.entered, f.released = make(chan struct{}), make(chan struct{})
	return log, f.entered, func() { f.released <- struct{}{} }
}

// TestCallerLeaves: before the writer takes a batch, leaving means "not kept"; after that "unknown",
// and Prior waits for the writer before it answers.
func TestCallerLeaves(t *testing.T) {
	log, entered, release := held(t)
	takenBatch, queuedBatch := events(1), events(1)
	ctx, leave := context.WithCancel(t.Context())
	first, second := make(chan error), make(chan error)
	go func() { first <- log.Append(ctx, takenBatch...)[0].Err }()
	<-entered
	go func() { second <- log.Append(ctx, queuedBatch...)[0].Err }()
	for len(log.queue) == 0 {
		runtime.Gosched()
	}
	leave()
	if err := <-first; !errors.Is(err, ledger.ErrUnknown) || errors.Is(err, context.Canceled) {
		t.Errorf("the writer had it: %v", err)
	}
	if err := <-second; errors.Is(err, ledger.ErrUnknown) || !errors.Is(err, context.Canceled) {
		t.Errorf("it was waiting: %v", err)
	}
	if _, err := log.unsure.wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Prior wouldn't wait for the writer: %v", err)
	}
	release()
	placed, err := log.Prior(t.Context(), []ledger.Key{keyOf(takenBatch[0]), keyOf(queuedBatch[0])})
	if err != nil || placed[0].Seq != 0 || placed[1].Seq != -1 {
		t.Errorf("prior: %+v, %v", placed, err)
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}

// TestGroup: what waits while the writer is busy becomes one transaction, in which batches see each
// other and a refused one hurts nobody.
func TestGroup(t *testing.T) {
	log, entered, release := held(t)
	defer log.Close()
	answers := make(chan error)
	go func() { answers <- log.Append(t.Context(), events(1)...)[0].Err }()
	<-entered
	s := domain.Stream{Noun: "thing", ID: domain.NewID()}
	on := func(expected int64, b []ledger.Batch) ledger.Batch {
		b[0].Stream, b[0].Expected = s, expected
		return b[0]
	}
	repeated := events(1)
	group := []ledger.Batch{
		on(ledger.NoStream, events(1)),
		on(ledger.NoStream, events(1)), // conflict
		on(0, repeated),
		on(ledger.Any, repeated), // prior
		on(1, events(1)),
		on(1, events(1)), // conflict
	}
	results := make([]ledger.Result, len(group))
	var all sync.WaitGroup
	for i, b := range group {
		all.Go(func() { results[i] = log.Append(t.Context(), b)[0] })
		for len(log.queue) <= i {
			runtime.Gosched()
		}
	}
	release()
	if err := <-answers; err != nil {
		t.Fatal(err)
	}
	<-entered
	release() // once: another transaction would wait here for ever
	all.Wait()
	for i, want := range []int64{0, -1, 1, 1, 2, -1} {
		r := results[i]
		switch {
		case want < 0 && !errors.Is(r.Err, ledger.ErrConflict):
			t.Errorf("batch %d: expected a conflict, got %+v", i, r)
		case want >= 0 && (r.Err != nil || r.Placed[0].Revision != want || r.Placed[0].Prior != (i == 3)):
			t.Errorf("batch %d: expected revision %d, got %+v", i, want, r)
		}
	}
}
