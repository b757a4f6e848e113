package erasure

import (
	"context"

	"golang.org/x/sync/errgroup"

	"muniment/domain"
	"muniment/ledger/vault"
)

// interactions destroys the keys of redacted interactions: those of every side, as the bodies name
// them.
func (p *Process) interactions(ctx context.Context, orders []vault.Order) error {
	untold := make([][]domain.ID, len(orders))
	var all []domain.ID
	seen := map[domain.ID]bool{} // the same interaction may be redacted twice among these
	for i, o := range orders {
		keys, rest, err := p.keysIn(ctx, o)
		if err != nil {
			return err
		}
		all = append(all, keys...)
		for _, id := range rest {
			if !seen[id] {
				untold[i] = append(untold[i], id)
			}
			seen[id] = true
		}
	}
	epoch, final, err := p.Keys.Destroy(ctx, all, orders...)
	if err != nil {
		return err
	}
	p.step("keys destroyed")
	g, together := errgroup.WithContext(ctx) // so that many events share one sync of the log
	g.SetLimit(32)
	for i, o := range orders {
		if len(untold[i]) > 0 {
			g.Go(func() error {
				return p.keep(together, o, "keys", domain.InteractionKeysDestroyed{Keys: untold[i], Epoch: epoch, Final: final})
			})
		}
	}
	return g.Wait()
}
