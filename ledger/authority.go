package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muniment/domain"
)

// Principal is who states facts at a door, and what it may state. The zero Principal may state nothing.
// Who did it, in which role, proven how and from which source is the principal's to say; a submission says
// so itself only where the principal is registered to report it, and is marked as reported then.
type Principal struct {
	own     bool // Muniment itself
	machine bool // whoever works at the machine that holds the keys

	Actor   domain.Actor
	Auth    []domain.Auth
	Sources []string // the systems it speaks for, the first where a submission names none
	Kinds   domain.Grant
	Tenants []domain.ID
	// EveryTenant: all accounts, also those to come; not the operator's own records.
	EveryTenant bool
	// Actors: registered to report who did it. Decisions: to report what was decided elsewhere.
	Actors, Decisions bool
}

// Own is Muniment itself: for what the product does, never for what comes in through a door.
func Own() Principal { return Principal{own: true} }

// AtMachine is whoever runs commands at the machine: who has the keys has no smaller rights, so any source
// may be named, and what is said of people there is reported. Muniment's own events can't be stated there either.
func AtMachine(actor domain.Actor, auth ...domain.Auth) Principal {
	return Principal{machine: true, Actor: actor, Auth: auth, Actors: true, Decisions: true}
}

// Source is what a submission that names no source comes from.
func (p Principal) Source() string {
	if len(p.Sources) == 0 {
		return ""
	}
	return p.Sources[0]
}

// Mentions reports whether the principal may speak of a tenant at all.
func (p Principal) Mentions(tenant domain.ID) bool {
	return p.own || p.machine || slices.Contains(p.Tenants, tenant) || p.EveryTenant && tenant != domain.Operator
}

// May is the one place that says who may state what: nil, or why not. It looks at the submission alone.
func (p Principal) May(s *Submission) *domain.Refusal {
	kind, known := domain.Lookup(s.Event.Kind())
	switch {
	case !known:
		return domain.Malformed("kind", "unknown kind")
	case p.own:
		return nil
	case kind.Stated == domain.StatedOurs:
		return domain.Refuse("intake.ours", "Art. 5(2) GDPR", "events of kind %s say what Muniment itself did, or what people decide here: they can't be reported from outside", kind.Kind)
	case !p.Mentions(s.Tenant):
		return UnknownTenant()
	case !p.machine && (kind.Machine || !p.Kinds.Allows(kind.Kind)):
		return p.notGranted(kind)
	case !p.speaksFor(s.Source):
		return &domain.Refusal{Code: domain.Unauthorised, Rule: "intake.source", Field: "source",
			Message: fmt.Sprintf("who sends this speaks for %s, not for this source: leave source out, or make a token for it with --source", orNothing(p.Sources))}
	}
	if no := p.mayReport(s, kind); no != nil {
		return no
	}
	return ownLogins(s)
}

func (p Principal) notGranted(kind domain.Type) *domain.Refusal {
	no := &domain.Refusal{Code: domain.Unauthorised, Rule: "intake.kind", Field: "kind"}
	family, _ := domain.FamilyOf(kind.Kind)
	no.Message = fmt.Sprintf("this token may not state %s: make one for it with --kinds %s", kind.Kind, strings.ToLower(string(family)))
	if kind.Machine {
		no.Message = fmt.Sprintf("%s is stated at the machine alone: import it there", kind.Kind)
	}
	return no
}

func (p Principal) speaksFor(source string) bool {
	if p.machine {
		return !slices.Contains(domain.OwnSources, source)
	}
	return slices.Contains(p.Sources, source)
}

func orNothing(sources []string) string {
	if len(sources) == 0 {
		return "no source"
	}
	return strings.Join(sources, " and ")
}

// claimed reports whether a submission says itself who did it, or how they proved themselves.
func (s *Submission) claimed() bool {
	a := s.Actor
	return a.Login != "" || a.Role != "" || !a.ID.IsZero() || !a.Behalf.IsZero() || a.Kind != "" && a.Kind != domain.UnknownActor || len(s.Auth) > 0
}

// mayReport judges what a submission says of who did or decided it.
func (p Principal) mayReport(s *Submission, kind domain.Type) *domain.Refusal {
	if s.claimed() && !p.Actors {
		return &domain.Refusal{Code: domain.Unauthorised, Rule: "intake.actor", Field: "actor",
			Message: "this token is the actor of what it sends: leave actor and auth out, or make a token that reports who acted with --reports actors"}
	}
	if kind.Stated != domain.StatedDecided {
		return nil
	}
	if !p.Decisions {
		return &domain.Refusal{Code: domain.Unauthorised, Rule: "intake.decision", Field: "kind", Article: "Art. 5(2) GDPR",
			Message: kind.Kind + " is decided here, by a command of the API; a token made with --reports decisions may report that it was decided elsewhere"}
	}
	if s.Evidence == "" {
		return domain.Malformed("evidence", "missing: %s is decided here, by a command of the API; to report that it was decided elsewhere, give the SHA-256 of what shows it. Nothing will lean on it", kind.Kind)
	}
	return nil
}

