package sqlstore

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync/atomic"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// What one request, and also one group, holds at most: memory stays the same however much waits, and so
// does a transaction on a server.
const (
	maxEntries = 4096
	maxBytes   = sqldb.MaxMessage
)

// request is a part of an append on its way to the writer.
type request struct {
	works   []work
	results []ledger.Result // one per work, valid when done is closed
	entries int
	bytes   int
	state   atomic.Int32
	done    chan struct{}
}

// States of a request. It leaves waiting once: either the writer takes it or the caller gives up.
const (
	waiting int32 = iota
	taken
	givenUp
)

// work is one batch with what the caller's goroutine can prepare for the writer.
type work struct {
	batch  ledger.Batch
	index  int    // of the batch in its append
	stream []byte // the column's value
	claims []claim
}

// Append implements [ledger.Log]. The bytes of the batches belong to the log from then on: when ctx
// ends, the writer may still be reading them.
func (l *Log) Append(ctx context.Context, batches ...ledger.Batch) []ledger.Result {
	results := make([]ledger.Result, len(batches))
	err := l.enter()
	if err == nil {
		defer l.calls.Done()
		err = ctx.Err()
	}
	if err != nil {
		for i := range results {
			results[i].Err = fmt.Errorf("append: %w", err)
		}
		return results
	}
	requests := split(batches, results)
	for _, r := range requests {
		l.send(ctx, r)
	}
	for _, r := range requests {
		for i, result := range l.await(ctx, r) {
			results[r.works[i].index] = result
		}
	}
	return results
}

// split checks the batches, answers those that can't be kept, and portions the others.
func split(batches []ledger.Batch, results []ledger.Result) []*request {
	var requests []*request
	var r *request
	for i, b := range batches {
		size, err := check(b)
		if err != nil {
			results[i].Err = fmt.Errorf("append: %w", err)
			continue
		}
		if r == nil || r.entries+len(b.Entries) > maxEntries || r.bytes+size > maxBytes {
			r = &request{done: make(chan struct{}), works: make([]work, 0, min(len(batches)-i, maxEntries))}
			requests = append(requests, r)
		}
		r.entries += len(b.Entries)
		r.bytes += size
		r.works = append(r.works, newWork(b, i))
	}
	for _, r := range requests {
		r.results = make([]ledger.Result, len(r.works))
	}
	return requests
}

// check refuses here what the tables would refuse later, where it would hurt the whole group.
func check(b ledger.Batch) (size int, err error) {
	if b.Stream.Noun == "" || strings.Trim(b.Stream.Noun, "abcdefghijklmnopqrstuvwxyz") != "" {
		return 0, fmt.Errorf("a stream is named by a noun of lower-case letters and an id")
	}
	for i, e := range b.Entries {
		n := len(e.Envelope) + len(e.Payload)
		if n > ledger.MaxEvent {
			return 0, fmt.Errorf("entry %d has %d bytes: %w", i, n, ledger.ErrTooLarge)
		}
		if len(e.Envelope) == 0 || len(e.Payload) == 0 {
			return 0, fmt.Errorf("entry %d has an empty envelope or payload", i)
		}
		if _, struck := ledger.Struck(e.Payload); struck {
			return 0, fmt.Errorf("entry %d: %w", i, ledger.ErrStub)
		}
		if e.MAC == nil {
			return 0, fmt.Errorf("entry %d has no authentication code", i)
		}
		if len(e.Claim) != sha256.Size {
			return 0, fmt.Errorf("entry %d has a claim digest of %d bytes instead of %d", i, len(e.Claim), sha256.Size)
		}
		size += n
	}
	if size > ledger.MaxAppend {
		return 0, fmt.Errorf("the batch has %d bytes: %w", size, ledger.ErrTooLarge)
	}
	return size, nil
}

func newWork(b ledger.Batch, index int) work {
	w := work{batch: b, index: index, stream: streamColumn(b.Stream), claims: make([]claim, len(b.Entries))}
	hash := streamHash(w.stream)
	for i, e := range b.Entries {
		w.claims[i] = claimOf(e.ID, hash)
	}
	return w
}

// streamColumn is noun, '-' and the raw id: 16 bytes less in table and index than the name.
func streamColumn(s domain.Stream) []byte {
	b := make([]byte, 0, len(s.Noun)+1+len(s.ID))
	b = append(append(b, s.Noun...), '-')
	return append(b, s.ID[:]...)
}

func (l *Log) send(ctx context.Context, r *request) {
	select {
	case l.queue <- r:
	case <-ctx.Done():
		r.giveUp(ctx)
	}
}

// await returns the writer's answer, or, when ctx ends first, what is known then.
func (l *Log) await(ctx context.Context, r *request) []ledger.Result {
	if r.state.Load() == givenUp {
		return r.results
	}
	select {
	case <-r.done:
		return r.results
	case <-ctx.Done():
	}
	if r.giveUp(ctx) {
		return r.results
	}
	select {
	case <-r.done: // the writer was quicker: its answer is better than none
		return r.results
	default:
	}
	l.unsure.leave(r.done)
	// The writer will still fill in r.results. ctx's error isn't wrapped: alone it says that nothing
	// was kept.
	unknown := make([]ledger.Result, len(r.works))
	for i := range unknown {
		unknown[i].Err = fmt.Errorf("append: %w (%v)", ledger.ErrUnknown, ctx.Err())
	}
	return unknown
}

// giveUp answers with ctx's error, unless the writer has the request. Then nothing will be kept.
func (r *request) giveUp(ctx context.Context) bool {
	if !r.state.CompareAndSwap(waiting, givenUp) {
		return false
	}
	for i := range r.results {
		r.results[i].Err = fmt.Errorf("append: nothing was kept: %w", ctx.Err())
	}
	return true
}
