package erasure_test

import (
	"fmt"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
)

// TestManyRedacted: what a source redacts in one night is destroyed in batches, each interaction with
// its own event.
func TestManyRedacted(t *testing.T) {
	const n = 1200
	h := newHouse(t)
	var list, redactions []*ledger.Submission
	for i := range n {
		s := call(fmt.Sprint("CA", i), phone(i%50))
		list = append(list, s)
		redactions = append(redactions, &ledger.Submission{Source: "ctm", SourceID: s.SourceID, Tenant: shop, Stream: s.Stream, Occurred: ledgertest.Day(30),
			Actor: s.Actor, Event: domain.InteractionRedacted{Trigger: domain.Automatic, Fields: []domain.DataField{"NUMBER"}}})
	}
	for _, l := range [][]*ledger.Submission{list, redactions} {
		for _, o := range h.Take(t.Context(), ledger.Own(), l) {
			h.ok(o.Err)
		}
	}
	began := time.Now()
	h.ok(h.process.Run(t.Context()))
	t.Logf("%d interactions in %s", n, time.Since(began))
	records, err := h.Log.Read(t.Context(), 0, 1<<20)
	h.ok(err)
	said := 0
	for _, r := range records {
		k, err := ledger.Decode(r)
		h.ok(err)
		switch e := k.Event.(type) {
		case domain.InteractionRecorded:
			if got := h.state(k.Seq, "/number"); got != ledger.StateRedacted {
				t.Fatalf("event %d: %s", k.Seq, got)
			}
		case domain.InteractionKeysDestroyed:
			if said++; len(e.Keys) != 1 {
				t.Errorf("%d keys", len(e.Keys))
			}
		}
	}
	if said != n {
		t.Errorf("%d events of %d", said, n)
	}
}
