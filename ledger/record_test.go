package ledger_test

import (
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
)

// TestKindOf: the kind is found without decoding, whatever the actor's own kind is.
func TestKindOf(t *testing.T) {
	l := ledgertest.Open(t)
	tenant := l.Tenant(`Example "kind":"other" AB`)
	l.Keep(ledger.Submission{Tenant: tenant, Event: domain.PolicySet{Window: domain.Days30, Acknowledged: true}, Occurred: ledgertest.Day(3),
		Actor: ledger.ActorClaim{Actor: domain.Actor{ID: domain.NewID(), Kind: domain.System}}, Purpose: "AUDIT"})
	records, err := l.Log.Read(t.Context(), 0, 10)
	if err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for _, r := range records {
		k, err := ledger.Decode(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := ledger.KindOf(r); got != k.Event.Kind() {
			t.Errorf("got %q, want %q", got, k.Event.Kind())
		}
	}
	if got := ledger.KindOf(ledger.Record{}); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}
