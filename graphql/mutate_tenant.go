package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
)

func showTenant(id domain.ID) func(context.Context, *payload, domain.Viewpoint) error {
	return func(ctx context.Context, p *payload, at domain.Viewpoint) (err error) {
		p.Tenant, err = tenantOf(ctx, id, at)
		return err
	}
}

// OnboardTenant opens an account.
func (*root) OnboardTenant(ctx context.Context, args struct {
	Input struct {
		timed
		Name, Role, Country string
		Region, Zone        *string
		Parent              *gql.ID
	}
}) (*payload, error) {
	in, r := args.Input, from(ctx)
	parent, err := filterID("parent", "tenant", in.Parent)
	if err != nil {
		return nil, err
	}
	e := domain.TenantOnboarded{Name: in.Name, Role: domain.TenantRole(in.Role), Country: in.Country, Region: deref(in.Region), Zone: deref(in.Zone), Parent: parent}
	if err := domain.Check(e); err != nil {
		return no(malformed(err))
	}
	id, err := r.freshID(ctx, "tenant", in.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	if err := r.api.Ledger.Vault.Admit(ctx, id); err != nil {
		return nil, err
	}
	return decide(ctx, command{name: "onboardTenant", tenant: id, stream: domain.Stream{Noun: "tenant", ID: id}, occurred: in.OccurredAt, key: in.IdempotencyKey, input: in, show: showTenant(id)},
		domain.Tenant.Apply, func(t domain.Tenant, _ domain.Time) ([]domain.Event, *domain.Refusal) { return t.Onboard(e) })
}

// changeTenant decides a later fact of an account.
func changeTenant(ctx context.Context, name string, tenant gql.ID, t timed, input any, e func(id domain.ID) domain.Event, subjects ...domain.SubjectRef) (*payload, error) {
	id, refusal := bareID("tenant", "tenant", tenant)
	if refusal != nil {
		return no(refusal)
	}
	if !from(ctx).reader.Allows(id) {
		return missing("tenant", "tenant")
	}
	return decide(ctx, command{name: name, tenant: id, stream: domain.Stream{Noun: "tenant", ID: id}, subjects: subjects, occurred: t.OccurredAt, key: t.IdempotencyKey, input: input, show: showTenant(id)},
		domain.Tenant.Apply, func(t domain.Tenant, _ domain.Time) ([]domain.Event, *domain.Refusal) { return t.Change(e(id)) })
}

// DeclareTenantRole corrects what a tenant is.
func (*root) DeclareTenantRole(ctx context.Context, args struct {
	Input struct {
		timed
		Tenant gql.ID
		Role   string
	}
}) (*payload, error) {
	in := args.Input
	return changeTenant(ctx, "declareTenantRole", in.Tenant, in.timed, in, func(domain.ID) domain.Event { return domain.TenantRoleDeclared{Role: domain.TenantRole(in.Role)} })
}

// DesignateContact names a person to reach a tenant by. The contact's id is a person's: its name and
// address are sealed under a key of its own.
func (*root) DesignateContact(ctx context.Context, args struct {
	Input struct {
		timed
		Tenant            gql.ID
		Role, Name, Email string
	}
}) (*payload, error) {
	in := args.Input
	contact, err := from(ctx).freshID(ctx, "contact", in.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	address, refusal := from(ctx).api.Identify("", in.Email)
	if refusal != nil {
		refusal.Field = "email"
		return no(refusal)
	}
	e := domain.ContactDesignated{Contact: contact, Role: domain.ContactRole(in.Role), Name: domain.Clear(in.Name), Email: domain.Clear(address.Value)}
	return changeTenant(ctx, "designateContact", in.Tenant, in.timed, in, func(domain.ID) domain.Event { return e }, domain.SubjectRef{ID: contact, Capacity: domain.Controller})
}

// DeclareLegalBasis records the basis of a purpose.
func (*root) DeclareLegalBasis(ctx context.Context, args struct {
	Input struct {
		timed
		Tenant         gql.ID
		Purpose, Basis string
		Provision      *string
	}
}) (*payload, error) {
	in := args.Input
	return changeTenant(ctx, "declareLegalBasis", in.Tenant, in.timed, in, func(domain.ID) domain.Event {
		return domain.LegalBasisDeclared{Purpose: in.Purpose, Basis: domain.Basis(in.Basis), Provision: deref(in.Provision)}
	})
}

// OffboardTenant closes an account.
func (*root) OffboardTenant(ctx context.Context, args struct {
	Input struct {
		timed
		Tenant gql.ID
		Choice string
	}
}) (*payload, error) {
	in := args.Input
	return changeTenant(ctx, "offboardTenant", in.Tenant, in.timed, in, func(domain.ID) domain.Event { return domain.TenantOffboarded{Choice: domain.EndChoice(in.Choice)} })
}
