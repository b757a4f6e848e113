package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/projections"
)

// DeleteTenantData deletes what was processed for a closed account, before it answers.
func (*root) DeleteTenantData(ctx context.Context, args struct {
	Input struct {
		keyed
		Tenant   gql.ID
		Case     string
		Returned *string
	}
}) (*payload, error) {
	in := args.Input
	id, _, p, err := thing(ctx, "tenant", "tenant", "tenant", in.Tenant, projections.Reader.Tenant)
	if p != nil || err != nil {
		return p, err
	}
	e := domain.DeletionRequested{Case: in.Case, Returned: deref(in.Returned)}
	return decide(ctx, command{name: "deleteTenantData", tenant: id, stream: domain.Stream{Noun: "tenant", ID: id}, key: in.IdempotencyKey, input: in,
		show: func(ctx context.Context, p *payload, at domain.Viewpoint) (err error) {
			if err = from(ctx).api.Erase(ctx); err == nil {
				p.Tenant, err = tenantOf(ctx, id, at)
			}
			return err
		}}, domain.Tenant.Apply, timeless(func(t domain.Tenant) ([]domain.Event, *domain.Refusal) { return t.Delete(e) }))
}
