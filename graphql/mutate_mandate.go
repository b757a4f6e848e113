package graphql

import (
	"context"
	"slices"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
)

// onTenant decides about an account's mandates.
func onTenant(ctx context.Context, name string, tenant gql.ID, t timed, input any, mandate domain.MandateScope, decision func(domain.Tenant, domain.Time) ([]domain.Event, *domain.Refusal)) (*payload, error) {
	id, refusal := bareID("tenant", "tenant", tenant)
	if refusal != nil {
		return no(refusal)
	}
	if !from(ctx).reader.Allows(id) {
		return missing("tenant", "tenant")
	}
	return decide(ctx, command{name: name, tenant: id, stream: domain.Stream{Noun: "tenant", ID: id}, occurred: t.OccurredAt, key: t.IdempotencyKey, input: input, mandate: mandate,
		show: showTenant(id)}, domain.Tenant.Apply, decision)
}

// RecordMandate records that an agency may act for a tenant: on that tenant's word or the DPO's, never an agency's.
func (*root) RecordMandate(ctx context.Context, args struct {
	Input struct {
		timed
		Tenant, Agency gql.ID
		Scope          []string
		Effective      Date
		Until          *Date
		Digest         string
	}
}) (*payload, error) {
	in, r := args.Input, from(ctx)
	agency, refusal := bareID("agency", "tenant", in.Agency)
	if refusal != nil {
		return no(refusal)
	}
	id, refusal := bareID("tenant", "tenant", in.Tenant)
	if refusal != nil {
		return no(refusal)
	}
	if r.principal.Role == access.Customer && r.reader.Allows(id) && !slices.Contains(r.principal.Tenants, id) {
		return no(&domain.Refusal{Code: domain.Unauthorised, Rule: "mandate.own", Article: "Art. 28(3)(a), 29 GDPR",
			Message: "an agency can't widen its own mandate or give one on; have the account record it"})
	}
	holder, err := ledger.Current(ctx, r.api.Ledger, domain.Stream{Noun: "tenant", ID: agency}, domain.Tenant.Apply)
	if err != nil {
		return nil, err
	}
	e := domain.MandateRecorded{Agency: agency, Scope: typed[domain.MandateScope](in.Scope), Effective: in.Effective.Date, Until: deref(in.Until).Date, Digest: in.Digest}
	return onTenant(ctx, "recordMandate", in.Tenant, in.timed, in, "", func(t domain.Tenant, now domain.Time) ([]domain.Event, *domain.Refusal) {
		return t.RecordMandate(e, holder, now)
	})
}

// EndMandate records that either side ended a mandate.
func (*root) EndMandate(ctx context.Context, args struct {
	Input struct {
		timed
		Tenant, Agency gql.ID
		Effective      Date
	}
}) (*payload, error) {
	in, r := args.Input, from(ctx)
	agency, refusal := bareID("agency", "tenant", in.Agency)
	if refusal != nil {
		return no(refusal)
	}
	var needs domain.MandateScope
	if slices.Contains(r.principal.Tenants, agency) { // its own, which it may give back
		needs = domain.MandateRead
	}
	return onTenant(ctx, "endMandate", in.Tenant, in.timed, in, needs, func(t domain.Tenant, now domain.Time) ([]domain.Event, *domain.Refusal) {
		return t.EndMandate(domain.MandateEnded{Agency: agency, Effective: in.Effective.Date}, now)
	})
}