// ownLogins refuses to enrol somebody under one of Muniment's own logins, which lead to who decides here.
func ownLogins(s *Submission) *domain.Refusal {
	refuse := func(field string) *domain.Refusal {
		return &domain.Refusal{Code: domain.Unauthorised, Rule: "intake.login", Field: field,
			Message: "logins of the system " + domain.OwnSystem + " are this ledger's own: they come from muniment staff and muniment token, never from outside"}
	}
	own := func(i Identifier) bool {
		return i.Type == domain.Login && strings.HasPrefix(strings.ToLower(i.Value), domain.OwnSystem+"/")
	}
	if s.Actor.Login != "" && own(s.Actor.login()) {
		return refuse("actor.system")
	}
	for _, c := range s.Subjects {
		if slices.ContainsFunc(c.Identifiers, own) {
			return refuse("subjects")
		}
	}
	switch e := s.Event.(type) {
	case domain.UserEnrolled:
		if strings.EqualFold(e.System, domain.OwnSystem) {
			return refuse("data.system")
		}
	case domain.IdentifierAttached:
		if value, _ := e.Value.Reveal(); own(Identifier{Type: e.Type, Value: value}) {
			return refuse("data.value")
		}
	}
	return nil
}

// attribute gives a fact its actor and auth: the principal's, or what was reported.
func (p Principal) attribute(t *taking) {
	f := &t.fact
	f.Auth = t.Auth
	if p.own {
		return
	}
	f.Evidence, f.Reported = t.Evidence, t.claimed() || t.decided()
	if !f.Reported && (p.machine || !p.Actors) { // who reports others and names nobody knows of nobody
		f.Actor, f.Auth = p.Actor, p.Auth
	}
}

// decided reports whether a submission tells a decision.
func (t *taking) decided() bool {
	kind, _ := domain.Lookup(t.Event.Kind())
	return kind.Stated == domain.StatedDecided
}

// tellReported raises a finding beside a decision that another system reports: somebody has to look at
// what shows it, and to decide here.
func (l *Ledger) tellReported(ctx context.Context, t *taking) error {
	if !t.fact.Reported || !t.decided() {
		return nil
	}
	naming, err := l.Vault.NamingKey(ctx, domain.Operator)
	if err != nil {
		return err
	}
	id := func(kind string) domain.ID {
		return domain.DeriveID(naming, t.Occurred.At.Std(), domain.OwnSystem, "reported/"+t.id.String(), kind, 0)
	}
	e := domain.FindingRaised{Finding: "REPORTED_DECISION", Place: t.fact.Stream.String()}
	t.extra = append(t.extra, &domain.Fact{Event: e, Envelope: domain.Envelope{
		ID: id(e.Kind()), Tenant: domain.Operator, Stream: domain.Stream{Noun: "finding", ID: id("stream/finding")}, Source: domain.OwnSystem,
		Occurred: domain.At(domain.TimeOf(l.Now())), Causation: t.id, Actor: domain.Actor{Kind: domain.System}}})
	return nil
}

// UnknownTenant is the answer for an account that isn't there, or isn't the sender's: the same words.
func UnknownTenant() *domain.Refusal {
	return &domain.Refusal{Code: domain.NotFound, Rule: "tenant.known", Field: "tenant",
		Message: "unknown tenant: onboard it first (an event tenant.onboarded, or the mutation onboardTenant)"}
}

// ownStream refuses a stream of another tenant, by name or by a person's id, and an account that is opened
// again: what stands there was stated by somebody with a right to.
func (p Principal) ownStream(ctx context.Context, l *Ledger, t *taking) error {
	s := t.fact.Stream
	_, opening := t.Event.(domain.TenantOnboarded)
	byID := len(t.Subjects) > 0 && !t.Subjects[0].ID.IsZero() && personal[t.noun]
	if p.own || t.Stream.Name.IsZero() && !byID && !opening {
		return nil
	}
	foreign := &domain.Refusal{Code: domain.NotFound, Rule: "intake.stream", Field: "stream", Message: "there is no such " + t.noun + " of this tenant"}
	if tenantNouns[t.noun] && s.ID != t.Tenant {
		return foreign
	}
	records, err := l.Log.Stream(ctx, s, 0, 1)
	if err != nil || len(records) == 0 {
		return err
	}
	if opening {
		return domain.Refuse("tenant.once", "Art. 28(3) GDPR", "this tenant was onboarded already; change its role or contacts instead")
	}
	e, err := domain.ParseEnvelope(records[0].Envelope)
	if err == nil && e.Tenant != t.Tenant {
		return foreign
	}
	return err
}

// tenantNouns are those whose one stream is the tenant's.
var tenantNouns = map[string]bool{"tenant": true, "retention": true, "agreement": true, auditNoun: true}
