package enginecheck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

// promises in the order in which they are tried.
var promises = []promise{
	{"every event gets the next number of the log and of its stream", dense},
	{"an append at an expected revision is kept at that revision only", expectedRevision},
	{"a batch is kept wholly or not at all, and hurts no other", wholly},
	{"the same event again is kept once and answered with its first place", sameAgain},
	{"an id can be looked up, with and without its stream", lookup},
	{"of many who append at one revision exactly one succeeds", oneWinner},
	{"of many who append the same event all get its one place", sameAtOnce},
	{"a caller who leaves is never told what turns out to be wrong", leaving},
	{"a call whose time is over comes back", deadlines},
	{"events up to 64 KiB and appends up to 512 KiB are kept, larger ones refused", limits},
	{"the bytes come back exactly as they were handed in", exactBytes},
	{"log time never goes back, and says what was known when", logTime},
	{"reading by number, by stream and one by one gives the same", readings},
	{"whoever waits or follows sees every event once, in order", following},
	{"closed and opened again, everything is there and goes on", lasting},
	{"a closed log refuses every call", closed},
	{"speed here (measured; nothing is promised)", speed},
}

func dense(ctx context.Context, c *checked) (string, error) {
	next, err := c.log.Next(ctx)
	if err != nil {
		return "", err
	}
	a, b := newStream(), newStream()
	revision := map[domain.Stream]int64{}
	total := 0
	for round := range 4 {
		for _, s := range []domain.Stream{a, b, a} {
			placed, err := c.keep(ctx, batch(s, ledger.Any, round+1))
			if err != nil {
				return "", err
			}
			for _, p := range placed[0] {
				if p.Seq != next || p.Revision != revision[s] || p.Prior {
					return "", fmt.Errorf("expected number %d, revision %d, got %d, %d", next, revision[s], p.Seq, p.Revision)
				}
				next, total = next+1, total+1
				revision[s]++
			}
		}
	}
	return fmt.Sprintf("%d events in two streams", total), nil
}

func expectedRevision(ctx context.Context, c *checked) (string, error) {
	cases := 0
	for _, t := range []struct {
		kept     int
		expected int64
		ok       bool
	}{
		{0, ledger.NoStream, true}, {0, ledger.Any, true}, {0, 0, false}, {0, 7, false},
		{3, ledger.NoStream, false}, {3, ledger.Any, true}, {3, 0, false}, {3, 1, false}, {3, 2, true}, {3, 3, false},
	} {
		s := newStream()
		if t.kept > 0 {
			if _, err := c.keep(ctx, batch(s, ledger.NoStream, t.kept)); err != nil {
				return "", err
			}
		}
		cases++
		if !t.ok {
			if err := c.conflict(ctx, batch(s, t.expected, 1)); err != nil {
				return "", err
			}
			continue
		}
		p, err := c.one(ctx, batch(s, t.expected, 1))
		if err != nil || p.Revision != int64(t.kept) {
			return "", fmt.Errorf("a stream of %d, expected revision %d: revision %d (%v)", t.kept, t.expected, p.Revision, err)
		}
	}
	return fmt.Sprintf("%d cases", cases), nil
}

func wholly(ctx context.Context, c *checked) (string, error) {
	s := newStream()
	refused := batch(s, 5, 3)
	results := c.log.Append(ctx, batch(newStream(), ledger.Any, 1), refused, batch(newStream(), ledger.Any, 1))
	if results[0].Err != nil || results[2].Err != nil || !errors.Is(results[1].Err, ledger.ErrConflict) {
		return "", fmt.Errorf("a refused batch between two good ones: %v, %v, %v", results[0].Err, results[1].Err, results[2].Err)
	}
	for _, e := range refused.Entries {
		p, err := c.log.Prior(ctx, []ledger.Key{{Stream: s, ID: e.ID}})
		if err != nil || p[0].Seq != -1 {
			return "", fmt.Errorf("an event of the refused batch stands at %v (%v)", p, err)
		}
	}
	refused.Expected = ledger.NoStream
	if _, err := c.keep(ctx, refused); err != nil {
		return "", fmt.Errorf("the refused batch, at the right revision: %w", err)
	}
	return "", nil
}

