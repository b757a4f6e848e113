package logtest

import (
	"bytes"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// blanker is what forgets claim digests; every engine can.
func (p *place) blanker() ledger.Blanker {
	p.t.Helper()
	b, ok := p.Log.(ledger.Blanker)
	if !ok {
		p.t.Fatal("this engine can't forget a claim digest")
	}
	return b
}

// claimed appends events, each to a stream of its own, with claim digests of these epochs.
func (p *place) claimed(epochs ...byte) (keys []ledger.Key) {
	p.t.Helper()
	for i, epoch := range epochs {
		s := domain.Stream{Noun: "thing", ID: domain.NewID()}
		e := entryOf(domain.NewID(), "claimed")
		e.Claim = bytes.Repeat([]byte{0xff}, 32)
		copy(e.Claim, []byte{0, 0, epoch, byte(i)})
		p.must(batch(s, ledger.Any, e))
		keys = append(keys, ledger.Key{Stream: s, ID: e.ID})
	}
	return keys
}

// forgotten fails unless exactly these have no claim digest any more, and all are there.
func (p *place) forgotten(keys []ledger.Key, gone func(i int) bool) {
	p.t.Helper()
	prior, err := p.Prior(p.t.Context(), keys)
	if err != nil {
		p.t.Fatal(err)
	}
	for i, placed := range prior {
		if (placed.Claim == nil) != gone(i) || placed.Seq < 0 {
			p.t.Errorf("entry %d: %+v", i, placed)
		}
	}
}

// testBlank: a forgotten digest stays so, and the event stays where it is: taken in again it is a duplicate.
func testBlank(t *testing.T, p *place) {
	keys := p.claimed(0, 0, 0)
	unknown := ledger.Key{Stream: keys[0].Stream, ID: domain.NewID()}
	for range 2 { // it may be repeated
		if err := p.blanker().Blank(t.Context(), []ledger.Key{keys[1], unknown}); err != nil {
			t.Fatal(err)
		}
		p.forgotten(keys, func(i int) bool { return i == 1 })
	}
	p.reopen()
	p.forgotten(keys, func(i int) bool { return i == 1 })
	again := entryOf(keys[1].ID, "claimed")
	r := p.Append(t.Context(), batch(keys[1].Stream, ledger.Any, again))[0]
	if r.Err != nil || len(r.Placed) != 1 || r.Placed[0].Seq != 1 {
		t.Errorf("taken in again: %+v", r)
	}
}

// testBlankBefore: digests of earlier key epochs go, those of later ones stay. An epoch is the first bytes of a
// digest: 256 times the third byte here, plus the fourth.
func testBlankBefore(t *testing.T, p *place) {
	keys := p.claimed(0, 0, 0, 1, 1, 1) // epochs 0, 1, 2, 259, 260, 261
	for _, c := range []struct {
		epoch int64
		gone  int
	}{{0, 0}, {2, 2}, {260, 4}, {260, 4}, {1000, 6}} {
		if err := p.blanker().BlankBefore(t.Context(), c.epoch); err != nil {
			t.Fatal(err)
		}
		p.forgotten(keys, func(i int) bool { return i < c.gone })
	}
	p.reopen()
	p.forgotten(keys, func(int) bool { return true })
}
