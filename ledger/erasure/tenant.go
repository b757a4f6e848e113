package erasure

import (
	"context"
	"errors"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/vault"
)

// tenant deletes what was processed for an account that left. The key that names its records dies
// last: events can't be kept for it afterwards, so they come before.
func (p *Process) tenant(ctx context.Context, o vault.Order) error {
	_, err := p.Ledger.Vault.NamingKey(ctx, o.Tenant)
	if errors.Is(err, ledger.ErrLeft) {
		return nil // all but the last step was done
	}
	if err != nil {
		return err
	}
	pages, epoch, final, err := p.Keys.DestroyBranch(ctx, o)
	if err != nil {
		return err
	}
	p.step("branch destroyed")
	if err := p.keep(ctx, o, "keys", domain.TenantKeysDestroyed{Pages: pages, Epoch: epoch, Final: final}); err != nil {
		return err
	}
	p.step("keys_destroyed kept")
	done := domain.DeletionCertified{Pages: pages}
	if err := p.purgeTenant(ctx, o, &done); err != nil {
		return err
	}
	if err := p.keep(ctx, o, "certified", done); err != nil {
		return err
	}
	p.step("certified kept")
	return p.Keys.Leave(ctx, o.Tenant)
}

// eventsAtOnce bounds what is purged together of a tenant: each time the database's journal is emptied.
const eventsAtOnce = 4096

// purgeTenant removes the look-up rows of the tenant's persons and the claim digests of its events.
func (p *Process) purgeTenant(ctx context.Context, o vault.Order, counts *domain.DeletionCertified) error {
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
				identifiers = append(identifiers, e.Identifier)
			case domain.UserEnrolled:
				identifiers = append(identifiers, k.ID)
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
