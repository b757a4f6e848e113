package domain

// IdentifierType is a kind of identifier that leads to a person.
type IdentifierType string

// The types of identifier. LOGIN leads to a user of the source system.
const (
	Phone IdentifierType = "PHONE"
	Email IdentifierType = "EMAIL"
	Login IdentifierType = "LOGIN"
)

// Values lists the types.
func (IdentifierType) Values() []string { return []string{"PHONE", "EMAIL", "LOGIN"} }

// Confidence says how sure it is that an identifier is this person's.
type Confidence string

// The degrees of confidence.
const (
	SeenWith Confidence = "OBSERVED"
	Claimed  Confidence = "CLAIMED"
	Verified Confidence = "VERIFIED"
)

// Values lists the degrees.
func (Confidence) Values() []string { return []string{"OBSERVED", "CLAIMED", "VERIFIED"} }

// IdentifierAttached: a number or address is this person's from the event's occurrence on. A number
// is not a person: it can be detached and attached to another.
type IdentifierAttached struct {
	Identifier ID             `json:"identifier"`
	Type       IdentifierType `json:"type"`
	Value      Personal       `json:"value" class:"CONTACT"`
	Country    string         `json:"country,omitempty" plain:"country"`
	Confidence Confidence     `json:"confidence"`
}

// IdentifierDetached: from the event's occurrence on it no longer is.
type IdentifierDetached struct {
	Identifier ID `json:"identifier"`
}

// Kind is the wire name.
func (IdentifierAttached) Kind() string { return "subject.identifier_attached" }

// Kind is the wire name.
func (IdentifierDetached) Kind() string { return "subject.identifier_detached" }

var subjectKinds = []Type{
	kind[IdentifierAttached]("subject", "5(1)(d), 11", "A number or address leads to this person.").observed(),
	kind[IdentifierDetached]("subject", "5(1)(d), 11", "It no longer does.").observed(),
}

// Subject is a person as its stream tells it.
type Subject struct {
	Identifiers map[ID]IdentifierAttached
	Ever        []ID // every identifier there ever was
	Erasures    []Erasure
	Holds       map[ID]HoldPlaced
}

// Apply folds one kept event.
func (s Subject) Apply(k Kept) Subject {
	switch e := k.Event.(type) {
	case IdentifierAttached:
		s.Identifiers = with(s.Identifiers, e.Identifier, e)
		s.Ever = append(s.Ever[:len(s.Ever):len(s.Ever)], e.Identifier)
	case IdentifierDetached:
		s.Identifiers = with(s.Identifiers, e.Identifier, IdentifierAttached{})
		delete(s.Identifiers, e.Identifier)
	}
	return s.applyErasure(k).applyHold(k)
}

// Detach decides to take an identifier off the person.
func (s Subject) Detach(identifier ID) ([]Event, *Refusal) {
	if _, ok := s.Identifiers[identifier]; !ok {
		return nil, &Refusal{Code: NotFound, Rule: "subject.identifier", Field: "identifier", Message: "this person has no such identifier now"}
	}
	return []Event{IdentifierDetached{identifier}}, nil
}
