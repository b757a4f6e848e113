package access

import (
	"muniment/domain"
	"muniment/ledger"
	"muniment/projections"
)

// Writer is what a token may state that writes facts. Such a token decides nothing, and whoever decides
// writes no facts: they are two tokens.
type Writer struct {
	Source    string       `json:"source,omitempty"` // the system it speaks for; "": its format's own
	Kinds     domain.Grant `json:"kinds,omitempty"`
	Every     bool         `json:"every,omitempty"`     // all accounts, also those to come
	Actors    bool         `json:"actors,omitempty"`    // may report who acted
	Decisions bool         `json:"decisions,omitempty"` // may report what was decided elsewhere
}

// bound is what the database keeps of a credential beside its columns.
type bound struct {
	Person bool    `json:"person,omitempty"`
	Writer *Writer `json:"writer,omitempty"`
}

// Scope is what the principal may read.
func (p Principal) Scope() projections.Scope {
	all := p.Role == DPO || p.Role == Operator && (p.Writer == nil || p.Writer.Every)
	return projections.Scope{All: all, Tenants: p.Tenants}
}

// States is the principal as the doors for facts know it; ok is false for one that writes none.
func (p Principal) States() (by ledger.Principal, ok bool) {
	w := p.Writer
	if w == nil || p.Role != Operator || p.Session {
		return by, false
	}
	by = ledger.Principal{Actor: p.Acting(), Auth: []domain.Auth{"API_KEY"}, Kinds: w.Kinds, Tenants: p.Tenants, EveryTenant: w.Every,
		Actors: w.Actors, Decisions: w.Decisions}
	if w.Source != "" {
		by.Sources = []string{w.Source}
	}
	return by, true
}

// Acting is who acts with the credential: a person where it belongs to one, else a program.
func (p Principal) Acting() domain.Actor {
	a := domain.Actor{ID: p.Actor, Kind: domain.Service, Role: domain.ActorRole(p.Role)}
	if p.Person {
		a.Kind = domain.Person
	}
	return a
}

// NeedsPerson is the refusal of a credential that no person is known to have.
func (p Principal) NeedsPerson(what string) *domain.Refusal {
	if p.Person {
		return nil
	}
	return &domain.Refusal{Code: domain.Unauthorised, Rule: "access.person", Article: "Art. 32 GDPR",
		Message: what + " needs a person, and this token belongs to none: make one with muniment token create --login NAME"}
}
