package ledger

import (
	"context"
	"strings"

	"muniment/domain"
)

// people are the persons that the identifiers in a list of submissions led to before any of it was
// taken. Who isn't among them may have become known since: by an earlier submission of the list.
type people map[Lead]domain.ID

// whoIsKnown asks after all the identifiers at once: one by one they take five times as long.
func (l *Ledger) whoIsKnown(ctx context.Context, open []*taking) (people, error) {
	known := people{}
	var leads []Lead
	ask := func(tenant domain.ID, i Identifier) {
		if _, asked := known[Lead{tenant, i}]; !asked {
			known[Lead{tenant, i}] = domain.ID{}
			leads = append(leads, Lead{tenant, i})
		}
	}
	for _, t := range open {
		for _, c := range t.Subjects {
			for _, i := range c.Identifiers {
				ask(t.Tenant, i)
			}
		}
		if t.Actor.Login != "" {
			ask(t.Tenant, t.Actor.login())
		}
	}
	found, err := l.Vault.FindAll(ctx, leads)
	for i, lead := range leads {
		if err != nil || found[i].IsZero() {
			delete(known, lead)
		} else {
			known[lead] = found[i]
		}
	}
	return known, err
}

// find leads from an identifier to a person who is known by now.
func (l *Ledger) find(ctx context.Context, t *taking, i Identifier) (domain.ID, bool, error) {
	if id, ok := t.known[Lead{t.Tenant, i}]; ok {
		return id, true, nil
	}
	return l.Vault.Find(ctx, t.Tenant, i)
}

// subject finds or makes the person of a claim. What makes a new one known is kept beside the
// submission, before it.
func (l *Ledger) subject(ctx context.Context, t *taking, c SubjectClaim) (domain.ID, error) {
	if !c.ID.IsZero() {
		return c.ID, l.attached(ctx, t, c.ID)
	}
	if len(c.Identifiers) == 0 && len(t.fact.Subjects) == 0 && personal[t.noun] {
		// Such a stream is the person's own: made for somebody who can't be found again, each
		// repetition would make one more.
		return c.ID, domain.Malformed("subjects", "missing: say whom %s is about, by id, phone, email or login", t.Event.Kind())
	}
	var id domain.ID
	for _, i := range c.Identifiers {
		known, ok, err := l.find(ctx, t, i)
		if err != nil {
			return id, err
		}
		if ok {
			id = known
			break
		}
	}
	for _, i := range c.Identifiers {
		if _, ok := t.known[Lead{t.Tenant, i}]; ok {
			continue // it leads to somebody already, perhaps to somebody else: a number is not a person
		}
		got, fresh, err := l.Vault.Reserve(ctx, t.Tenant, i, id)
		if err != nil {
			return id, err
		}
		if id.IsZero() {
			id = got // perhaps somebody else was quicker, since the first look
		}
		if fresh {
			t.reserved = append(t.reserved, i)
			l.introduce(t, id, c.Capacity, i)
		}
	}
	if id.IsZero() {
		id = domain.NewID()
	}
	return id, nil
}

// personal are the nouns whose streams belong to one person.
var personal = map[string]bool{"subject": true, "user": true, "consent": true}

// attached lets an identifier that the submission attaches to a known person lead there at once,
// before the vault's follower has read it. One that leads to somebody else stays until then.
func (l *Ledger) attached(ctx context.Context, t *taking, id domain.ID) error {
	e, ok := t.Event.(domain.IdentifierAttached)
	value, clear := e.Value.Reveal()
	if !ok || !clear || len(t.fact.Subjects) > 0 {
		return nil
	}
	i := Identifier{Type: e.Type, Value: value}
	_, fresh, err := l.Vault.Reserve(ctx, t.Tenant, i, id)
	if fresh {
		t.reserved = append(t.reserved, i)
	}
	return err
}

// introduce adds the fact that makes an identifier known, unless the submission is that fact itself.
func (l *Ledger) introduce(t *taking, id domain.ID, capacity domain.Capacity, i Identifier) {
	if attaches(t, i) {
		return
	}
	if i.Type != domain.Login {
		f := l.beside(t, domain.Stream{Noun: "subject", ID: id}, id, capacity)
		f.Event = domain.IdentifierAttached{Identifier: f.ID, Type: i.Type, Value: domain.Clear(i.Value), Country: i.Country, Confidence: domain.SeenWith}
		t.extra = append(t.extra, f)
	} else if _, itself := t.Event.(domain.UserEnrolled); !itself {
		l.enrol(t, id, i.Value)
	}
}

// attaches reports whether the submission itself attaches the identifier to its first subject, the
// one that is being resolved.
func attaches(t *taking, i Identifier) bool {
	e, ok := t.Event.(domain.IdentifierAttached)
	value, _ := e.Value.Reveal()
	return ok && len(t.fact.Subjects) == 0 && e.Type == i.Type && value == i.Value
}

// enrol adds the fact that a person has a login, "system/login".
func (l *Ledger) enrol(t *taking, id domain.ID, value string) {
	system, login, _ := strings.Cut(value, "/")
	employer, capacity := domain.Employer("TENANT"), domain.Processor
	if t.Tenant == domain.Operator {
		employer, capacity = "ORGANISATION", domain.Controller
	}
	f := l.beside(t, domain.Stream{Noun: "user", ID: id}, id, capacity)
	f.Event = domain.UserEnrolled{Employer: employer, System: system, Login: domain.Clear(login), Name: domain.Clear(t.Actor.Name), Email: domain.Clear(t.Actor.Email)}
	t.extra = append(t.extra, f)
}

// actor finds the user behind a login, or enrols one.
func (l *Ledger) actor(ctx context.Context, t *taking) (domain.Actor, error) {
	a := t.Actor.Actor
	if t.Actor.Login == "" {
		return a, nil
	}
	i := t.Actor.login()
	if id, ok := t.known[Lead{t.Tenant, i}]; ok {
		a.ID = id
		return a, nil
	}
	id, fresh, err := l.Vault.Reserve(ctx, t.Tenant, i, domain.ID{})
	if err != nil {
		return a, err
	}
	a.ID = id
	if fresh {
		t.reserved = append(t.reserved, i)
		l.enrol(t, id, i.Value)
	}
	return a, nil
}

// beside is a fact that follows from the submission and is kept before it.
func (l *Ledger) beside(t *taking, s domain.Stream, subject domain.ID, capacity domain.Capacity) *domain.Fact {
	return &domain.Fact{Envelope: domain.Envelope{
		ID: domain.NewEventID(l.Now()), Tenant: t.Tenant, Stream: s, Source: t.Source, Occurred: t.Occurred, Causation: t.id,
		Actor: domain.Actor{Kind: domain.System}, Subjects: []domain.SubjectRef{{ID: subject, Capacity: capacity}},
	}}
}
