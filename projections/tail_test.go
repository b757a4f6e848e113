package projections

import (
	"context"
	"slices"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// tail follows the trail from a position to its end, and counts the readings it took.
func (h *house) tail(scope Scope, f EventFilter, after int64) (out []int64, readings int) {
	h.t.Helper()
	for {
		events, seen, err := h.views.In(scope).EventsAfter(context.Background(), f, after)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, e := range events {
			out = append(out, e.Seq)
		}
		if seen <= after {
			return out, readings
		}
		after = seen
		readings++
	}
}

// TestTail: whatever is filtered, following gives every row behind the position once, in order, and
// only within the scope.
func TestTail(t *testing.T) {
	h := newHouse(t)
	own, foreign, person := h.Tenant("Example Dental"), h.Tenant("Foreign Motors"), domain.NewID()
	call := domain.Stream{Noun: "interaction", ID: domain.NewID()}
	var ours, theirs []int64
	for i := range MaxPage + 20 {
		ours = append(ours, h.listen(own, call, 2+i%20))
		if i%100 == 0 {
			theirs = append(theirs, h.listen(foreign, domain.Stream{Noun: "interaction", ID: domain.NewID()}, 3))
		}
	}
	about := h.listen(own, call, 5, ledger.SubjectClaim{ID: person, Capacity: domain.Processor})
	ours = append(ours, about)
	mine, all := Scope{Tenants: []domain.ID{own}}, Scope{All: true}
	listened := []string{domain.InteractionListened{}.Kind()}
	for name, c := range map[string]struct {
		scope Scope
		f     EventFilter
		after int64
		want  []int64
	}{
		"everything":     {all, EventFilter{Kinds: listened}, -1, sorted(ours, theirs)},
		"own":            {mine, EventFilter{Kinds: listened}, -1, ours},
		"behind":         {mine, EventFilter{Kinds: listened}, ours[7], ours[8:]},
		"stream":         {mine, EventFilter{Stream: call.String()}, -1, ours},
		"subject":        {mine, EventFilter{Subject: person, Kinds: listened}, -1, []int64{about}},
		"foreign tenant": {mine, EventFilter{Tenant: foreign}, -1, nil},
		"no tenant":      {Scope{}, EventFilter{}, -1, nil},
		"the end":        {all, EventFilter{}, h.views.Seen() - 1, nil},
		"beyond":         {all, EventFilter{}, h.views.Seen() + 10, nil},
		"nothing such":   {all, EventFilter{Kinds: []string{"breach.detected"}}, -1, nil},
	} {
		if got, _ := h.tail(c.scope, c.f, c.after); !slices.Equal(got, c.want) {
			t.Errorf("%s: %d events, expected %d", name, len(got), len(c.want))
		}
	}
	if _, readings := h.tail(mine, EventFilter{}, -1); readings < 2 {
		t.Error("more than a page came at once")
	}
}

func sorted(lists ...[]int64) []int64 {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return all
}

// TestBookmarks: they lead to their position, for their filter only.
func TestBookmarks(t *testing.T) {
	h := newHouse(t)
	tenant := h.Tenant("Example Dental")
	if err := h.views.CatchUp(context.Background()); err != nil {
		t.Fatal(err)
	}
	f := EventFilter{Tenant: tenant}
	for _, seq := range []int64{-1, 0} {
		if got, err := h.views.OpenBookmark(h.views.Bookmark(f, seq), "after", f); err != nil || got != seq {
			t.Errorf("%d %v", got, err)
		}
	}
	if a, b := h.views.Bookmark(f, 7), h.views.Bookmark(f, 7_000_000); len(a) != len(b) {
		t.Error("the length of a cursor tells its position")
	}
	for name, c := range map[string]string{"another filter": h.views.Bookmark(EventFilter{}, 0), "a later ledger": h.views.Bookmark(f, h.views.Seen()), "no cursor": "x"} {
		if _, err := h.views.OpenBookmark(c, "after", f); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// TestInteractionNamed: an interaction is found by its source's id, in its own tenant only; also when
// the views are from before names were written.
func TestInteractionNamed(t *testing.T) {
	h := newHouse(t)
	tenant, other, naming := h.Tenant("Example Dental"), h.Tenant("Foreign Motors"), make([]byte, 32)
	call := domain.Stream{Noun: "interaction", ID: domain.DeriveID(naming, dayTime(4).Std(), "ctm", "CA42", "stream/interaction", 0)}
	h.keep(ledger.Submission{Tenant: tenant, Stream: ledger.StreamRef{Name: call}, Event: domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND"}, Occurred: day(4)})
	find := func(tenant domain.ID, id string) (domain.ID, bool) {
		t.Helper()
		found, ok, err := h.views.InteractionNamed(context.Background(), tenant, ledger.NameTail(naming, "ctm", id, "interaction"))
		if err != nil {
			t.Fatal(err)
		}
		return found, ok
	}
	if id, ok := find(tenant, "CA42"); !ok || id != call.ID {
		t.Error("the call is not found")
	}
	if _, ok := find(other, "CA42"); ok {
		t.Error("another tenant has the call")
	}
	if _, ok := find(tenant, "CA43"); ok {
		t.Error("another call is found")
	}
}
