package erasure

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/vault"
)

// tenant deletes what was processed for an account that left. The key that names its records dies
// last: events can't be kept for it afterwards, so they come before.
func (p *Process) tenant(ctx context.Context, o vault.Order) error {
	kept, err := p.keptBack(ctx, o)
	if err != nil {
		return err
	}
	if len(kept) > 0 {
		return p.beside(ctx, o, kept)
	}
	_, err = p.Ledger.Vault.NamingKey(ctx, o.Tenant)
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
	if err := p.keep(ctx, o, "keys", domain.TenantKeysDestroyed{Keys: []domain.ID{}, Pages: pages, Epoch: epoch, Final: final}); err != nil {
		return err
	}
	p.step("keys_destroyed kept")
	done := domain.DeletionCertified{Pages: pages}
	if err := p.purgeTenant(ctx, o, nil, &done); err != nil {
		return err
	}
	if err := p.keep(ctx, o, "certified", done); err != nil {
		return err
	}
	p.step("certified kept")
	return p.Keys.Leave(ctx, o.Tenant)
}

// errKept: the rest of an order waits for a hold to be lifted.
var errKept = errors.New("a legal hold keeps the rest")

// keptBack lists what legal holds on persons of an account keep of it.
func (p *Process) keptBack(ctx context.Context, o vault.Order) (list []domain.KeptBack, err error) {
	held, err := p.Keys.Held(ctx)
	if err != nil {
		return nil, err
	}
	by := map[domain.ID]domain.KeptBack{}
	for what, holds := range held {
		for _, h := range holds {
			if what.Tenant == o.Tenant {
				classes := append(by[h.Hold].Classes, what.Class)
				by[h.Hold] = domain.KeptBack{Hold: h.Hold, Classes: classes, Ground: h.Cited(), Authority: h.Authority, Review: h.Review}
			}
		}
	}
	for _, k := range by {
		slices.Sort(k.Classes)
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b domain.KeptBack) int { return slices.Compare(a.Hold[:], b.Hold[:]) })
	return list, nil
}

// beside deletes what was processed for an account but for what legal holds keep. It is done anew whenever
// one is lifted, and the last one's end completes it.
func (p *Process) beside(ctx context.Context, o vault.Order, kept []domain.KeptBack) error {
	history, err := p.Ledger.History(ctx, domain.Stream{Noun: o.Noun, ID: o.Entity})
	if err != nil {
		return err
	}
	told := map[domain.ID]bool{}
	certified := false // since keys were told last
	for _, k := range history {
		switch e := k.Event.(type) {
		case domain.TenantKeysDestroyed:
			certified = false
			for _, id := range e.Keys {
				told[id] = true
			}
		case domain.DeletionCertified:
			certified = true
		}
	}
	all, err := p.Keys.KeysBeside(ctx, o.Tenant)
	if err != nil {
		return err
	}
	keys := slices.DeleteFunc(all, func(id domain.ID) bool { return told[id] })
	if len(keys) == 0 && certified {
		return errKept
	}
	for part := range slices.Chunk(keys, keysAtOnce) {
		epoch, final, err := p.Keys.Destroy(ctx, part, o)
		if err != nil {
			return err
		}
		p.step("keys destroyed")
		if err := p.keep(ctx, o, "keys/"+part[0].String(), domain.TenantKeysDestroyed{Keys: part, Epoch: epoch, Final: final}); err != nil {
			return err
		}
		p.step("keys_destroyed kept")
	}
	done := domain.DeletionCertified{Kept: kept}
	held, err := p.Keys.Held(ctx)
	if err != nil {
		return err
	}
	if err := p.purgeTenant(ctx, o, held, &done); err != nil {
		return err
	}
	if err := p.Keys.ForgetBeside(ctx, o.Tenant); err != nil {
		return err
	}
	if err := p.keep(ctx, o, fmt.Sprintf("certified/%d", len(told)+len(keys)), done); err != nil {
		return err
	}
	p.step("certified kept")
	return errKept
}