func sameAgain(ctx context.Context, c *checked) (string, error) {
	s, id := newStream(), domain.NewID()
	first := ledger.Batch{Stream: s, Expected: ledger.NoStream, Entries: []ledger.Entry{entryOf(s, id, "first")}}
	kept, err := c.one(ctx, first)
	if err != nil {
		return "", err
	}
	for _, expected := range []int64{ledger.Any, ledger.NoStream, 9} {
		again := ledger.Batch{Stream: s, Expected: expected, Entries: []ledger.Entry{entryOf(s, id, "told differently")}}
		p, err := c.one(ctx, again)
		if err != nil || !p.Prior || p.Seq != kept.Seq || p.Revision != kept.Revision || !bytes.Equal(p.Claim, first.Entries[0].Claim) {
			return "", fmt.Errorf("kept at %d, the same again is answered %+v (%v)", kept.Seq, p, err)
		}
		if err := c.reopen(ctx); err != nil {
			return "", err
		}
	}
	mixed := batch(s, ledger.Any, 1)
	mixed.Entries = append(mixed.Entries, first.Entries[0], mixed.Entries[0])
	placed, err := c.keep(ctx, mixed)
	if err != nil || placed[0][0].Prior || !placed[0][1].Prior || !placed[0][2].Prior || placed[0][2].Seq != placed[0][0].Seq {
		return "", fmt.Errorf("a new one, an old one and the new one twice: %+v (%v)", placed, err)
	}
	return "also after reopening, also in one batch", nil
}

func lookup(ctx context.Context, c *checked) (string, error) {
	b := batch(newStream(), ledger.Any, 20)
	kept, err := c.keep(ctx, b)
	if err != nil {
		return "", err
	}
	for i, e := range b.Entries {
		p, err := c.log.Prior(ctx, []ledger.Key{{Stream: b.Stream, ID: e.ID}, {ID: e.ID}, {Stream: newStream(), ID: e.ID}, {ID: domain.NewID()}})
		if err != nil {
			return "", err
		}
		if p[0].Seq != kept[0][i].Seq || p[1].Seq != kept[0][i].Seq || p[2].Seq != -1 || p[3].Seq != -1 {
			return "", fmt.Errorf("kept at %d, it is found at %d, by its id alone at %d, in another stream at %d", kept[0][i].Seq, p[0].Seq, p[1].Seq, p[2].Seq)
		}
	}
	return "20 ids, in their stream, in any, in the wrong one", nil
}

func limits(ctx context.Context, c *checked) (string, error) {
	s := newStream()
	sized := func(total int) ledger.Entry {
		e := newEntry(s)
		e.Payload = bytes.Repeat([]byte("p"), total-len(e.Envelope))
		return e
	}
	full := ledger.Batch{Stream: s, Expected: ledger.Any}
	for range ledger.MaxAppend / ledger.MaxEvent {
		full.Entries = append(full.Entries, sized(ledger.MaxEvent))
	}
	if _, err := c.keep(ctx, full); err != nil {
		return "", fmt.Errorf("512 KiB in eight events: %w", err)
	}
	for name, b := range map[string]ledger.Batch{
		"an event of 64 KiB + 1":    {Stream: s, Expected: ledger.Any, Entries: []ledger.Entry{sized(ledger.MaxEvent + 1)}},
		"an append of over 512 KiB": {Stream: s, Expected: ledger.Any, Entries: append(full.Entries[:8:8], newEntry(s))},
	} {
		if r := c.log.Append(ctx, b)[0]; !errors.Is(r.Err, ledger.ErrTooLarge) {
			return "", fmt.Errorf("%s: %v", name, r.Err)
		}
	}
	return "", nil
}

func exactBytes(ctx context.Context, c *checked) (string, error) {
	s := newStream()
	e := newEntry(s)
	e.Payload = []byte("{ \"b\" :1.0,\t\"a\":\"\xff\x00'\"}\n")
	p, err := c.one(ctx, ledger.Batch{Stream: s, Expected: ledger.Any, Entries: []ledger.Entry{e}})
	if err != nil {
		return "", err
	}
	if err := c.reopen(ctx); err != nil {
		return "", err
	}
	records, err := c.log.At(ctx, []int64{p.Seq})
	if err != nil {
		return "", err
	}
	if !bytes.Equal(records[0].Envelope, e.Envelope) || !bytes.Equal(records[0].Payload, e.Payload) || records[0].Stream != s {
		return "", errors.New("they were changed on their way")
	}
	return "with bytes that are no text", nil
}

