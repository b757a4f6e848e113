package graphql

import (
	"cmp"
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/ledger"
	"muniment/projections"
)

// subject is Subject in the schema.
type subject struct {
	ID    gql.ID
	state projections.State[projections.Person]
	at    domain.Viewpoint
}

func subjectNode(at domain.Viewpoint) func(projections.State[projections.Person]) *subject {
	return func(s projections.State[projections.Person]) *subject {
		return &subject{ID: nodeID("subject", s.ID), state: s, at: at}
	}
}

func (s *subject) Tenant(ctx context.Context) (*tenant, error) {
	return tenantOf(ctx, s.state.Tenant, s.at)
}

type identifier struct {
	ID         gql.ID
	Type       string
	Country    *string
	Confidence string
	Since      DateTime
	seq        int64
}

func (i identifier) Value(ctx context.Context) (*personalText, error) {
	return from(ctx).text(ctx, i.seq, "/value")
}

func (s *subject) Identifiers() []identifier {
	out := []identifier{}
	for _, i := range s.state.State.Identifiers {
		out = append(out, identifier{nodeID("identifier", i.ID), string(i.Type), optional(i.Country), string(i.Confidence), when(i.Since), i.Seq})
	}
	return out
}

func (s *subject) Consents(ctx context.Context, args pageArgs) (*connection[*consent], error) {
	c, err := from(ctx).reader.Consents(ctx, projections.StateFilter{Tenant: s.state.Tenant, Subject: s.state.ID}, s.at, args.page())
	return connect(c, err, consentNode(s.at))
}

func (s *subject) Accesses(ctx context.Context, args pageArgs) (*connection[*accessNode], error) {
	c, err := from(ctx).reader.Accesses(ctx, projections.AccessFilter{Tenant: s.state.Tenant, Subject: s.state.ID}, s.at, args.page())
	return connect(c, err, accessOf(s.at))
}

func (s *subject) Interactions(ctx context.Context, args pageArgs) (*connection[*interaction], error) {
	c, err := from(ctx).reader.Interactions(ctx, projections.InteractionFilter{Tenant: s.state.Tenant, Subject: s.state.ID}, s.at, args.page())
	return connect(c, err, interactionNode(s.at))
}

func (s *subject) Redactions(ctx context.Context, args pageArgs) (*connection[*redaction], error) {
	c, err := from(ctx).reader.Redactions(ctx, projections.RedactionFilter{Tenant: s.state.Tenant, Subject: s.state.ID}, s.at, args.page())
	return connect(c, err, redactionNode(s.at))
}

type subjectFilter struct {
	Tenant, ID   *gql.ID
	Phone, Email *string
}

// Subjects answers the query.
func (*root) Subjects(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *subjectFilter
}) (*connection[*subject], error) {
	r := from(ctx)
	in := deref(args.Filter)
	at, f, err := r.narrowed(ctx, args.viewArgs, in.Tenant)
	if err != nil {
		return nil, err
	}
	if f.Entity, err = filterID("filter.id", "subject", in.ID); err != nil {
		return nil, err
	}
	if in.Phone != nil || in.Email != nil {
		if f.Entity, err = r.lookUp(ctx, f.Tenant, in); err != nil {
			return nil, err
		}
	}
	c, err := r.reader.Subjects(ctx, f, at, args.page())
	return connect(c, err, subjectNode(at))
}

// nobody is a subject id that nobody has: a look-up that misses answers like one that finds nothing
// to show, for the caller can't be told which tenants know a number.
var nobody = domain.ID{0: 0xff, 15: 0xff}

// lookUp leads from a number or address to a person. It is a reading of personal data: it needs
// purpose and case, has a budget, and is recorded.
func (r *request) lookUp(ctx context.Context, tenant domain.ID, f subjectFilter) (domain.ID, error) {
	if !r.mayReveal() {
		return nobody, &domain.Refusal{Code: domain.Unauthorised, Rule: "read.purpose", Article: "Art. 5(1)(b) GDPR", Field: "filter",
			Message: "searching a person by number or address needs a purpose and a case: send the headers Muniment-Purpose and Muniment-Case"}
	}
	if tenant.IsZero() {
		return nobody, domain.Malformed("filter.tenant", "missing: people are searched within one tenant; they are never linked across tenants")
	}
	if !r.api.lookups.allow(r.principal.ID, r.now) {
		return nobody, &domain.Refusal{Code: domain.TooMuch, Rule: "read.lookups", Message: "too many searches by number or address: wait a minute"}
	}
	if !r.reader.Allows(tenant) {
		return nobody, nil
	}
	i, no := r.api.Identify(deref(f.Phone), deref(f.Email))
	if no != nil {
		return nobody, no
	}
	id, ok, err := r.api.Ledger.Vault.Find(ctx, tenant, i)
	if err != nil && err != ledger.ErrUnknownTenant {
		return nobody, err
	}
	if !ok {
		return nobody, nil
	}
	r.note(ledger.Value{Tenant: tenant, Subject: id, Capacity: domain.Processor})
	return id, nil
}

