package projections

import (
	"context"

	"muniment/domain"
)

// Person is a data subject or a user: what leads to it, and where its sealed values were kept.
type Person struct {
	Identifiers []PersonIdentifier
	System      string // of a user's login
	Disabled    bool
	Factor      bool // signs in with a second factor
	Enrolled    int64
}

// PersonIdentifier is one identifier that leads to the person; its value is opened by Seq.
type PersonIdentifier struct {
	ID         domain.ID
	Type       domain.IdentifierType
	Country    string
	Confidence domain.Confidence
	Since      domain.Time
	Seq        int64
}

func (p Person) apply(k domain.Kept) Person {
	switch e := k.Event.(type) {
	case domain.IdentifierAttached:
		p.Identifiers = append(p.Identifiers[:len(p.Identifiers):len(p.Identifiers)],
			PersonIdentifier{ID: e.Identifier, Type: e.Type, Country: e.Country, Confidence: e.Confidence, Since: k.Occurred.At, Seq: k.Seq})
	case domain.IdentifierDetached:
		var rest []PersonIdentifier
		for _, i := range p.Identifiers {
			if i.ID != e.Identifier {
				rest = append(rest, i)
			}
		}
		p.Identifiers = rest
	case domain.UserEnrolled:
		p.System, p.Enrolled = e.System, k.Seq
	case domain.SecondFactorEnrolled:
		p.Factor = true
	case domain.SecondFactorRemoved:
		p.Factor = false
	case domain.UserDisabled:
		p.Disabled = true
	}
	return p
}

func shownPerson(p Person) (string, string, domain.ID) { return "", "", domain.ID{} }

var subjects = stateView[Person]{name: "subjects", noun: "subject", fold: Person.apply, shown: shownPerson}

var users = stateView[Person]{name: "users", noun: "user", fold: Person.apply, shown: shownPerson}

// Subjects lists the data subjects as of a viewpoint.
func (r Reader) Subjects(ctx context.Context, f StateFilter, v domain.Viewpoint, p Page) (Conn[State[Person]], error) {
	return states[Person](ctx, r, "subjects", f, v, p)
}

// User finds the user behind an actor id as of a viewpoint; nil when there is none.
func (r Reader) User(ctx context.Context, id domain.ID, v domain.Viewpoint) (*State[Person], error) {
	return state[Person](ctx, r, "users", id, v)
}
