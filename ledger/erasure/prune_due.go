package erasure

import (
	"context"
	"errors"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
)

// pruneDue prunes the entry bundles that are older than the longest period and of whose events all went
// that can: disposed of, struck, or kept for ever. What somebody holds back is met again by the next run.
// It reads what is older than that and wasn't pruned.
func (p *Process) pruneDue(ctx context.Context) error {
	if _, ok := p.Ledger.Log.(ledger.Pruner); !ok || p.Evidence == nil {
		return nil
	}
	history, err := p.Ledger.History(ctx, p.disposalStream())
	if err != nil {
		return err
	}
	var d domain.Disposal
	var run domain.ID // the last that was done
	for _, k := range history {
		if d = d.Apply(k); k.Kind == (domain.DisposalCompleted{}).Kind() {
			run = k.ID
		}
	}
	before := domain.TimeOf(p.Ledger.Now())
	for _, c := range d.Cuts(before) {
		before = min(before, c.OccurredBefore)
	}
	last, err := p.Ledger.Log.Known(ctx, before)
	if err != nil || run.IsZero() {
		return err
	}
	due, err := p.emptied(ctx, domain.Range{To: (last + 1) / domain.BundleWidth * domain.BundleWidth})
	for _, r := range due {
		if err := p.pruneWhatMay(ctx, run, r); err != nil {
			return err
		}
	}
	return err
}

// emptied lists the bundles of a range, neighbours joined, in which something can be pruned.
func (p *Process) emptied(ctx context.Context, of domain.Range) (due []domain.Range, err error) {
	told, err := seal.Prunings(ctx, p.Ledger.Log, p.Ledger.ID)
	if err != nil {
		return nil, err
	}
	pruned := map[int64]int64{} // from → to
	for _, k := range told {
		if e, ok := k.Event.(domain.LogPruned); ok {
			pruned[e.From] = e.To
		}
	}
	for from := of.From; from < of.To; from += domain.BundleWidth {
		if to, ok := pruned[from]; ok {
			from = to - domain.BundleWidth
			continue
		}
		bundle, err := p.Ledger.Log.Read(ctx, from, domain.BundleWidth)
		if err != nil {
			return nil, err
		}
		switch n := len(due); {
		case !isEmptied(bundle):
		case n > 0 && due[n-1].To == from && from-due[n-1].From < prunedAtOnce:
			due[n-1].To += domain.BundleWidth
		default:
			due = append(due, domain.Range{From: from, To: from + domain.BundleWidth})
		}
	}
	return due, nil
}

// isEmptied reports whether a bundle wasn't pruned yet, and all that can go from it was struck.
func isEmptied(bundle []ledger.Record) (some bool) {
	for _, r := range bundle {
		if _, _, pruned := ledger.Pruned(r); pruned {
			return false
		}
		kind := ledger.KindOf(r)
		if t, _ := domain.Lookup(kind); !t.Passing || kind == (domain.EpochSealed{}).Kind() {
			continue
		}
		if _, struck := ledger.Struck(r.Payload); !struck {
			return false
		}
		some = true
	}
	return some
}

// pruneWhatMay prunes a range, or of one in which something is held back its other bundles.
func (p *Process) pruneWhatMay(ctx context.Context, run domain.ID, r domain.Range) error {
	err := p.Prune(ctx, run, r)
	var no *domain.Refusal
	if !errors.As(err, &no) || no.Rule != "prune.hold" {
		return err
	}
	if r.To-r.From == domain.BundleWidth {
		return nil
	}
	for ; r.From < r.To; r.From += domain.BundleWidth {
		if err := p.pruneWhatMay(ctx, run, domain.Range{From: r.From, To: r.From + domain.BundleWidth}); err != nil {
			return err
		}
	}
	return nil
}
