package logtest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

func testDense(t *testing.T, p *place) {
	a, b := newStream(), newStream()
	var want int64
	revision := map[domain.Stream]int64{}
	for round := range 5 {
		for _, s := range []domain.Stream{a, b, a} {
			for _, placed := range p.must(batch(s, ledger.Any, entries(round+1)...)) {
				for _, got := range placed {
					if got.Seq != want || got.Revision != revision[s] || got.Prior {
						t.Fatalf("got %+v, expected seq %d, revision %d", got, want, revision[s])
					}
					want++
					revision[s]++
				}
			}
		}
	}
	if n := p.next(); n != want {
		t.Fatalf("next is %d after %d events", n, want)
	}
}

// testExpectedRevision is the table of the rule: a stream that is missing, or at revision 2, and
// what may be expected of it.
func testExpectedRevision(t *testing.T, p *place) {
	for _, c := range []struct {
		kept     int
		expected int64
		ok       bool
	}{
		{0, ledger.NoStream, true},
		{0, ledger.Any, true},
		{0, 0, false},
		{0, 7, false},
		{3, ledger.NoStream, false},
		{3, ledger.Any, true},
		{3, 0, false},
		{3, 1, false},
		{3, 2, true},
		{3, 3, false},
	} {
		s := newStream()
		if c.kept > 0 {
			p.must(batch(s, ledger.NoStream, entries(c.kept)...))
		}
		before := p.next()
		r := p.Append(t.Context(), batch(s, c.expected, newEntry()))[0]
		name := fmt.Sprintf("%d events, expected revision %d", c.kept, c.expected)
		switch {
		case c.ok && (r.Err != nil || r.Placed[0].Revision != int64(c.kept) || p.next() != before+1):
			t.Errorf("%s: %+v", name, r)
		case !c.ok && (!errors.Is(r.Err, ledger.ErrConflict) || p.next() != before):
			t.Errorf("%s: %+v, and next went from %d to %d", name, r, before, p.next())
		}
	}
}

// testSameStreamInOneAppend: each batch meets what the batches before it did.
func testSameStreamInOneAppend(t *testing.T, p *place) {
	s := newStream()
	results := p.Append(t.Context(),
		batch(s, ledger.NoStream, newEntry()),
		batch(s, ledger.NoStream, newEntry()), // not any more
		batch(s, 0, newEntry(), newEntry()),
		batch(s, 1, newEntry()), // it is at 2
		batch(s, 2, newEntry()),
		batch(s, ledger.Any, newEntry()),
	)
	for i, conflict := range []bool{false, true, false, true, false, false} {
		if errors.Is(results[i].Err, ledger.ErrConflict) != conflict || !conflict && results[i].Err != nil {
			t.Errorf("batch %d: %v", i, results[i].Err)
		}
	}
	if n := p.next(); n != 5 {
		t.Errorf("%d events were kept, expected 5", n)
	}
}

// testAtomic: a refused batch leaves nothing, and its neighbours are not hurt.
func testAtomic(t *testing.T, p *place) {
	s, other := newStream(), newStream()
	p.must(batch(s, ledger.NoStream, newEntry()))
	refused := batch(s, 5, entries(3)...)
	results := p.Append(t.Context(),
		batch(other, ledger.Any, newEntry()), refused, batch(other, ledger.Any, newEntry()))
	if results[0].Err != nil || results[2].Err != nil {
		t.Fatalf("the neighbours were refused: %v, %v", results[0].Err, results[2].Err)
	}
	if !errors.Is(results[1].Err, ledger.ErrConflict) || results[1].Placed != nil {
		t.Fatalf("expected a conflict without places, got %+v", results[1])
	}
	if a, b := results[0].Placed[0], results[2].Placed[0]; a.Seq != 1 || b.Seq != 2 {
		t.Fatalf("the neighbours stand at %d and %d, expected 1 and 2", a.Seq, b.Seq)
	}
	var keys []ledger.Key
	for _, e := range refused.Entries {
		keys = append(keys, ledger.Key{Stream: s, ID: e.ID})
	}
	for i, got := range mustPrior(p, keys...) {
		if got.Seq != -1 {
			t.Errorf("entry %d of the refused batch stands at %d", i, got.Seq)
		}
	}
	p.must(batch(s, 0, refused.Entries...)) // it can still be kept
}

