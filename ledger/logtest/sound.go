package logtest

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muniment/domain"
	"muniment/ledger"
)

// Sound reads the whole log in every way there is and checks what must hold at any moment when
// nobody appends: dense seqs, dense revisions, log times that never go back, and the same answer
// by seq, by stream and one by one. It returns the records.
func Sound(t *testing.T, log ledger.Log) []ledger.Record {
	t.Helper()
	ctx := t.Context()
	var all []ledger.Record
	for {
		page, err := log.Read(ctx, int64(len(all)), 100)
		if err != nil {
			t.Fatalf("read from %d: %v", len(all), err)
		}
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
	}
	if n, err := log.Next(ctx); err != nil || n != int64(len(all)) {
		t.Fatalf("next is %d (%v), but %d events can be read", n, err, len(all))
	}
	streams := make(map[domain.Stream][]ledger.Record)
	seqs := make([]int64, len(all))
	for i, r := range all {
		seqs[i] = r.Seq
		if r.Seq != int64(i) {
			t.Fatalf("place %d holds seq %d", i, r.Seq)
		}
		if r.Revision != int64(len(streams[r.Stream])) {
			t.Fatalf("seq %d has revision %d, expected %d", i, r.Revision, len(streams[r.Stream]))
		}
		if i > 0 && r.LogTime < all[i-1].LogTime {
			t.Fatalf("seq %d: the log time goes back", i)
		}
		streams[r.Stream] = append(streams[r.Stream], r)
	}
	for s, want := range streams {
		got, err := log.Stream(ctx, s, 0, len(want)+1)
		if err != nil {
			t.Fatalf("stream: %v", err)
		}
		if !equal(want, got) {
			t.Fatalf("a stream differs from the log (-log +stream):\n%s", cmp.Diff(want, got))
		}
	}
	got, err := log.At(ctx, seqs)
	if err != nil {
		t.Fatalf("at: %v", err)
	}
	if !equal(all, got) {
		t.Fatalf("one by one the events differ (-log +at):\n%s", cmp.Diff(all, got))
	}
	return all
}

// equal takes no and nil records for the same. (cmp takes seconds to find large bytes equal.)
func equal(a, b []ledger.Record) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// same fails unless got is want, claims of fresh entries aside: only those of prior ones are promised.
func same(t *testing.T, what string, want, got []ledger.Placed) {
	t.Helper()
	bare := func(all []ledger.Placed) []ledger.Placed {
		out := make([]ledger.Placed, len(all))
		for i, p := range all {
			if !p.Prior {
				p.Claim = nil
			}
			out[i] = p
		}
		return out
	}
	if d := cmp.Diff(bare(want), bare(got)); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

// prior is what the place of an entry becomes when the same is asked for again.
func prior(p ledger.Placed, e ledger.Entry) ledger.Placed {
	p.Prior, p.Claim = true, e.Claim
	return p
}
