package logtest

import (
	"bytes"
	"testing"

	"muniment/ledger"
)

// testPrune: of a pruned event place, id and leaf hash are left; it is known again, its stream goes on,
// all others are as they were. An engine that can't prune has no such method.
func testPrune(t *testing.T, p *place) {
	pruner, ok := p.Log.(ledger.Pruner)
	if !ok {
		return
	}
	s := newStream()
	kept := batch(s, ledger.Any, entries(5)...)
	p.must(kept, batch(newStream(), ledger.Any, entries(2)...))
	before, err := p.Read(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	rests := make([]ledger.Rest, 3)
	for i := range rests {
		rests[i] = ledger.Rest{Seq: int64(i + 1), Key: ledger.Key{Stream: s, ID: kept.Entries[i+1].ID}, Leaf: [32]byte{byte(i)}}
		before[i+1].Envelope, before[i+1].Payload = ledger.PrunedStub(rests[i].Key.ID, rests[i].Leaf), nil
	}
	wrong := append(rests[:2:2], ledger.Rest{Seq: 0, Key: rests[2].Key})
	if _, err := pruner.Prune(t.Context(), wrong); err == nil {
		t.Error("an event was pruned in another's place")
	}
	if r, err := p.At(t.Context(), []int64{1}); err != nil || len(r[0].Payload) == 0 {
		t.Errorf("after a refusal: %s, %v", r[0].Envelope, err)
	}
	for range 2 {
		if _, err := pruner.Prune(t.Context(), rests); err != nil {
			t.Fatal(err)
		}
	}
	after, err := p.Read(t.Context(), 0, 100)
	if err != nil || len(after) != len(before) {
		t.Fatal(len(after), err)
	}
	for i, r := range after {
		if w := before[i]; !bytes.Equal(r.Envelope, w.Envelope) || !bytes.Equal(r.Payload, w.Payload) || r.Revision != w.Revision || r.LogTime != w.LogTime || r.Stream != w.Stream {
			t.Errorf("event %d is %+v", i, r)
		}
		if id, leaf, pruned := ledger.Pruned(r); pruned != (i >= 1 && i <= 3) || pruned && (id != rests[i-1].Key.ID || leaf != rests[i-1].Leaf) {
			t.Errorf("event %d: %s %x %t", i, id, leaf, pruned)
		}
	}
	again := p.must(kept)[0]
	for i, placed := range again {
		if gone := i >= 1 && i <= 3; !placed.Prior || placed.Revision != int64(i) || gone != (placed.Claim == nil) {
			t.Errorf("kept again, %d: %+v", i, placed)
		}
	}
	next := p.must(batch(s, 4, newEntry()))[0][0]
	if next.Revision != 5 || next.Seq != 7 {
		t.Errorf("the stream's next: %+v", next)
	}
}
