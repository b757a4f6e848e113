package projections

import (
	"context"
	"slices"

	"muniment/domain"
)

// Person is a data subject or a user: what leads to it, and where its sealed values were kept.
type Person struct {
	Identifiers []PersonIdentifier
	System      string // of a user's login
	Disabled    bool
	Factor      bool            // signs in with a second factor
	Role        string          `json:",omitempty"` // in the system of the login
	Employer    domain.Employer `json:",omitempty"`
	Enrolled    int64
	Erasures    []Erasure           `json:",omitempty"`
	Holds       []domain.HoldPlaced `json:",omitempty"`
}

// Erasure is one erasure of the person, as far as it came.
type Erasure struct {
	domain.ErasureRequested
	Seq        int64
	Requested  domain.Time
	Keys       int
	Epoch      int64
	Final      domain.Finality
	Suppressed int64
	Completed  domain.Time
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
	case domain.ErasureRequested:
		p.Erasures = append(p.Erasures[:len(p.Erasures):len(p.Erasures)], Erasure{ErasureRequested: e, Seq: k.Seq, Requested: k.Occurred.At})
	case domain.IdentifiersSuppressed, domain.SubjectKeysDestroyed, domain.ErasureCompleted:
		p.Erasures = advanced(p.Erasures, k)
	case domain.HoldPlaced:
		p.Holds = append(p.Holds[:len(p.Holds):len(p.Holds)], e)
	case domain.HoldLifted:
		p.Holds = slices.DeleteFunc(slices.Clone(p.Holds), func(h domain.HoldPlaced) bool { return h.Hold == e.Hold })
	case domain.UserEnrolled:
		p.System, p.Enrolled, p.Employer, p.Disabled = e.System, k.Seq, e.Employer, false
	case domain.UserRoleChanged:
		p.Role = e.Role
	case domain.SecondFactorEnrolled:
		p.Factor = true
	case domain.SecondFactorRemoved:
		p.Factor = false
	case domain.UserDisabled:
		p.Disabled = true
	}
	return p
}

// advanced notes how far the last erasure came.
func advanced(list []Erasure, k domain.Kept) []Erasure {
	if len(list) == 0 {
		return nil
	}
	list = slices.Clone(list)
	last := &list[len(list)-1]
	switch e := k.Event.(type) {
	case domain.IdentifiersSuppressed:
		last.Suppressed = e.Identifiers
	case domain.SubjectKeysDestroyed:
		last.Keys += len(e.Keys)
		last.Epoch, last.Final = max(last.Epoch, e.Epoch), e.Final
	case domain.ErasureCompleted:
		last.Completed = k.Occurred.At
	}
	return list
}

func shownPerson(p Person) (string, string, domain.ID) { return "", "", domain.ID{} }

var subjects = stateView[Person]{name: "subjects", noun: "subject", fold: Person.apply, shown: shownPerson}

var users = stateView[Person]{name: "users", noun: "user", fold: Person.apply, shown: shownPerson}

// Subjects lists the data subjects as of a viewpoint.
func (r Reader) Subjects(ctx context.Context, f StateFilter, v domain.Viewpoint, p Page) (Conn[State[Person]], error) {
	return states[Person](ctx, r, "subjects", f, v, p)
}

// Users lists the logins as of a viewpoint.
func (r Reader) Users(ctx context.Context, f StateFilter, v domain.Viewpoint, p Page) (Conn[State[Person]], error) {
	return states[Person](ctx, r, "users", f, v, p)
}

// User finds the user behind an actor id as of a viewpoint; nil when there is none.
func (r Reader) User(ctx context.Context, id domain.ID, v domain.Viewpoint) (*State[Person], error) {
	return state[Person](ctx, r, "users", id, v)
}
