// Package sealtest fills logs with events that can be sealed. It never links into the binary.
package sealtest

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

var (
	tenant = domain.ID{0: 7, 15: 1}
	at     = domain.TimeOf(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC))
)

// Entry is an event of a stream, encoded as the ledger does.
func Entry(stream domain.Stream) ledger.Entry {
	return EntryOf(stream, domain.InteractionListened{Seconds: 3}, at, tenant, stream.ID)
}

// EntryOf is an event of a tenant about some subjects, recorded at a time.
func EntryOf(stream domain.Stream, e domain.Event, recorded domain.Time, tenant domain.ID, subjects ...domain.ID) ledger.Entry {
	f := &domain.Fact{Event: e}
	f.ID, f.Tenant, f.Stream, f.Source, f.Occurred = domain.NewEventID(at.Std()), tenant, stream, "test", domain.At(at)
	f.Actor.Kind = domain.UnknownActor
	for _, id := range subjects {
		f.Subjects = append(f.Subjects, domain.SubjectRef{ID: id, Capacity: domain.Processor})
	}
	plain, _ := domain.Split(f.Event)
	entry, err := ledger.Encode(f, recorded, plain, nil, make([]byte, 32))
	if err != nil {
		panic(err)
	}
	entry.MAC = func(int64) []byte { return make([]byte, 16) } // for a log that nobody authenticates
	return entry
}

// Append keeps n events: most of them in streams of their own, a quarter in eight streams that go on.
func Append(t testing.TB, log ledger.Log, n int) {
	t.Helper()
	for n > 0 {
		var batches []ledger.Batch
		for range min(n, 1000) {
			s := domain.Stream{Noun: "interaction", ID: domain.NewID()}
			if rand.IntN(4) == 0 {
				s.ID = domain.ID{byte(rand.IntN(8))}
			}
			batches = append(batches, ledger.Batch{Stream: s, Expected: ledger.Any, Entries: []ledger.Entry{Entry(s)}})
		}
		for _, r := range log.Append(context.Background(), batches...) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
		}
		n -= len(batches)
	}
}
