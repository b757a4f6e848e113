package graphql

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/projections"
)

// policy is RetentionPolicy in the schema.
type policy struct {
	ID      gql.ID
	LastRun *DateTime
	state   projections.State[domain.Retention]
	at      domain.Viewpoint
}

type policyAhead struct {
	Effective Date
	Window    *string
	Until     *Date
}

func policyNode(at domain.Viewpoint) func(projections.State[domain.Retention]) *policy {
	return func(s projections.State[domain.Retention]) *policy {
		return &policy{ID: nodeID("retention", s.ID), LastRun: whenSet(s.State.LastRun), state: s, at: at}
	}
}

// Tenant is whose policy it is.
func (p *policy) Tenant(ctx context.Context) (*tenant, error) {
	return remembered(from(ctx), fmt.Sprint("tenant ", p.state.Tenant, p.at), func() (*tenant, error) { return tenantOf(ctx, p.state.Tenant, p.at) })
}

// day is the day asked about in the account's zone.
func (p *policy) day(ctx context.Context) (domain.Date, error) {
	account, err := p.Tenant(ctx)
	if err != nil {
		return "", err
	}
	return p.at.Day(account.state.State.Counting()), nil
}

func (p *policy) on(ctx context.Context) (domain.Policy, error) {
	day, err := p.day(ctx)
	return p.state.State.On(day), err
}

func (p *policy) Window(ctx context.Context) (*string, error) {
	x, err := p.on(ctx)
	return optional(string(x.Window)), err
}

func (p *policy) Acknowledged(ctx context.Context) (bool, error) {
	x, err := p.on(ctx)
	return x.Acknowledged, err
}

func (p *policy) Since(ctx context.Context) (*DateTime, error) {
	x, err := p.on(ctx)
	return whenSet(x.Since), err
}

func (p *policy) Effective(ctx context.Context) (*Date, error) {
	x, err := p.on(ctx)
	return dateSet(x.Effective), err
}

func (p *policy) Until(ctx context.Context) (*Date, error) {
	x, err := p.on(ctx)
	return dateSet(x.Until), err
}

// Ahead lists what is decided for later days.
func (p *policy) Ahead(ctx context.Context) ([]policyAhead, error) {
	day, err := p.day(ctx)
	ahead := []policyAhead{}
	for _, x := range p.state.State.Policies {
		if x.Effective > day {
			ahead = append(ahead, policyAhead{Date{x.Effective}, optional(string(x.Window)), dateSet(x.Until)})
		}
	}
	slices.SortStableFunc(ahead, func(a, b policyAhead) int { return cmp.Compare(a.Effective.Date, b.Effective.Date) })
	return ahead, err
}

// Policies answers the query.
func (*root) Policies(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *struct{ Tenant *gql.ID }
}) (*connection[*policy], error) {
	r := from(ctx)
	at, f, err := r.narrowed(ctx, args.viewArgs, deref(args.Filter).Tenant)
	if err != nil {
		return nil, err
	}
	c, err := r.reader.Policies(ctx, f, at, args.page())
	return connect(c, err, policyNode(at))
}