func logTime(ctx context.Context, c *checked) (string, error) {
	base := domain.TimeOf(time.Now().Add(time.Minute)) // after all that this check has kept so far
	const second = domain.Time(1_000_000)
	var seqs []int64
	for i, step := range []struct{ recorded, want domain.Time }{{10, 10}, {20, 20}, {15, 20}, {20, 20}, {40, 40}} {
		s := newStream()
		p, err := c.one(ctx, ledger.Batch{Stream: s, Expected: ledger.Any,
			Entries: []ledger.Entry{entryAt(s, domain.NewID(), "", base+step.recorded*second)}})
		if err != nil || p.LogTime != base+step.want*second {
			return "", fmt.Errorf("event %d recorded at second %d has log time %s (%v)", i, step.recorded, p.LogTime, err)
		}
		seqs = append(seqs, p.Seq)
	}
	for when, want := range map[domain.Time]int64{10: seqs[0], 19: seqs[0], 20: seqs[3], 39: seqs[3], 40: seqs[4], 1000: seqs[4]} {
		if got, err := c.log.Known(ctx, base+when*second); err != nil || got != want {
			return "", fmt.Errorf("known at second %d: number %d, expected %d (%v)", when, got, want, err)
		}
	}
	return "a clock set back, and five questions to the past", nil
}

// readings reads all in every way.
func readings(ctx context.Context, c *checked) (string, error) {
	next, err := c.log.Next(ctx)
	if err != nil {
		return "", err
	}
	var all []ledger.Record
	for int64(len(all)) < next {
		page, err := c.log.Read(ctx, int64(len(all)), 137)
		if err != nil {
			return "", err
		}
		if len(page) == 0 {
			return "", fmt.Errorf("the log has %d events, only %d can be read", next, len(all))
		}
		all = append(all, page...)
	}
	streams := make(map[domain.Stream][]ledger.Record)
	var seqs []int64
	for i, r := range all {
		if r.Seq != int64(i) || r.Revision != int64(len(streams[r.Stream])) || i > 0 && r.LogTime < all[i-1].LogTime {
			return "", fmt.Errorf("in place %d stands number %d, revision %d, log time %s", i, r.Seq, r.Revision, r.LogTime)
		}
		streams[r.Stream] = append(streams[r.Stream], r)
		seqs = append(seqs, int64(len(all)-1-i))
	}
	for s, want := range streams {
		got, err := c.log.Stream(ctx, s, 0, len(want)+1)
		if err != nil || !reflect.DeepEqual(want, got) {
			return "", fmt.Errorf("a stream of %d events reads differently from the log (%v)", len(want), err)
		}
	}
	back, err := c.log.At(ctx, seqs)
	if err != nil {
		return "", err
	}
	for i, r := range back {
		if !reflect.DeepEqual(r, all[seqs[i]]) {
			return "", fmt.Errorf("event %d reads differently on its own", seqs[i])
		}
	}
	if _, err := c.log.At(ctx, []int64{next}); err == nil {
		return "", errors.New("an event that isn't there was read")
	}
	return fmt.Sprintf("%d events in %d streams", len(all), len(streams)), nil
}

func lasting(ctx context.Context, c *checked) (string, error) {
	s := newStream()
	for i := range int64(4) {
		p, err := c.one(ctx, batch(s, i-1, 1))
		if err != nil || p.Revision != i {
			return "", fmt.Errorf("after %d reopenings: revision %d (%v)", i, p.Revision, err)
		}
		before, err := c.log.Next(ctx)
		if err != nil {
			return "", err
		}
		if err := c.reopen(ctx); err != nil {
			return "", err
		}
		if after, err := c.log.Next(ctx); err != nil || after != before {
			return "", fmt.Errorf("%d events before, %d after (%v)", before, after, err)
		}
	}
	return "four times", nil
}

func closed(ctx context.Context, c *checked) (string, error) {
	log := c.log
	if err := c.reopen(ctx); err != nil {
		return "", err
	}
	_, read := log.Read(ctx, 0, 1)
	_, next := log.Next(ctx)
	_, prior := log.Prior(ctx, []ledger.Key{{Stream: newStream()}})
	for name, err := range map[string]error{
		"append": log.Append(ctx, batch(newStream(), ledger.Any, 1))[0].Err, "read": read, "next": next, "look-up": prior, "wait": log.Wait(ctx, 0),
	} {
		if !errors.Is(err, ledger.ErrClosed) {
			return "", fmt.Errorf("%s: %v", name, err)
		}
	}
	return "", nil
}
