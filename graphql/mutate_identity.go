package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/projections"
)

// EraseActor erases who a member of staff is: login, name, address. What the person did stays told,
// under the random id that it was kept with.
func (*root) EraseActor(ctx context.Context, args struct {
	Input struct {
		keyed
		Actor        gql.ID
		Ground, Case string
	}
}) (*payload, error) {
	in := args.Input
	id, user, p, err := thing(ctx, "actor", "user", "member of staff", in.Actor, projections.Reader.User)
	if p != nil || err != nil {
		return p, err
	}
	return eraseIdentity(ctx, command{name: "eraseActor", tenant: user.Tenant, key: in.IdempotencyKey, input: in,
		show: func(ctx context.Context, p *payload, at domain.Viewpoint) (err error) {
			p.Actor, err = actorOf(ctx, id, at)
			return err
		}}, id, domain.ErasureRequested{Ground: domain.ErasureGround(in.Ground), Case: in.Case})
}

// EraseContact erases who a tenant's contact for one role is: name and address.
func (*root) EraseContact(ctx context.Context, args struct {
	Input struct {
		keyed
		Tenant             gql.ID
		Role, Ground, Case string
	}
}) (*payload, error) {
	in := args.Input
	tenant, found, p, err := thing(ctx, "tenant", "tenant", "tenant", in.Tenant, projections.Reader.Tenant)
	if p != nil || err != nil {
		return p, err
	}
	id := found.State.Contacts[domain.ContactRole(in.Role)]
	if id.IsZero() {
		return missing("role", "contact for this role")
	}
	return eraseIdentity(ctx, command{name: "eraseContact", tenant: tenant, key: in.IdempotencyKey, input: in, show: showTenant(tenant)},
		id, domain.ErasureRequested{Ground: domain.ErasureGround(in.Ground), Case: in.Case})
}

// eraseIdentity orders the erasure in the person's own stream, as a caller's is, and carries it out
// before it answers. Of staff and contacts the organisation, or the tenant, decides for itself.
func eraseIdentity(ctx context.Context, c command, id domain.ID, e domain.ErasureRequested) (*payload, error) {
	show := c.show
	c.stream, c.subjects = domain.Stream{Noun: "subject", ID: id}, []domain.SubjectRef{{ID: id, Capacity: domain.Controller}}
	c.show = func(ctx context.Context, p *payload, _ domain.Viewpoint) error {
		if err := from(ctx).api.Erase(ctx); err != nil {
			return err
		}
		if err := from(ctx).api.Views.CatchUp(ctx); err != nil {
			return err
		}
		at, err := from(ctx).viewpoint(ctx, nil, nil)
		if err == nil {
			err = show(ctx, p, at)
		}
		return err
	}
	return decide(ctx, c, domain.Subject.Apply, timeless(func(s domain.Subject) ([]domain.Event, *domain.Refusal) { return s.Erase(e) }))
}
