package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/projections"
)

// agreement is Agreement in the schema.
type agreement struct {
	ID                         gql.ID
	Active                     bool
	Effective                  *Date
	Until                      *Date
	GoverningLaw               *string
	Zone                       *string
	Model                      *string
	List                       *string
	ListEffective              *Date
	NoticeDays                 int32
	ObjectionDays              int32
	WindowStart                *string
	Proof                      *string
	GraceDays                  int32
	EmergencyClause            bool
	StandardContractualClauses *string
	Since                      DateTime
	Reported                   bool
	tenant                     domain.ID
	terms                      domain.AgreedTerms
	at                         domain.Viewpoint
}

func agreementNode(at domain.Viewpoint) func(projections.State[domain.Agreement]) *agreement {
	return func(s projections.State[domain.Agreement]) *agreement {
		t, active := s.State.Seen(at)
		if !active { // what was agreed, and holds no more or not yet
			t.AgreementSigned = s.State.Last()
		}
		return &agreement{ID: nodeID("agreement", s.ID), Reported: s.State.Reported, Active: active, Effective: dateSet(t.Effective), Until: dateSet(t.Until),
			GoverningLaw: known(t.Law), Zone: known(t.Zone), Model: known(t.Model), List: known(t.List), ListEffective: dateSet(t.ListEffective),
			NoticeDays: int32(t.NoticeDays), ObjectionDays: int32(t.ObjectionDays), WindowStart: known(t.WindowStart), Proof: known(t.Proof), GraceDays: int32(t.GraceDays),
			EmergencyClause: t.Emergency, StandardContractualClauses: known(t.SCC), Since: when(s.Since), tenant: s.Tenant, terms: t, at: at}
	}
}

// dateSet is null for no day.
func dateSet(d domain.Date) *Date {
	if d == "" {
		return nil
	}
	return &Date{d}
}

func (a *agreement) Tenant(ctx context.Context) (*tenant, error) {
	return tenantOf(ctx, a.tenant, a.at)
}

// Agreements answers the query.
func (*root) Agreements(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *struct {
		Tenant *gql.ID
		Model  *string
	}
}) (*connection[*agreement], error) {
	r := from(ctx)
	in := deref(args.Filter)
	at, f, err := r.narrowed(ctx, args.viewArgs, in.Tenant)
	if err != nil {
		return nil, err
	}
	if in.Model != nil {
		f.Statuses = []string{*in.Model}
	}
	c, err := r.reader.Agreements(ctx, f, at, args.page())
	return connect(c, err, agreementNode(at))
}
