package domain

import (
	"cmp"
	"maps"
	"slices"
)

// HoldPlaced: classes of a person's data must be kept although they would have to go (Art. 17(3)(b),
// (e)): who says so, on which ground, and when it is looked at again. It holds until it is lifted,
// whatever the date: what was erased by mistake can't be brought back.
type HoldPlaced struct {
	Hold      ID      `json:"hold"`
	Classes   []Class `json:"classes"`
	Ground    string  `json:"ground" plain:"citation"`
	Authority string  `json:"authority" plain:"company"`
	Review    Date    `json:"review"`
	Case      string  `json:"case" plain:"reference"`
}

// Validate checks what no single field can.
func (e HoldPlaced) Validate() error {
	if len(e.Classes) == 0 {
		return &FieldError{"classes", "expected at least one class"}
	}
	return nil
}

// HoldLifted: it no longer holds.
type HoldLifted struct {
	Hold ID     `json:"hold"`
	Case string `json:"case" plain:"reference"`
}

// Kind is the wire name.
func (HoldPlaced) Kind() string { return "subject.hold_placed" }

// Kind is the wire name.
func (HoldLifted) Kind() string { return "subject.hold_lifted" }

var holdKinds = []Type{
	kind[HoldPlaced]("subject", "17(3)(b), 17(3)(e)", "Data of the person must be kept: a legal hold.").ours(),
	kind[HoldLifted]("subject", "17(3)", "A legal hold was lifted.").ours(),
}

func (s Subject) applyHold(k Kept) Subject {
	switch e := k.Event.(type) {
	case HoldPlaced:
		s.Holds = with(s.Holds, e.Hold, e)
	case HoldLifted:
		s.Holds = with(s.Holds, e.Hold, HoldPlaced{})
		delete(s.Holds, e.Hold)
	}
	return s
}

// Held lists the holds in force, in an order of their own.
func (s Subject) Held() []HoldPlaced {
	return slices.SortedFunc(maps.Values(s.Holds), func(a, b HoldPlaced) int { return cmp.Compare(a.Hold.String(), b.Hold.String()) })
}

// held lists what an erasure would take that the hold keeps.
func (h HoldPlaced) held(e ErasureRequested) (names []string) {
	for _, c := range h.Classes {
		if e.Takes(c) {
			names = append(names, string(c))
		}
	}
	return names
}

// KeepsInteraction refuses a redaction that would take what the hold keeps.
func (h HoldPlaced) KeepsInteraction() *Refusal {
	return Refuse("redaction.hold", "Art. 17(3)(b), (e) GDPR", "what the ledger holds of this interaction must be kept under the legal hold %s of %s (%s) on one of its persons, to be looked at again on %s: lift the hold first",
		h.Hold, h.Authority, h.Ground, h.Review)
}

// KeepsAccount refuses to delete what was processed for an account while a hold keeps some of it: it
// all goes with one key, or stays.
func (h HoldPlaced) KeepsAccount() *Refusal {
	return Refuse("tenant.hold", "Art. 17(3)(b), (e), 28(3)(g) GDPR", "data of a person of this account must be kept under the legal hold %s of %s (%s), to be looked at again on %s, and it all goes at once or stays: lift the hold first",
		h.Hold, h.Authority, h.Ground, h.Review)
}

// PlaceHold decides to place a hold on what is still there.
func (s Subject) PlaceHold(e HoldPlaced) ([]Event, *Refusal) {
	for _, c := range e.Classes {
		if s.Erased(c) {
			return nil, Refuse("hold.late", "Art. 17(3) GDPR", "%s of this person was erased, so that nothing is left to hold", c)
		}
	}
	return []Event{e}, nil
}

// LiftHold decides to lift one.
func (s Subject) LiftHold(e HoldLifted) ([]Event, *Refusal) {
	if _, ok := s.Holds[e.Hold]; !ok {
		return nil, &Refusal{Code: NotFound, Rule: "hold.known", Article: "Art. 17(3) GDPR", Field: "hold", Message: "no such hold is in force on this person"}
	}
	return []Event{e}, nil
}
