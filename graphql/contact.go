package graphql

import (
	"context"
	"errors"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/ledger"
	"muniment/projections"
)

// contactCheck is ContactCheck in the schema.
type contactCheck struct {
	Known   bool
	Reasons []contactReason
}

type contactReason struct {
	Reason  string
	Purpose *string
	Since   *DateTime
	ground  string
}

// Ground is why a number is on the list that only blocks.
func (r contactReason) Ground() *string { return optional(r.ground) }

// Blocked: one reason is enough.
func (c *contactCheck) Blocked() bool { return len(c.Reasons) > 0 }

// Ground and Since are of the list that only blocks, if that is a reason.
func (c *contactCheck) Ground() *string {
	for _, r := range c.Reasons {
		if r.ground != "" {
			return &r.ground
		}
	}
	return nil
}

// Since is the first reason's.
func (c *contactCheck) Since() *DateTime {
	for _, r := range c.Reasons {
		if r.Since != nil {
			return r.Since
		}
	}
	return nil
}

func (c *contactCheck) stop(why domain.Stop, purpose string, since *DateTime) {
	c.Reasons = append(c.Reasons, contactReason{Reason: string(why), Purpose: optional(purpose), Since: since})
}

type contactArgs struct {
	Tenant                gql.ID
	Subject               *gql.ID
	Phone, Email, Purpose *string
	Means                 *string
}

// ContactCheck asks everything that may stop a contact. It opens nothing of a person, so it needs no purpose
// of reading; it has the same budget as a search, because its answer tells of a number.
func (*root) ContactCheck(ctx context.Context, args contactArgs) (*contactCheck, error) {
	r := from(ctx)
	tenant, no := bareID("tenant", "tenant", args.Tenant)
	if no != nil {
		return nil, no
	}
	if n := len(given(args.Subject)) + len(given(args.Phone)) + len(given(args.Email)); n != 1 {
		return nil, domain.Malformed("phone", "give one of phone, email and subject")
	}
	if p := deref(args.Purpose); p != "" {
		if err := domain.Reasons["word"].Check(p); err != nil {
			return nil, domain.Malformed("purpose", "%s", err)
		}
	}
	if !r.api.lookups.allow(r.principal.ID, r.now) {
		return nil, &domain.Refusal{Code: domain.TooMuch, Rule: "read.lookups", Message: "too many searches by number or address: wait a minute"}
	}
	unknown := &domain.Refusal{Code: domain.NotFound, Rule: "input.known", Field: "tenant", Message: "there is no such tenant"}
	if !r.reader.Allows(tenant) {
		return nil, unknown
	}
	at, err := r.viewpoint(ctx, nil, nil)
	if err != nil {
		return nil, err
	}
	c := &contactCheck{Reasons: []contactReason{}}
	account, err := r.reader.Tenant(ctx, tenant, at)
	if err != nil {
		return nil, err
	}
	if account != nil && account.State.Closed {
		c.stop(domain.StopLeft, "", whenSet(account.Since))
	}
	who, err := r.listed(ctx, c, tenant, args)
	if errors.Is(err, ledger.ErrUnknownTenant) {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	var bases map[string]domain.Basis
	if account != nil {
		bases = account.State.Bases
	}
	return c, r.consented(ctx, c, tenant, who, at, bases, deref(args.Purpose), domain.Means(deref(args.Means)))
}

func given[T any](p *T) []T {
	if p == nil {
		return nil
	}
	return []T{*p}
}

// listed asks the list that only blocks, and who it is; zero for nobody known.
func (r *request) listed(ctx context.Context, c *contactCheck, tenant domain.ID, args contactArgs) (who domain.ID, err error) {
	if args.Subject != nil {
		id, no := bareID("subject", "subject", *args.Subject)
		if no != nil {
			return who, no
		}
		return id, nil
	}
	i, no := r.api.Identify(deref(args.Phone), deref(args.Email))
	if no != nil {
		return who, no
	}
	b, blocked, err := r.api.Blocked(ctx, tenant, i)
	if err != nil {
		return who, err
	}
	if blocked {
		c.Reasons = append(c.Reasons, contactReason{Reason: string(domain.StopSuppressed), Since: whenSet(b.Since), ground: b.Ground})
	}
	who, _, err = r.api.Ledger.Vault.Find(ctx, tenant, i)
	return who, err
}

// consented asks what the person said. Without a purpose every no counts, whatever it was about.
func (r *request) consented(ctx context.Context, c *contactCheck, tenant, who domain.ID, at domain.Viewpoint, bases map[string]domain.Basis, purpose string, means domain.Means) error {
	var person *projections.State[projections.Person]
	if !who.IsZero() {
		var err error
		if person, err = r.reader.Subject(ctx, who, at); err != nil {
			return err
		}
	}
	if person == nil || person.Tenant != tenant {
		if why := (domain.Consent{}).Stops(bases[purpose], means); purpose != "" && why != "" {
			c.stop(why, purpose, nil)
		}
		return nil
	}
	c.Known = true
	for _, e := range person.State.Erasures {
		if e.Takes(domain.Contact) {
			c.stop(domain.StopErased, "", whenSet(e.Requested))
			break
		}
	}
	said := domain.Consent{}
	for page := (projections.Page{First: projections.MaxPage}); ; {
		list, err := r.reader.Consents(ctx, projections.StateFilter{Tenant: tenant, Subject: who}, at, page)
		if err != nil {
			return err
		}
		for _, e := range list.Edges {
			s := e.Node.State
			since := on(s.Since)
			if why, no := s.Said(); no && purpose == "" {
				c.stop(why, s.Purpose, &since)
			}
			if s.Purpose == purpose {
				said = s
			}
		}
		if !list.HasNext {
			break
		}
		page.After = list.End
	}
	if purpose == "" {
		return nil
	}
	if why := said.Stops(bases[purpose], means); why != "" {
		var since *DateTime
		if said.Status != "" {
			at := on(said.Since)
			since = &at
		}
		c.stop(why, purpose, since)
	}
	return nil
}
