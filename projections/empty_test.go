package projections

import (
	"context"
	"database/sql"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestRebuildInterrupted: a rebuild ends after any part of the emptying. Whoever opens the views then,
// or follows with another process's, applies nothing to what is left, and ends with the same rows.
func TestRebuildInterrupted(t *testing.T) {
	h := newHouse(t)
	tenant := h.Tenant("Example Dental")
	for i := range 20 {
		h.listen(tenant, domain.Stream{Noun: "interaction", ID: domain.NewID()}, 2+i, ledger.SubjectClaim{ID: domain.NewID(), Capacity: domain.Processor})
	}
	before := h.dump()
	for parts := range len(swept) + 1 {
		beside, err := Open(t.Context(), h.views.db, h.views.log, h.views.cursorKey)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.views.beginEmptying(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.views.sweeps = 3
		for _, s := range swept[:parts] {
			if err := h.views.db.Tx(t.Context(), func(tx *sql.Tx) error {
				_, err := h.views.sweepSome(t.Context(), tx, s.table, s.key)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		var after *Views
		if parts%2 == 0 { // a new process; else one that had the views open already
			if after, err = Open(t.Context(), h.views.db, h.views.log, h.views.cursorKey); err != nil {
				t.Fatal(err)
			}
		} else {
			after = beside
			h.Keep(ledger.Submission{Tenant: tenant, Stream: ledger.StreamRef{Name: domain.Stream{Noun: "interaction", ID: domain.NewID()}},
				Event: domain.InteractionListened{Seconds: 1}, Occurred: day(3)}) // something to apply
			before = ""
		}
		after.sweeps = 3
		if err := after.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.views = after
		got := h.dump()
		if err := h.views.Rebuild(context.Background()); err != nil {
			t.Fatal(err)
		}
		if want := h.dump(); got != want || before != "" && got != before {
			t.Fatalf("after %d of %d tables:\n%s\n--- instead of\n%s", parts, len(swept), got, want)
		}
		before = h.dump()
	}
}

// TestBatchesAreBounded: large events are applied in more transactions.
func TestBatchesAreBounded(t *testing.T) {
	large := ledger.Record{Envelope: make([]byte, 1<<10), Payload: make([]byte, 63<<10)}
	small := ledger.Record{Envelope: make([]byte, 500), Payload: make([]byte, 500)}
	many := func(r ledger.Record, n int) (all []ledger.Record) {
		for range n {
			all = append(all, r)
		}
		return all
	}
	for name, c := range map[string]struct {
		records []ledger.Record
		want    int
	}{
		"small ones": {many(small, 2000), 2000},
		"large ones": {many(large, 2000), 64},
		"none":       {nil, 0},
		"one alone":  {many(ledger.Record{Payload: make([]byte, 5<<20)}, 2), 1},
	} {
		if got := fitting(c.records); got != c.want {
			t.Errorf("%s: %d instead of %d", name, got, c.want)
		}
	}
}
