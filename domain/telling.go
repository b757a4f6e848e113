package domain

import (
	"bytes"
	"cmp"
	"slices"
)

// InteractionUpdated: its source told of the same interaction again, with more or something else: it was
// answered, a recording or a name came later. What a telling leaves out stays as it was.
type InteractionUpdated InteractionRecorded

// Kind is the wire name.
func (InteractionUpdated) Kind() string { return "interaction.updated" }

// Telling is what a source told of an interaction at one time.
type Telling struct {
	Event InteractionRecorded
	Actor ID
	Seq   int64
	Order Time // when the source had it so: by the record's own time of change, else when it was kept
}

// TellingOf is the telling that a kept event is.
func TellingOf(k *Kept) (t Telling, is bool) {
	t = Telling{Actor: k.Actor.ID, Seq: k.Seq}
	switch e := k.Event.(type) {
	case InteractionRecorded:
		t.Event = e
	case InteractionUpdated:
		t.Event = InteractionRecorded(e)
	default:
		return t, false
	}
	if t.Order = t.Event.Modified; t.Order == 0 {
		t.Order = k.Recorded
	}
	return t, true
}

// OrderTellings sorts tellings by when the source had it so, whatever the order in which they came.
func OrderTellings(all []Telling) {
	slices.SortFunc(all, func(a, b Telling) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Seq, b.Seq)) })
}

// With lays a later telling over an earlier one.
func (t Telling) With(later Telling) Telling {
	a, b := &t.Event, &later.Event
	if b.Medium != OtherMedium && b.Medium != "" {
		a.Medium = b.Medium
	}
	if b.Direction != UnknownDirection && b.Direction != "" {
		a.Direction = b.Direction
	}
	for _, p := range []struct{ to, from *Personal }{{&a.Number, &b.Number}, {&a.Name, &b.Name}, {&a.Email, &b.Email}, {&a.City, &b.City}, {&a.IP, &b.IP}, {&a.Counterpart, &b.Counterpart}} {
		if p.from.Present() {
			*p.to = *p.from
		}
	}
	if b.Number.Present() || a.Country == "" { // it is the number's country, where there is one
		a.Country = cmp.Or(b.Country, a.Country)
	}
	a.TrackingNumber, a.Status = cmp.Or(b.TrackingNumber, a.TrackingNumber), cmp.Or(b.Status, a.Status)
	a.Seconds, a.Ended, a.Modified = cmp.Or(b.Seconds, a.Seconds), cmp.Or(b.Ended, a.Ended), cmp.Or(b.Modified, a.Modified)
	a.Recorded = a.Recorded || b.Recorded
	if len(b.Participants) > 0 {
		a.Participants = b.Participants
	}
	if !later.Actor.IsZero() {
		t.Actor = later.Actor
	}
	t.Seq, t.Order = later.Seq, later.Order
	return t
}

// ToldSoFar is what all the tellings come to; they are in order.
func ToldSoFar(all []Telling) (state Telling) {
	for _, t := range all {
		state = state.With(t)
	}
	return state
}

// SaysMore reports whether another telling adds to what was told before: earlier are the tellings in
// order, their personal values in the clear. One that the source dates is another one than those of other
// dates, since one from between may still come. One that it doesn't date must be new against every state
// that ever was: nobody can tell an old state sent again from a return to it.
func SaysMore(earlier []Telling, next Telling) bool {
	for i := range earlier {
		if next.Event.Modified != 0 && earlier[i].Event.Modified != next.Event.Modified {
			continue
		}
		if !adds(ToldSoFar(earlier[:i+1]), next) {
			return false
		}
	}
	return true
}

// adds reports whether a telling changes a state.
func adds(state, next Telling) bool {
	with := state.With(next)
	if with.Actor != state.Actor {
		return true
	}
	a, b := state.Event, with.Event
	a.Modified, b.Modified = 0, 0
	before, personBefore := Split(a)
	after, personAfter := Split(b)
	return !bytes.Equal(before, after) || !slices.Equal(personBefore, personAfter)
}
