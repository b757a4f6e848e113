package graphql

import (
	"cmp"
	"context"
	"slices"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/projections"
)

// tenant is Tenant in the schema.
type tenant struct {
	ID      gql.ID
	Name    string
	Role    *string
	Country string
	Zone    *string
	Closed  bool
	End     *tenantEnd
	state   projections.State[domain.Tenant]
	at      domain.Viewpoint
}

func tenantNode(at domain.Viewpoint) func(projections.State[domain.Tenant]) *tenant {
	return func(s projections.State[domain.Tenant]) *tenant {
		t := s.State
		return &tenant{ID: nodeID("tenant", s.ID), Name: t.Name, Role: known(t.Role), Country: t.Country, Zone: optional(t.Zone), Closed: t.Closed, End: endOf(t), state: s, at: at}
	}
}

// tenantEnd is TenantEnd in the schema.
type tenantEnd struct {
	Choice            *string
	DeletionRequested bool
	CertifiedAt       *DateTime
	Kept              []keptBack
}

type keptBack struct {
	Hold      gql.ID
	Classes   []string
	Ground    string
	Authority string
	Review    Date
}

func endOf(t domain.Tenant) *tenantEnd {
	if !t.Closed {
		return nil
	}
	end := &tenantEnd{Choice: known(t.Choice), DeletionRequested: t.Deleted, CertifiedAt: whenSet(t.Certified), Kept: []keptBack{}}
	for _, k := range t.Kept {
		end.Kept = append(end.Kept, keptBack{nodeID("hold", k.Hold), words(k.Classes), k.Ground, k.Authority, Date{k.Review}})
	}
	return end
}

// tenantOf finds a tenant that something belongs to. One without an onboarding, as facts from
// elsewhere may have, is shown by its id.
func tenantOf(ctx context.Context, id domain.ID, at domain.Viewpoint) (*tenant, error) {
	if id == domain.Operator {
		return &tenant{ID: nodeID("tenant", id), Name: "The organisation itself", Role: known(domain.RoleController), at: at}, nil
	}
	s, err := from(ctx).reader.Tenant(ctx, id, at)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return &tenant{ID: nodeID("tenant", id), Name: "(not onboarded on this day)", Role: known(domain.RoleController), at: at}, nil
	}
	return tenantNode(at)(*s), nil
}

func (t *tenant) Parent(ctx context.Context) (*tenant, error) {
	if t.state.State.Parent.IsZero() || !from(ctx).reader.Allows(t.state.State.Parent) {
		return nil, nil
	}
	return tenantOf(ctx, t.state.State.Parent, t.at)
}

type contact struct {
	Role string
	seq  int64
}

func (c contact) Name(ctx context.Context) (*personalText, error) {
	return from(ctx).text(ctx, c.seq, "/name")
}

func (c contact) Email(ctx context.Context) (*personalText, error) {
	return from(ctx).text(ctx, c.seq, "/email")
}

func (t *tenant) Contacts() []contact {
	out := []contact{}
	for role, seq := range t.state.State.ContactAt {
		out = append(out, contact{string(role), seq})
	}
	slices.SortFunc(out, func(a, b contact) int { return cmp.Compare(a.Role, b.Role) })
	return out
}

type legalBasis struct {
	Purpose string
	Basis   *string
}

func (t *tenant) LegalBases() []legalBasis {
	out := []legalBasis{}
	for p, b := range t.state.State.Bases {
		out = append(out, legalBasis{p, known(b)})
	}
	slices.SortFunc(out, func(a, b legalBasis) int { return cmp.Compare(a.Purpose, b.Purpose) })
	return out
}

func (t *tenant) Agreement(ctx context.Context) (*agreement, error) {
	s, err := from(ctx).reader.Agreement(ctx, t.state.ID, t.at)
	if err != nil || s == nil {
		return nil, err
	}
	return agreementNode(t.at)(*s), nil
}

func (t *tenant) Policy(ctx context.Context) (*policy, error) {
	s, err := from(ctx).reader.Policy(ctx, t.state.ID, t.at)
	if err != nil || s == nil {
		return nil, err
	}
	return policyNode(t.at)(*s), nil
}

type mandate struct {
	state domain.Mandate
	at    domain.Viewpoint
}

// Mandates lists them in the order they were recorded, ended ones too.
func (t *tenant) Mandates() []mandate {
	out := []mandate{}
	for _, m := range t.state.State.Mandates {
		out = append(out, mandate{m, t.at})
	}
	return out
}

func (m mandate) Agency() gql.ID  { return nodeID("tenant", m.state.Agency) }
func (m mandate) Scope() []string { return words(m.state.Scope) }
func (m mandate) Effective() Date { return Date{m.state.Effective} }
func (m mandate) Until() *Date    { return dateSet(m.state.Until) }
func (m mandate) Ended() *Date    { return dateSet(m.state.Ended) }
func (m mandate) Digest() *string { return known(m.state.Digest) }

type tenantFilter struct {
	Tenant *gql.ID
	Role   *string
	Parent *gql.ID
}

// Tenants answers the query.
func (*root) Tenants(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *tenantFilter
}) (*connection[*tenant], error) {
	r := from(ctx)
	in := deref(args.Filter)
	at, f, err := r.narrowed(ctx, args.viewArgs, in.Tenant)
	if err != nil {
		return nil, err
	}
	if f.Subject, err = filterID("filter.parent", "tenant", in.Parent); err != nil {
		return nil, err
	}
	if in.Role != nil {
		f.Statuses = []string{*in.Role}
	}
	c, err := r.reader.Tenants(ctx, f, at, args.page())
	return connect(c, err, tenantNode(at))
}

// Reported reports whether another system's word is all there is for some of it.
func (t *tenant) Reported() bool { return t.state.State.Reported }
