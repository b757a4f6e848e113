package logtest

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
)

// asked is one operation on a stream: an append of some events at an expected revision, or a look at
// where the stream stands.
type asked struct {
	stream   int
	look     bool
	expected int64
	events   int64
}

// answered is how it ended.
type answered struct {
	revision int64 // of the stream's last event, after it
	conflict bool
	unknown  bool
}

// mostEvents is how many events one append has at most.
const mostEvents = 3

// oneByOne is a stream as it would be if its operations came one after the other, each at some
// moment between its call and its answer. The state is the revision of its last event; an append
// whose outcome is unknown may have happened or not. A look sees all that was there, and perhaps the
// first events of a batch that isn't answered yet: readers are promised order without gaps, not
// whole batches, and an engine that others number shows event by event.
var oneByOne = porcupine.NondeterministicModel{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		var streams [][]porcupine.Operation
		for _, o := range history {
			s := o.Input.(asked).stream
			for len(streams) <= s {
				streams = append(streams, nil)
			}
			streams[s] = append(streams[s], o)
		}
		return streams
	},
	Init: func() []any { return []any{ledger.NoStream} },
	Step: func(state, input, output any) []any {
		at, in, out := state.(int64), input.(asked), output.(answered)
		fits := in.expected == ledger.Any || in.expected == at
		switch {
		case in.look && out.revision >= at && out.revision < at+mostEvents:
			return []any{at}
		case in.look:
			return nil
		case out.unknown && fits:
			return []any{at, at + in.events}
		case out.unknown, out.conflict && !fits:
			return []any{at}
		case !out.conflict && fits && out.revision == at+in.events:
			return []any{out.revision}
		}
		return nil
	},
}

// testLinearizable: many append to few streams at expected revisions, some leave before they have an
// answer. There is an order of it all, true to what was first and what came after, in which every
// answer is the right one.
func testLinearizable(t *testing.T, p *place) {
	var tally crashtest.Tally
	defer tally.Tell(t)
	for range crashtest.Rounds(1) {
		tally.Rounds++
		tally.Acknowledged += linearizable(t, p)
		if t.Failed() {
			return
		}
	}
}

// linearizable plays one history and returns how many events were acknowledged.
func linearizable(t *testing.T, p *place) int {
	const writers, each = 6, 50
	h := &history{place: p, begun: time.Now(), streams: []domain.Stream{newStream(), newStream(), newStream()}}
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(rand.Uint64(), 0))
			heads, moved := make([]int64, len(h.streams)), make([]bool, len(h.streams))
			for i := range heads {
				heads[i] = ledger.NoStream
			}
			for range each {
				s := random.IntN(len(h.streams))
				in := asked{stream: s, expected: heads[s], events: 1 + random.Int64N(mostEvents)}
				in.look = moved[s] && random.IntN(2) == 0 || random.IntN(8) == 0
				if random.IntN(8) == 0 {
					in.expected = ledger.Any
				}
				leaveAfter := -1
				if random.IntN(6) == 0 {
					leaveAfter = random.IntN(60)
				}
				out, err := h.play(writer, in, leaveAfter)
				if err != nil {
					t.Error(err)
					return
				}
				moved[s] = out.conflict || out.unknown
				if !moved[s] {
					heads[s] = out.revision
				}
			}
		})
	}
	all.Wait()
	if t.Failed() {
		return 0
	}
	if result := porcupine.CheckOperationsTimeout(oneByOne.ToModel(), h.played, time.Minute); result != porcupine.Ok {
		t.Errorf("%s: no order of %d operations explains all answers", result, len(h.played))
		h.explain()
	}
	return h.kept
}

// history is what was done to a log, by whom and when.
type history struct {
	*place
	streams []domain.Stream
	begun   time.Time

	mu     sync.Mutex
	played []porcupine.Operation
	kept   int // events
}

// play does one operation and notes it. The caller of an append leaves after some yields, if they
// aren't negative.
func (h *history) play(writer int, in asked, leaveAfter int) (out answered, err error) {
	o := porcupine.Operation{ClientId: writer, Input: in, Call: h.now()}
	if in.look {
		out.revision, err = h.look(h.streams[in.stream])
	} else {
		out, err = h.append(in, leaveAfter)
	}
	o.Output, o.Return = out, h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case errors.Is(err, context.Canceled): // certainly not kept: nothing happened
		return answered{unknown: true}, nil
	case err != nil:
		return out, err
	case out.conflict:
	case out.unknown:
		o.Return = math.MaxInt64 // it may yet happen
	case !in.look:
		h.kept += int(in.events)
	}
	h.played = append(h.played, o)
	return out, nil
}

// explain writes down what happened to the streams that no order explains.
func (h *history) explain() {
	for _, stream := range oneByOne.Partition(h.played) {
		if porcupine.CheckOperations(oneByOne.ToModel(), stream) {
			continue
		}
		slices.SortFunc(stream, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
		for _, o := range stream {
			h.t.Logf("writer %d, from %d to %d: %+v: %+v", o.ClientId, o.Call, o.Return, o.Input, o.Output)
		}
	}
}

func (h *history) now() int64 { return time.Since(h.begun).Nanoseconds() }

// look finds the revision of a stream's last event.
func (h *history) look(s domain.Stream) (int64, error) {
	const all = 1000
	records, err := h.Stream(h.t.Context(), s, 0, all)
	return int64(len(records)) - 1, err
}

func (h *history) append(in asked, leaveAfter int) (answered, error) {
	ctx, leave := context.WithCancel(h.t.Context())
	defer leave()
	if leaveAfter >= 0 {
		go func() {
			for range leaveAfter {
				runtime.Gosched()
			}
			leave()
		}()
	}
	r := h.Append(ctx, batch(h.streams[in.stream], in.expected, entries(int(in.events))...))[0]
	switch {
	case r.Err == nil:
		return answered{revision: r.Placed[in.events-1].Revision}, nil
	case errors.Is(r.Err, ledger.ErrConflict):
		return answered{conflict: true}, nil
	case errors.Is(r.Err, ledger.ErrUnknown):
		return answered{unknown: true}, nil
	}
	return answered{}, r.Err
}
