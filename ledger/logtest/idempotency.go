package logtest

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muniment/domain"
	"muniment/ledger"
)

func mustPrior(p *place, keys ...ledger.Key) []ledger.Placed {
	p.t.Helper()
	placed, err := p.Prior(p.t.Context(), keys)
	if err != nil {
		p.t.Fatalf("prior: %v", err)
	}
	if len(placed) != len(keys) {
		p.t.Fatalf("prior: %d answers to %d keys", len(placed), len(keys))
	}
	return placed
}

// testSameAgain: the receipt is that of the first time, also after a reopening, also when the bytes
// differ (encryption is random): which they are the caller sees by the claim kept.
func testSameAgain(t *testing.T, p *place) {
	s, id := newStream(), domain.NewID()
	first := entryOf(id, "as it was")
	kept := p.must(batch(s, ledger.Any, first))[0][0]
	p.fill(3)
	again := entryOf(id, "told differently")
	again.Recorded += 1000
	for range 2 {
		got := p.must(batch(s, ledger.Any, again))[0]
		same(t, "the same id again", []ledger.Placed{prior(kept, first)}, got)
		p.reopen()
	}
	records := Sound(t, p.Log)
	if len(records) != 4 || string(records[0].Payload) != string(first.Payload) {
		t.Fatalf("%d events; the first is %s", len(records), records[0].Payload)
	}
}

func testSameTwiceInOneBatch(t *testing.T, p *place) {
	s, a, b := newStream(), newEntry(), newEntry()
	got := p.must(batch(s, ledger.NoStream, a, b, a))[0]
	if got[0].Prior || got[1].Prior || got[1].Seq != 1 {
		t.Fatalf("the first of each is no repetition: %+v", got)
	}
	same(t, "the repetition", []ledger.Placed{prior(got[0], a)}, got[2:])
	// And over two batches of one append.
	other, c := newStream(), newEntry()
	both := p.must(batch(other, ledger.Any, c), batch(other, ledger.Any, c))
	same(t, "the repetition in a later batch", []ledger.Placed{prior(both[0][0], c)}, both[1])
	if n := p.next(); n != 3 {
		t.Fatalf("%d events, expected 3", n)
	}
}

// testPartlySame: what is new is kept, what isn't is answered with its old place.
func testPartlySame(t *testing.T, p *place) {
	s, old, fresh := newStream(), entries(2), entries(2)
	kept := p.must(batch(s, ledger.Any, old...))[0]
	got := p.must(batch(s, ledger.Any, fresh[0], old[1], fresh[1], old[0]))[0]
	same(t, "partly the same", []ledger.Placed{
		{Seq: 2, Revision: 2, LogTime: someTime},
		prior(kept[1], old[1]),
		{Seq: 3, Revision: 3, LogTime: someTime},
		prior(kept[0], old[0]),
	}, got)
}

// testSameExpected: with an expected revision a batch that was kept is answered as prior whatever
// the revision; one of which a part is new must meet it.
func testSameExpected(t *testing.T, p *place) {
	s, old := newStream(), entries(2)
	kept := p.must(batch(s, ledger.NoStream, old...))[0]
	want := []ledger.Placed{prior(kept[0], old[0]), prior(kept[1], old[1])}
	for _, expected := range []int64{ledger.NoStream, 0, 1, 9} {
		same(t, "wholly kept before", want, p.must(batch(s, expected, old...))[0])
	}
	fresh := newEntry()
	for _, expected := range []int64{ledger.NoStream, 0, 2} {
		if r := p.Append(t.Context(), batch(s, expected, old[0], fresh))[0]; !errors.Is(r.Err, ledger.ErrConflict) {
			t.Fatalf("partly kept before, expected revision %d: %+v", expected, r)
		}
	}
	got := p.must(batch(s, 1, old[0], fresh))[0]
	same(t, "partly kept before, at the right revision", []ledger.Placed{want[0], {Seq: 2, Revision: 2, LogTime: someTime}}, got)
}

func testScopeIsTheStream(t *testing.T, p *place) {
	e := newEntry()
	a, b := newStream(), newStream()
	otherNoun := domain.Stream{Noun: "matter", ID: a.ID}
	for i, s := range []domain.Stream{a, b, otherNoun} {
		if got := p.must(batch(s, ledger.NoStream, e))[0][0]; got.Prior || got.Seq != int64(i) {
			t.Fatalf("the id in another stream: %+v", got)
		}
	}
	got := mustPrior(p, ledger.Key{Stream: otherNoun, ID: e.ID}, ledger.Key{Stream: a, ID: e.ID})
	if got[0].Seq != 2 || got[1].Seq != 0 {
		t.Fatalf("prior mixes the streams up: %+v", got)
	}
}

// testSameConcurrently: of many who append the same, one keeps it and all get its place.
func testSameConcurrently(t *testing.T, p *place) {
	const rounds, writers = 20, 8
	for round := range rounds {
		s, e := newStream(), newEntry()
		answers := make([]ledger.Result, writers)
		var all sync.WaitGroup
		for i := range writers {
			expected := []int64{ledger.Any, ledger.NoStream}[i%2]
			all.Go(func() { answers[i] = p.Append(t.Context(), batch(s, expected, e))[0] })
		}
		all.Wait()
		fresh := 0
		for _, r := range answers {
			if r.Err != nil || r.Placed[0].Seq != int64(round) || r.Placed[0].Revision != 0 {
				t.Fatalf("round %d: %+v", round, r)
			}
			if !r.Placed[0].Prior {
				fresh++
			}
		}
		if fresh != 1 {
			t.Fatalf("round %d: %d of %d say that they kept it", round, fresh, writers)
		}
	}
}

// testPrior asks for more keys than any statement takes, known and unknown ones mixed, some twice.
func testPrior(t *testing.T, p *place) {
	if got := mustPrior(p); len(got) != 0 {
		t.Fatalf("no keys: %v", got)
	}
	var keys []ledger.Key
	var want []ledger.Placed
	for range 30 {
		s, all := newStream(), entries(20)
		for i, got := range p.must(batch(s, ledger.Any, all...))[0] {
			keys = append(keys, ledger.Key{Stream: s, ID: all[i].ID}, ledger.Key{Stream: newStream(), ID: all[i].ID},
				ledger.Key{ID: all[i].ID}, ledger.Key{ID: domain.NewID()})
			want = append(want, prior(got, all[i]), ledger.Placed{Seq: -1}, prior(got, all[i]), ledger.Placed{Seq: -1})
		}
	}
	keys, want = append(keys, keys[:5]...), append(want, want[:5]...)
	if d := cmp.Diff(want, mustPrior(p, keys...)); d != "" {
		t.Fatalf("prior (-want +got):\n%s", d)
	}
}
