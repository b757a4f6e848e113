package erasure

import (
	"context"
	"slices"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/vault"
)

// identifiers are those that ever led to the person, as far as the erasure takes them: numbers and
// addresses of a caller, logins of a member of staff; staff: there is a login.
func (p *Process) identifiers(ctx context.Context, o vault.Order, request domain.ErasureRequested, who domain.Subject) (ids []domain.ID, staff bool, err error) {
	if request.Takes(domain.Contact) {
		ids = who.Ever
	}
	if !request.Takes(domain.Staff) {
		return ids, false, nil
	}
	history, err := p.Ledger.History(ctx, domain.Stream{Noun: "user", ID: o.Entity})
	for _, k := range history {
		if _, ok := k.Event.(domain.UserEnrolled); ok {
			ids, staff = append(slices.Clone(ids), k.ID), true
		}
	}
	return ids, staff, err
}

// purge removes what the person left beside the events. The claim digests of all events that name it
// go: they are made of all that was claimed, whatever its class.
func (p *Process) purge(ctx context.Context, o vault.Order, identifiers []domain.ID, staff bool, counts *domain.ErasureCompleted) error {
	if err := p.Keys.Forget(ctx, o, identifiers); err != nil {
		return err
	}
	p.step("look-ups purged")
	counts.Lookups = int64(len(identifiers))
	next, err := p.Ledger.Log.Next(ctx)
	if err != nil {
		return err
	}
	if err := p.Views.CatchUp(ctx); err != nil {
		return err
	}
	counts.Views = next - 1
	seqs, err := p.Views.About(ctx, o.Tenant, o.Entity)
	if err != nil {
		return err
	}
	if staff { // a claim names the login of who acted
		acted, err := p.Views.By(ctx, o.Tenant, o.Entity)
		if err != nil {
			return err
		}
		seqs = append(seqs, acted...)
		slices.Sort(seqs)
		seqs = slices.Compact(seqs)
	}
	for part := range slices.Chunk(seqs, 512) {
		records, err := p.Ledger.Log.At(ctx, part)
		if err != nil {
			return err
		}
		keys := make([]ledger.Key, len(records))
		for i, r := range records {
			k, err := ledger.Decode(r)
			if err != nil {
				return err
			}
			keys[i] = ledger.Key{Stream: r.Stream, ID: k.ID}
		}
		if err := p.Claims.Blank(ctx, keys); err != nil {
			return err
		}
	}
	p.step("claims blanked")
	counts.Claims = int64(len(seqs))
	return nil
}

// eventsAtOnce bounds what is purged together of a tenant: each time the database's journal is emptied.
const eventsAtOnce = 4096

// purgeTenant removes the look-up rows of the tenant's persons, but of those who are held, and the claim
// digests of its events.
func (p *Process) purgeTenant(ctx context.Context, o vault.Order, held map[vault.HeldData][]domain.HoldPlaced, counts *domain.DeletionCertified) error {
	if err := p.Views.CatchUp(ctx); err != nil {
		return err
	}
	for from := int64(0); ; {
		seqs, err := p.Views.Of(ctx, o.Tenant, from, eventsAtOnce)
		if err != nil || len(seqs) == 0 {
			return err
		}
		from = seqs[len(seqs)-1] + 1
		records, err := p.Ledger.Log.At(ctx, seqs)
		if err != nil {
			return err
		}
		var identifiers []domain.ID
		keys := make([]ledger.Key, len(records))
		for i, r := range records {
			k, err := ledger.Decode(r)
			if err != nil {
				return err
			}
			keys[i] = ledger.Key{Stream: r.Stream, ID: k.ID}
			switch e := k.Event.(type) {
			case domain.IdentifierAttached:
				if len(held[vault.HeldData{Tenant: o.Tenant, Person: k.Stream.ID, Class: domain.Contact}]) == 0 {
					identifiers = append(identifiers, e.Identifier)
				}
			case domain.UserEnrolled:
				if len(held[vault.HeldData{Tenant: o.Tenant, Person: k.Stream.ID, Class: domain.Staff}]) == 0 {
					identifiers = append(identifiers, k.ID)
				}
			}
		}
		if err := p.Keys.Forget(ctx, o, identifiers); err != nil {
			return err
		}
		if err := p.Claims.Blank(ctx, keys); err != nil {
			return err
		}
		counts.Lookups, counts.Claims = counts.Lookups+int64(len(identifiers)), counts.Claims+int64(len(keys))
		p.step("purged")
	}
}