func testLimits(t *testing.T, p *place) {
	sized := func(envelope, payload int) ledger.Entry {
		e := newEntry()
		e.Envelope, e.Payload = bytes.Repeat([]byte("e"), envelope), bytes.Repeat([]byte("p"), payload)
		return e
	}
	most := sized(1<<10, 63<<10)
	full := []ledger.Entry{most}
	for len(full) < ledger.MaxAppend/ledger.MaxEvent {
		full = append(full, sized(ledger.MaxEvent-1, 1))
	}
	// The same full batch with one byte moved to a ninth entry stays within; one more is over.
	nine := append(append([]ledger.Entry(nil), full[:7]...), sized(ledger.MaxEvent-5, 1), sized(2, 2))
	over := append(append([]ledger.Entry(nil), full[:7]...), sized(ledger.MaxEvent-5, 1), sized(2, 3))
	for _, c := range []struct {
		name    string
		entries []ledger.Entry
		ok      bool
	}{
		{"an event of 64 KiB", []ledger.Entry{most}, true},
		{"an event of 64 KiB + 1", []ledger.Entry{sized(1<<10, 63<<10+1)}, false},
		{"a large event after a small one", []ledger.Entry{newEntry(), sized(64<<10, 1)}, false},
		{"an append of 512 KiB", full, true},
		{"an append of 512 KiB in nine events", nine, true},
		{"an append of 512 KiB + 1", over, false},
	} {
		before := p.next()
		results := p.Append(t.Context(), batch(newStream(), ledger.Any, c.entries...), batch(newStream(), ledger.Any, newEntry()))
		kept := before + 1
		if c.ok {
			kept += int64(len(c.entries))
		}
		if c.ok != (results[0].Err == nil) || !c.ok && !errors.Is(results[0].Err, ledger.ErrTooLarge) {
			t.Errorf("%s: %v", c.name, results[0].Err)
		}
		if results[1].Err != nil || p.next() != kept {
			t.Errorf("%s: next is %d, expected %d; the neighbour: %v", c.name, p.next(), kept, results[1].Err)
		}
	}
}

// testStub: no event begins as one that was struck; what only looks like it is kept.
func testStub(t *testing.T, p *place) {
	stub := newEntry()
	stub.Payload = ledger.Stub([32]byte{1})
	if r := p.Append(t.Context(), batch(newStream(), ledger.Any, newEntry(), stub))[0]; !errors.Is(r.Err, ledger.ErrStub) {
		t.Errorf("a stub: %+v", r)
	}
	if n := p.next(); n != 0 {
		t.Errorf("next is %d", n)
	}
	for _, payload := range [][]byte{append(ledger.Stub([32]byte{}), '\n'), bytes.ToUpper(ledger.Stub([32]byte{0xab})), []byte(`{"pay":""}`)} {
		e := newEntry()
		e.Payload = payload
		p.must(batch(newStream(), ledger.Any, e))
	}
}

// testNothing: an append of nothing is no error and keeps nothing.
func testNothing(t *testing.T, p *place) {
	if r := p.Append(t.Context()); len(r) != 0 {
		t.Errorf("no batches: %v", r)
	}
	r := p.Append(t.Context(), batch(newStream(), ledger.Any), batch(newStream(), ledger.NoStream))
	if len(r) != 2 || r[0].Err != nil || r[1].Err != nil || len(r[0].Placed)+len(r[1].Placed) != 0 {
		t.Errorf("empty batches: %+v", r)
	}
	if n := p.next(); n != 0 {
		t.Errorf("next is %d", n)
	}
}
