// Package logtest is the conformance suite of [ledger.Log]: what every engine must pass, and all
// that the rest of Muniment may rely on.
//
//	run.go          the list of tests, and the tools they share
//	sound.go        the oracle: reads a log in every way and checks that all ways agree
//	append.go       revisions, atomicity, limits
//	idempotency.go  the same event again
//	order.go        log time and what was known
//	read.go         paging
//	follow.go       waiting and following
//	concurrency.go  many writers, cancelled writers, closing
//	linear.go       many writers again: some order explains every answer
//	model.go        random histories against a model in memory
package logtest

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// Fresh makes a new, empty place for a log and returns how to open it. What it returns is called
// again after each Close and must open what was kept.
type Fresh func(t *testing.T) (open func(t *testing.T) ledger.Log)

// Run tests an engine. Every test has a place of its own.
func Run(t *testing.T, fresh Fresh) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *place)
	}{
		{"Dense", testDense},
		{"ExpectedRevision", testExpectedRevision},
		{"SameStreamInOneAppend", testSameStreamInOneAppend},
		{"Atomic", testAtomic},
		{"Limits", testLimits},
		{"Nothing", testNothing},
		{"Stub", testStub},
		{"SameAgain", testSameAgain},
		{"SameTwiceInOneBatch", testSameTwiceInOneBatch},
		{"PartlySame", testPartlySame},
		{"SameExpected", testSameExpected},
		{"ScopeIsTheStream", testScopeIsTheStream},
		{"SameConcurrently", testSameConcurrently},
		{"Prior", testPrior},
		{"Blank", testBlank},
		{"BlankBefore", testBlankBefore},
		{"LogTime", testLogTime},
		{"Known", testKnown},
		{"ReadPages", testReadPages},
		{"StreamPages", testStreamPages},
		{"At", testAt},
		{"BytesAsKept", testBytesAsKept},
		{"Reopen", testReopen},
		{"Wait", testWait},
		{"WaitEnds", testWaitEnds},
		{"Follow", testFollow},
		{"OneStreamManyWriters", testOneStreamManyWriters},
		{"Cancelled", testCancelled},
		{"Linearizable", testLinearizable},
		{"CloseUnderLoad", testCloseUnderLoad},
		{"Closed", testClosed},
		{"Model", testModel},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := &place{t: t, open: fresh(t)}
			p.Log = p.open(t)
			t.Cleanup(func() { p.Log.Close() })
			test.run(t, p)
			if !t.Failed() {
				Sound(t, p.Log)
			}
		})
	}
}

// place is where a test's log is kept, and the log.
type place struct {
	ledger.Log
	t    *testing.T
	open func(*testing.T) ledger.Log
}

func (p *place) reopen() {
	p.t.Helper()
	if err := p.Close(); err != nil {
		p.t.Fatalf("close: %v", err)
	}
	p.Log = p.open(p.t)
}

// must appends and expects every batch to be kept.
func (p *place) must(batches ...ledger.Batch) [][]ledger.Placed {
	p.t.Helper()
	var placed [][]ledger.Placed
	for i, r := range p.Append(p.t.Context(), batches...) {
		if r.Err != nil {
			p.t.Fatalf("batch %d: %v", i, r.Err)
		}
		if len(r.Placed) != len(batches[i].Entries) {
			p.t.Fatalf("batch %d: %d places for %d entries", i, len(r.Placed), len(batches[i].Entries))
		}
		placed = append(placed, r.Placed)
	}
	return placed
}

// fill appends n events, each to a stream of its own.
func (p *place) fill(n int) {
	p.t.Helper()
	for range n {
		p.must(batch(newStream(), ledger.Any, newEntry()))
	}
}

func (p *place) next() int64 {
	p.t.Helper()
	n, err := p.Next(p.t.Context())
	if err != nil {
		p.t.Fatalf("next: %v", err)
	}
	return n
}

func newStream() domain.Stream { return domain.Stream{Noun: "thing", ID: domain.NewID()} }

func batch(s domain.Stream, expected int64, entries ...ledger.Entry) ledger.Batch {
	return ledger.Batch{Stream: s, Expected: expected, Entries: entries}
}

const someTime domain.Time = 1_790_000_000_000_000

func newEntry() ledger.Entry { return entryOf(domain.NewID(), "") }

// entryOf makes the entry whose bytes follow from id and content.
func entryOf(id domain.ID, content string) ledger.Entry {
	payload := fmt.Appendf(nil, `{"content":%q}`, content)
	claim := sha256.Sum256(payload)
	return ledger.Entry{
		ID:       id,
		Recorded: someTime,
		Envelope: fmt.Appendf(nil, `{"id":"%s"}`, id),
		Payload:  payload,
		Claim:    claim[:],
		MAC:      func(int64) []byte { return claim[:16] },
	}
}

func entries(n int) []ledger.Entry {
	all := make([]ledger.Entry, n)
	for i := range all {
		all[i] = newEntry()
	}
	return all
}
