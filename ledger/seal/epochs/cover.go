package epochs

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
)

// Cover returns when all events up to a range's end are sealed and counted in the heads of an epoch: what
// is pruned after that can't be counted again. Each of the range that isn't pruned yet gives the leaf that
// was sealed, or it is an error.
func (k *Keeper) Cover(ctx context.Context, r domain.Range) error {
	fail := func(err error) error { return fmt.Errorf("cover events %d to %d: %w", r.From, r.To-1, err) }
	next, err := k.Ledger.Log.Next(ctx)
	if err != nil {
		return fail(err)
	}
	if next < r.To {
		return domain.Refuse("prune.sealed", "Art. 5(2) GDPR", "the ledger has %d events, and events %d to %d are not all among them", next, r.From, r.To-1)
	}
	if err := k.Seals.Seal(ctx); err != nil {
		return fail(err)
	}
	if last := k.Store.Last(); last == nil || last.Size < r.To {
		if _, err := k.Seal(ctx); err != nil {
			return fail(err)
		}
	}
	if n := k.Store.Size(); n < r.To {
		return fail(fmt.Errorf("%d events are counted in heads", n))
	}
	for n := r.From / domain.BundleWidth; n < r.To/domain.BundleWidth; n++ {
		if _, err := k.Seals.Bundle(ctx, n, domain.BundleWidth); err != nil && !errors.Is(err, ledger.ErrPruned) {
			return fail(err)
		}
	}
	return nil
}

// LeafHashes reads the hashes of the leaves of a range, as the tree has them.
func (k *Keeper) LeafHashes(ctx context.Context, r domain.Range) ([]tlog.Hash, error) {
	return k.Seals.LeafHashes(ctx, r)
}
