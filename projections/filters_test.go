package projections

import (
	"slices"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestOneThingsList: a list that is asked for one thing's rows has all of them and nobody else's, for each
// filter alone.
func TestOneThingsList(t *testing.T) {
	h := newHouse(t)
	tenant := h.Tenant("Example Dental")
	person, other := domain.NewID(), domain.NewID()
	mine, theirs := domain.Stream{Noun: "interaction", ID: domain.NewID()}, domain.Stream{Noun: "interaction", ID: domain.NewID()}
	keep := func(s domain.Stream, who domain.ID, e domain.Event, on int) int64 {
		return h.keep(ledger.Submission{Tenant: tenant, Stream: ledger.StreamRef{Name: s}, Event: e, Occurred: day(on), Subjects: []ledger.SubjectClaim{{ID: who, Capacity: domain.Processor}}})
	}
	redacted := keep(mine, person, domain.InteractionRedacted{Trigger: domain.Automatic, Fields: []domain.DataField{"NAME"}}, 5)
	keep(theirs, other, domain.InteractionRedacted{Trigger: "MANUAL", Fields: []domain.DataField{"NAME"}}, 8)
	listened := keep(mine, person, domain.InteractionListened{Seconds: 3}, 6)
	keep(theirs, other, domain.InteractionViewed{}, 9)
	at := h.at(20, 1<<40)
	for name, f := range map[string]RedactionFilter{
		"interaction": {Interaction: mine.ID}, "subject": {Tenant: tenant, Subject: person}, "trigger": {Trigger: domain.Automatic},
		"from and to": {From: day(5).At, To: day(6).At}, "to": {To: day(6).At},
	} {
		c, err := h.all().Redactions(t.Context(), f, at, Page{})
		var got []int64
		for _, e := range c.Edges {
			got = append(got, e.Node.Seq)
		}
		if err != nil || !slices.Equal(got, []int64{redacted}) {
			t.Errorf("redactions by %s: %v, %v, want %d", name, got, err, redacted)
		}
	}
	for name, f := range map[string]AccessFilter{
		"interaction": {Interaction: mine.ID}, "subject": {Tenant: tenant, Subject: person}, "from and to": {From: day(6).At, To: day(7).At},
	} {
		if got := seqs(h.accesses(f, at, Page{})); !slices.Equal(got, []int64{listened}) {
			t.Errorf("accesses by %s: %v, want %d", name, got, listened)
		}
	}
}
