package graphql

import (
	"context"
	"slices"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/projections"
)

// Scope is what a principal may read: its own tenants, and the accounts whose mandate lets an agency among
// them read today.
func (a *API) Scope(ctx context.Context, p access.Principal) (projections.Scope, error) {
	scope := p.Scope()
	if p.Role != access.Customer {
		return scope, nil
	}
	every, at, err := a.today(ctx)
	if err != nil {
		return scope, err
	}
	for _, id := range p.Tenants {
		agency, err := every.Tenant(ctx, id, at)
		if err != nil {
			return scope, err
		}
		if agency == nil || agency.State.Role != domain.RoleAgency {
			continue
		}
		below, err := projections.Every(func(p projections.Page) (projections.Conn[projections.State[domain.Tenant]], error) {
			return every.Tenants(ctx, projections.StateFilter{Subject: id}, at, p)
		})
		if err != nil {
			return scope, err
		}
		for _, t := range below {
			if t.State.Mandated(agency.State, domain.MandateRead, at.KnownAt) {
				scope.Tenants = append(slices.Clone(scope.Tenants), t.ID)
			}
		}
	}
	return scope, nil
}

// today is a reader of everything, and the viewpoint of now.
func (a *API) today(ctx context.Context) (projections.Reader, domain.Viewpoint, error) {
	every := a.Views.In(projections.Scope{All: true})
	at, err := every.Viewpoint(ctx, 0, 0, a.Ledger.Now())
	return every, at, err
}

// mandated reports whether the asker may do something for a tenant: it is no customer, or one of the tenant's
// own, or of an agency that the tenant mandated to do so.
func (r *request) mandated(ctx context.Context, tenant domain.ID, scope domain.MandateScope) (bool, error) {
	if r.principal.Role != access.Customer || slices.Contains(r.principal.Tenants, tenant) {
		return true, nil
	}
	every, at, err := r.api.today(ctx)
	if err != nil {
		return false, err
	}
	account, err := every.Tenant(ctx, tenant, at)
	if err != nil || account == nil {
		return false, err
	}
	for _, id := range r.principal.Tenants {
		agency, err := every.Tenant(ctx, id, at)
		if err != nil {
			return false, err
		}
		if agency != nil && account.State.Mandated(agency.State, scope, at.KnownAt) {
			return true, nil
		}
	}
	return false, nil
}

// unmandated refuses a decision for another account without a mandate to take it.
func unmandated() *domain.Refusal {
	return &domain.Refusal{Code: domain.Unauthorised, Rule: "mandate.scope", Article: "Art. 28(3)(a), 29 GDPR",
		Message: "this account's mandate lets its agency read, not decide this; have the account decide, or record a mandate that covers it"}
}
