package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/projections"
)

// user is User in the schema: a login, and how it is protected.
type user struct {
	ID           gql.ID
	Employer     *string
	System       *string
	Role         *string
	SecondFactor bool
	Disabled     bool
	state        projections.State[projections.Person]
	at           domain.Viewpoint
}

func userNode(at domain.Viewpoint) func(projections.State[projections.Person]) *user {
	return func(s projections.State[projections.Person]) *user {
		p := s.State
		return &user{ID: nodeID("user", s.ID), Employer: known(p.Employer), System: known(p.System), Role: known(p.Role), SecondFactor: p.Factor, Disabled: p.Disabled, state: s, at: at}
	}
}

func (u *user) Tenant(ctx context.Context) (*tenant, error) {
	return tenantOf(ctx, u.state.Tenant, u.at)
}

func (u *user) text(ctx context.Context, path string) (*personalText, error) {
	if u.state.State.Enrolled == 0 {
		return nil, nil
	}
	return from(ctx).text(ctx, u.state.State.Enrolled, path)
}

func (u *user) Name(ctx context.Context) (*personalText, error)  { return u.text(ctx, "/name") }
func (u *user) Login(ctx context.Context) (*personalText, error) { return u.text(ctx, "/login") }
func (u *user) Email(ctx context.Context) (*personalText, error) { return u.text(ctx, "/email") }

// Users answers the query.
func (*root) Users(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *struct{ Tenant, ID *gql.ID }
}) (*connection[*user], error) {
	r := from(ctx)
	in := deref(args.Filter)
	at, f, err := r.narrowed(ctx, args.viewArgs, in.Tenant)
	if err != nil {
		return nil, err
	}
	if f.Entity, err = filterID("filter.id", "user", in.ID); err != nil {
		return nil, err
	}
	c, err := r.reader.Users(ctx, f, at, args.page())
	return connect(c, err, userNode(at))
}

// DisableUser ends a login. What the person did stays told.
func (*root) DisableUser(ctx context.Context, args struct {
	Input struct {
		timed
		User gql.ID
	}
}) (*payload, error) {
	in := args.Input
	id, found, p, err := thing(ctx, "user", "user", "login", in.User, projections.Reader.User)
	if p != nil || err != nil {
		return p, err
	}
	return decide(ctx, command{name: "disableUser", tenant: found.Tenant, stream: domain.Stream{Noun: "user", ID: id},
		subjects: []domain.SubjectRef{{ID: id, Capacity: domain.Controller}}, occurred: in.OccurredAt, key: in.IdempotencyKey, input: in,
		show: func(ctx context.Context, p *payload, at domain.Viewpoint) error {
			s, err := from(ctx).reader.User(ctx, id, at)
			if err == nil && s != nil {
				p.User = userNode(at)(*s)
			}
			return err
		}}, domain.User.Apply, timeless(domain.User.Disable))
}
