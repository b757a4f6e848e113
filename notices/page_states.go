package notices

import (
	"cmp"
	"slices"

	"muniment/domain"
	"muniment/notices/render"
)

// state is one thing that happened to a notice, in words for the customer.
type state struct {
	At   domain.Time
	Text string
	Note string // what it means for them, if that isn't plain

	follows bool // it followed from something else
}

// states tells what happened since a notice was prepared, the latest first: what the customer did, and what we did about it.
// Attempts and machine's proofs are ours to know.
func states(k kept) []state {
	var list []state
	var n domain.Notice
	for _, h := range domain.InOrder(k.history) {
		n = n.Apply(h)
		if s, told := stateOf(h, n); told {
			s.At = h.Occurred.At
			list = append(list, s)
		}
	}
	slices.Reverse(list)
	slices.SortStableFunc(list, func(a, b state) int { return cmp.Compare(b.At, a.At) })
	if len(list) > 1 && list[0].follows && list[0].At == list[1].At {
		list[0], list[1] = list[1], list[0] // what the customer did comes before what followed from it
	}
	return list
}

// stateOf tells of one event, after which the notice stands as n.
func stateOf(h domain.Kept, n domain.Notice) (state, bool) {
	switch e := h.Event.(type) {
	case domain.NoticeProven:
		if e.Level != domain.Acknowledged {
			return state{}, false
		}
		return state{Text: "You confirmed that you have this notice.", Note: "That is not an authorisation. You can still object."}, true
	case domain.WindowOpened:
		return state{follows: true, Text: "Your time to object began.", Note: "It ends with " + render.End(e.Closes, n.Terms.Counting()) + "."}, true
	case domain.ObjectionRaised:
		s := state{Text: "You objected.", Note: "The change is on hold for your account until your objection is settled. We will answer you."}
		if e.By.Entered() {
			s.Text = "We received your objection by " + render.Word(string(e.By)) + "."
		}
		if n.Objection.Late {
			s.Note = "The time to object was over, so your objection is marked as late. We took it and will answer you."
			if n.Activated == 0 {
				s.Note += " Until it is settled, the change is on hold for your account."
			}
		}
		return s, true
	case domain.ObjectionAnswered:
		return state{Text: "We answered your objection.", Note: "It stands until you take it back or agree with us on a measure."}, true
	case domain.MitigationAgreed:
		return state{Text: "We agreed on a measure that settles your objection."}, true
	case domain.ObjectionWithdrawn:
		return state{Text: "You took your objection back."}, true
	case domain.NoticeAuthorised:
		return state{Text: "You authorised the change."}, true
	case domain.DeemedAuthorised:
		return state{Text: "Your silence counted as authorisation.", Note: "Your agreement gives us a general authorisation, and your time to object was over."}, true
	case domain.Activated:
		return state{Text: "The change took effect for your account."}, true
	case domain.EmergencyInvoked:
		return state{Text: "We used this sub-processor in an emergency, before your authorisation.", Note: "Your agreement has a clause for that. You can still object."}, true
	case domain.EngagementBlocked:
		return state{Text: "We will not make this change for your account."}, true
	case domain.TerminationExercised:
		return state{Text: "You gave notice of termination over this change."}, true
	case domain.NoticeWithdrawn:
		return state{Text: "We withdrew the change.", Note: "It will not happen. You need not do anything."}, true
	}
	return state{}, false
}
