package domain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// HoldGround is why data is kept that would have to go: what Art. 17(3)(b) and (e) name, and nothing else.
type HoldGround string

// The grounds.
const (
	HoldDuty   HoldGround = "LEGAL_OBLIGATION" // 17(3)(b): Union or Member State law demands it
	HoldTask   HoldGround = "PUBLIC_TASK"      // 17(3)(b): a task in the public interest, by such law
	HoldClaims HoldGround = "CLAIMS"           // 17(3)(e): legal claims
)

// Values lists the grounds.
func (HoldGround) Values() []string {
	return []string{string(HoldDuty), string(HoldTask), string(HoldClaims)}
}

// HoldPlaced: classes of a person's data must be kept although they would have to go (Art. 17(3)(b),
// (e)), and no others: who says so, on which ground, and when it is looked at again. It holds until it is
// lifted, whatever the date: what was erased by mistake can't be brought back.
type HoldPlaced struct {
	Hold      ID         `json:"hold"`
	Classes   []Class    `json:"classes"`
	Ground    HoldGround `json:"ground"`
	Law       string     `json:"law,omitempty" plain:"citation"`
	Country   string     `json:"country,omitempty" plain:"country"` // of the law: a Member State, or EU
	Authority string     `json:"authority" plain:"company"`
	Review    Date       `json:"review"`
	Case      string     `json:"case" plain:"reference"`
	// Instruction is where the controller's instruction is filed: we decide nothing about data that we process for others.
	Instruction string `json:"instruction,omitempty" plain:"reference"`
}

// lawgivers are those whose law Art. 17(3)(b) means: the Union, its Member States, the other states of the
// European Economic Area, in which the Regulation holds, too.
const lawgivers = "EU AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO"

// Validate checks what no single field can.
func (e HoldPlaced) Validate() error {
	if len(e.Classes) == 0 {
		return &FieldError{"classes", "expected at least one class"}
	}
	return nil
}

// words are how a hold is named to people.
func (e HoldPlaced) words() string {
	return fmt.Sprintf("%s of %s (%s), to be looked at again on %s", e.Hold, e.Authority, e.Cited(), e.Review)
}

// Cited is the ground with the law that it rests on.
func (e HoldPlaced) Cited() string {
	if e.Law == "" {
		return string(e.Ground)
	}
	return string(e.Ground) + ", " + e.Law
}

// Overdue reports whether the day has passed on which it was to be looked at again. It holds all the same.
func (e HoldPlaced) Overdue(now Time) bool { return now >= e.Review.Start()+day }

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

// Keeps reports whether the hold names a class.
func (e HoldPlaced) Keeps(c Class) bool { return slices.Contains(e.Classes, c) }

// keeping is a hold that keeps a class of the person, if there is one.
func (s Subject) keeping(c Class) (h HoldPlaced, held bool) {
	for _, h := range s.Held() {
		if h.Keeps(c) {
			return h, true
		}
	}
	return h, false
}

// KeepsInteraction refuses a redaction that would take what the hold keeps.
func (e HoldPlaced) KeepsInteraction() *Refusal {
	return Refuse("redaction.hold", "Art. 17(3)(b), (e) GDPR", "what the ledger holds of this interaction must be kept under the legal hold %s, on one of its persons: lift the hold first", e.words())
}

// PlaceHold decides to place a hold on what is still there, in our capacity towards the person.
func (s Subject) PlaceHold(e HoldPlaced, as Capacity, now Time) ([]Event, *Refusal) {
	byLaw := e.Ground != HoldClaims
	switch {
	case byLaw && e.Law == "":
		return nil, Malformed("law", "missing: cite the law that demands it")
	case byLaw && !slices.Contains(strings.Fields(lawgivers), e.Country):
		return nil, Refuse("hold.ground", "Art. 17(3)(b), 6(3) GDPR", "only the law of the Union or of a Member State is a ground here, and country says %q: the law or order of another state is none. For legal claims give the ground CLAIMS", e.Country)
	case !byLaw && as != Controller && as != JointController && e.Instruction == "":
		return nil, Refuse("hold.instruction", "Art. 28(3)(a), 17(3)(e) GDPR", "this person's data is processed for a customer, whose claims these are: give the reference of the customer's instruction")
	case e.Overdue(now):
		return nil, Malformed("review", "expected a day to come: a hold is looked at again")
	}
	for _, c := range e.Classes {
		if s.Erased(c) {
			return nil, Refuse("hold.late", "Art. 17(3) GDPR", "%s of this person was erased, so that nothing is left to hold", c)
		}
	}
	return []Event{e}, nil
}

// LiftHold decides to lift one. What it kept of an erasure goes now, unless another hold keeps it.
func (s Subject) LiftHold(e HoldLifted) ([]Event, *Refusal) {
	if _, ok := s.Holds[e.Hold]; !ok {
		return nil, &Refusal{Code: NotFound, Rule: "hold.known", Article: "Art. 17(3) GDPR", Field: "hold", Message: "no such hold is in force on this person"}
	}
	if n := len(s.Erasures); n > 0 && s.Erasures[n-1].Completed == 0 {
		return nil, Refuse("erasure.once", "Art. 17 GDPR", "an erasure of this person is under way since %s: lift the hold when it is done", s.Erasures[n-1].Requested)
	}
	events := []Event{e}
	rest := s.applyHold(Kept{Event: e})
	for _, before := range slices.Backward(s.Erasures) {
		var classes []Class
		for _, c := range before.Held {
			if _, held := rest.keeping(c); !held && !s.Erased(c) {
				classes = append(classes, c)
			}
		}
		if len(classes) > 0 {
			return append(events, ErasureRequested{Ground: before.Ground, Case: before.Case, Classes: classes, Held: rest.heldOf(before.Held)}), nil
		}
	}
	return events, nil
}

// heldOf are those of the classes that a hold keeps.
func (s Subject) heldOf(classes []Class) (held []Class) {
	for _, c := range classes {
		if _, yes := s.keeping(c); yes {
			held = append(held, c)
		}
	}
	return held
}