// actor is Actor in the schema.
type actor struct {
	ID           *gql.ID
	System       *string
	SecondFactor bool
	Disabled     bool
	enrolled     int64
	known        bool
}

func actorOf(ctx context.Context, id domain.ID, at domain.Viewpoint) (*actor, error) {
	if id.IsZero() {
		return &actor{}, nil
	}
	global := nodeID("user", id)
	a := &actor{ID: &global}
	s, err := from(ctx).reader.User(ctx, id, at)
	if err != nil || s == nil {
		return a, err
	}
	a.System, a.SecondFactor, a.Disabled, a.enrolled, a.known = optional(s.State.System), s.State.Factor, s.State.Disabled, s.State.Enrolled, s.State.Enrolled > 0
	return a, nil
}

func (a *actor) text(ctx context.Context, path string) (*personalText, error) {
	if !a.known {
		return nil, nil
	}
	return from(ctx).text(ctx, a.enrolled, path)
}

func (a *actor) Name(ctx context.Context) (*personalText, error)  { return a.text(ctx, "/name") }
func (a *actor) Login(ctx context.Context) (*personalText, error) { return a.text(ctx, "/login") }

// consent is Consent in the schema.
type consent struct {
	ID          gql.ID
	Purpose     string
	Status      string
	TextVersion *string
	Channel     *string
	Act         *string
	Giver       *string
	Means       []string
	Since       DateTime
	state       projections.State[domain.Consent]
	at          domain.Viewpoint
}

func consentNode(at domain.Viewpoint) func(projections.State[domain.Consent]) *consent {
	return func(s projections.State[domain.Consent]) *consent {
		c := s.State
		return &consent{ID: nodeID("consent", s.ID), Purpose: c.Purpose, Status: string(cmp.Or(c.Status, domain.ConsentNone)), TextVersion: optional(c.Text), Channel: optional(string(c.Channel)),
			Act: optional(string(c.Act)), Giver: optional(string(c.Giver)), Means: words(c.Means), Since: on(c.Since), state: s, at: at}
	}
}

func (c *consent) Tenant(ctx context.Context) (*tenant, error) {
	return tenantOf(ctx, c.state.Tenant, c.at)
}

func (c *consent) Subject(ctx context.Context) (*subject, error) {
	return subjectByID(ctx, c.state.State.Subject, c.at)
}

func subjectByID(ctx context.Context, id domain.ID, at domain.Viewpoint) (*subject, error) {
	s, err := from(ctx).reader.Subject(ctx, id, at)
	if err != nil || s == nil {
		return nil, err
	}
	return subjectNode(at)(*s), nil
}

func (c *consent) Evidence(ctx context.Context) (*personalText, error) {
	return from(ctx).text(ctx, c.state.State.Seq, "/evidence")
}

// Consents answers the query.
func (*root) Consents(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *struct {
		Tenant, Subject *gql.ID
		Status          *[]string
	}
}) (*connection[*consent], error) {
	r := from(ctx)
	at, err := r.viewpoint(ctx, args.AsOf, args.KnownAt)
	if err != nil {
		return nil, err
	}
	in := deref(args.Filter)
	f := projections.StateFilter{Statuses: deref(in.Status)}
	if f.Tenant, err = filterID("filter.tenant", "tenant", in.Tenant); err != nil {
		return nil, err
	}
	if f.Subject, err = filterID("filter.subject", "subject", in.Subject); err != nil {
		return nil, err
	}
	c, err := r.reader.Consents(ctx, f, at, args.page())
	return connect(c, err, consentNode(at))
}

// Reported reports whether another system's word is all there is for some of it.
func (c *consent) Reported() bool { return c.state.State.Reported }
