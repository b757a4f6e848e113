package projections

import (
	"context"

	"muniment/domain"
)

// The states that are exactly the folds of the domain: one stream, one entity.

var consents = stateView[domain.Consent]{
	name: "consents", noun: "consent", fold: domain.Consent.Apply,
	shown: func(c domain.Consent) (string, string, domain.ID) { return c.Purpose, string(c.Status), c.Subject },
}

var exports = stateView[domain.Export]{
	name: "exports", noun: "export", fold: domain.Export.Apply,
	shown: func(x domain.Export) (string, string, domain.ID) {
		return x.RequestedAt.String(), string(x.Status), domain.ID{}
	},
}

var policies = stateView[domain.Retention]{
	name: "policies", noun: "retention", fold: domain.Retention.Apply,
	shown: func(domain.Retention) (string, string, domain.ID) { return "", "", domain.ID{} },
}

var agreements = stateView[domain.Agreement]{
	name: "agreements", noun: "agreement", fold: domain.Agreement.Apply,
	shown: func(a domain.Agreement) (string, string, domain.ID) {
		return "", string(a.Last().Model), domain.ID{}
	},
}

var tenants = stateView[domain.Tenant]{
	name: "tenants", noun: "tenant", fold: domain.Tenant.Apply,
	shown: func(t domain.Tenant) (string, string, domain.ID) { return t.Name, string(t.Role), t.Parent },
}

var notices = stateView[domain.Notice]{
	name: "notices", noun: "notice", fold: domain.Notice.Apply,
	shown: func(n domain.Notice) (string, string, domain.ID) {
		return string(n.Terms.Effective), string(n.Status), n.Terms.Subprocessor
	},
}

var findings = stateView[domain.Finding]{
	name: "findings", noun: "finding", fold: domain.Finding.Apply,
	shown: func(f domain.Finding) (string, string, domain.ID) {
		return f.Raised.String(), string(f.Status), domain.ID{}
	},
}

var strikes = stateView[domain.Strike]{
	name: "strikes", noun: "strike", fold: domain.Strike.Apply,
	shown: func(s domain.Strike) (string, string, domain.ID) {
		return s.Proposed.String(), string(s.Status), domain.ID{}
	},
}

var disposals = stateView[domain.Disposal]{
	name: "disposals", noun: "disposal", fold: domain.Disposal.Apply,
	shown: func(d domain.Disposal) (string, string, domain.ID) { return "", "", domain.ID{} },
}

// State is one entity's state at a viewpoint.
type State[S any] struct {
	ID     domain.ID
	Tenant domain.ID
	Since  domain.Time // from when it holds in the world
	State  S
}

// StateFilter narrows a list of states. Zero values ask for everything.
type StateFilter struct {
	Tenant   domain.ID
	Entity   domain.ID
	Subject  domain.ID
	Statuses []string
}

// Consents lists the consents as of a viewpoint, by purpose.
func (r Reader) Consents(ctx context.Context, f StateFilter, v domain.Viewpoint, p Page) (Conn[State[domain.Consent]], error) {
	return states[domain.Consent](ctx, r, "consents", f, v, p)
}

// Exports lists the exports as of a viewpoint, by request.
func (r Reader) Exports(ctx context.Context, f StateFilter, v domain.Viewpoint, p Page) (Conn[State[domain.Export]], error) {
	return states[domain.Export](ctx, r, "exports", f, v, p)
}

// Policies lists the tenants' retention policies as of a viewpoint.
func (r Reader) Policies(ctx context.Context, f StateFilter, v domain.Viewpoint, p Page) (Conn[State[domain.Retention]], error) {
	return states[domain.Retention](ctx, r, "policies", f, v, p)
}

// Agreements lists the tenants' agreements as of a viewpoint.
func (r Reader) Agreements(ctx context.Context, f StateFilter, v domain.Viewpoint, p Page) (Conn[State[domain.Agreement]], error) {
	return states[domain.Agreement](ctx, r, "agreements", f, v, p)
}

// Tenants lists the customer accounts as of a viewpoint, by name.
func (r Reader) Tenants(ctx context.Context, f StateFilter, v domain.Viewpoint, p Page) (Conn[State[domain.Tenant]], error) {
	return states[domain.Tenant](ctx, r, "tenants", f, v, p)
}

// Findings lists what is wrong, or was, as of a viewpoint, by the time it was raised.
func (r Reader) Findings(ctx context.Context, f StateFilter, v domain.Viewpoint, p Page) (Conn[State[domain.Finding]], error) {
	return states[domain.Finding](ctx, r, "findings", f, v, p)
}

// Strikes lists the payloads that were removed or are to be, as of a viewpoint, by the time of the proposal.
func (r Reader) Strikes(ctx context.Context, f StateFilter, v domain.Viewpoint, p Page) (Conn[State[domain.Strike]], error) {
	return states[domain.Strike](ctx, r, "strikes", f, v, p)
}

// Notices lists the sub-processor notices as of a viewpoint, by effective date.
func (r Reader) Notices(ctx context.Context, f StateFilter, v domain.Viewpoint, p Page) (Conn[State[domain.Notice]], error) {
	return states[domain.Notice](ctx, r, "notices", f, v, p)
}
