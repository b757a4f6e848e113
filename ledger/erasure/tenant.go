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
