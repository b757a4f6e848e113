package projections

import (
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestToldAgain: an interaction's row shows what all tellings come to at a viewpoint, in the source's order,
// and each of them; whose it was may be told later; a rebuild gives the same rows.
func TestToldAgain(t *testing.T) {
	h := newHouse(t)
	tenant, call := h.Tenant("Example Dental"), domain.Stream{Noun: "interaction", ID: domain.NewID()}
	somebody, person := domain.NewID(), domain.NewID()
	tell := func(e domain.Event, on int, who domain.ID) int64 {
		return h.keep(ledger.Submission{Tenant: tenant, Event: e, Occurred: day(on), Stream: ledger.StreamRef{Name: call},
			Subjects: []ledger.SubjectClaim{{ID: who, Capacity: domain.Processor}}})
	}
	base := domain.InteractionRecorded{Medium: domain.Call, Direction: domain.Inbound, Status: "NO_ANSWER", Modified: day(2).At}
	first := tell(base, 2, somebody)
	h.listen(tenant, call, 3)
	newest, older := base, base
	newest.Status, newest.Seconds, newest.Recorded, newest.Name, newest.Modified = "ANSWERED", 95, true, domain.Clear("Person Example"), day(6).At
	older.Status, older.City, older.Modified = "VOICEMAIL", domain.Clear("Example City"), day(4).At
	second := tell(domain.InteractionUpdated(newest), 6, person)
	third := tell(domain.InteractionUpdated(older), 4, person) // late
	h.listen(tenant, call, 7)

	for _, c := range []struct {
		day      int
		known    int64
		status   string
		seconds  int64
		recorded bool
		sealed   map[string]int64
		told     int
	}{
		{8, third, "ANSWERED", 95, true, map[string]int64{"/name": second, "/city": third}, 3},
		{8, second, "ANSWERED", 95, true, map[string]int64{"/name": second}, 2},
		{8, first, "NO_ANSWER", 0, false, map[string]int64{}, 1},
		{5, third, "VOICEMAIL", 0, false, map[string]int64{"/city": third}, 2},
		{3, third, "NO_ANSWER", 0, false, map[string]int64{}, 1},
	} {
		i, err := h.all().Interaction(t.Context(), call.ID, h.at(c.day, c.known))
		if err != nil || i == nil {
			t.Fatal(i, err)
		}
		if i.Status != c.status || i.Seconds != c.seconds || i.Recorded != c.recorded || len(i.Sealed) != len(c.sealed) || len(i.History) != c.told || i.Occurred != day(2).At || i.Struck {
			t.Errorf("day %d, known %d: %+v", c.day, c.known, i)
			continue
		}
		for path, seq := range c.sealed {
			if i.Sealed[path] != seq {
				t.Errorf("day %d, known %d: %s is opened by %d", c.day, c.known, path, i.Sealed[path])
			}
		}
		if i.History[0].Detail.Status != "NO_ANSWER" || i.History[0].At != day(2).At {
			t.Errorf("day %d: the first state is %+v", c.day, i.History[0])
		}
	}
	now := h.at(9, third+1)
	for who, want := range map[domain.ID]int{person: 2, somebody: 2} {
		mine, err := h.all().Interactions(t.Context(), InteractionFilter{Tenant: tenant, Subject: who}, now, Page{})
		if err != nil || len(mine.Edges) != 1 {
			t.Errorf("%d interactions of one of them: %v", len(mine.Edges), err)
		}
		if got := h.accesses(AccessFilter{Tenant: tenant, Subject: who}, now, Page{}); len(got.Edges) != want {
			t.Errorf("%d accesses of one of them, want %d", len(got.Edges), want)
		}
	}
	before := h.dump()
	if err := h.views.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := h.dump(); after != before {
		t.Errorf("a rebuild gives other rows:\n%s\n--- before\n%s", after, before)
	}
}
