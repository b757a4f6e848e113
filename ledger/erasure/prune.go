package erasure

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/seal/heads"
	"muniment/ledger/vault"
)

// Evidence is what must be safe before anything is pruned.
type Evidence interface {
	// Cover returns when all events up to a range's end are sealed and counted in the heads of an epoch,
	// durably, and those of the range are what was sealed.
	Cover(ctx context.Context, r domain.Range) error
	// LeafHashes reads the hashes of the leaves of a range, as the tree has them.
	LeafHashes(ctx context.Context, r domain.Range) ([]tlog.Hash, error)
}

// prunedAtOnce is how many events one order prunes: some four seconds, for which an erasure waits that is
// asked for meanwhile.
const prunedAtOnce = 64 * domain.BundleWidth

// Prune orders that ranges of whole bundles be pruned, part by part, and carries it out. run is the event
// that found them due, zero for none. A part of which something mustn't go is refused ([domain.Refusal]), by
// name, and nothing of it or of what comes after it is pruned. The same range again is no error.
func (p *Process) Prune(ctx context.Context, run domain.ID, ranges ...domain.Range) error {
	for _, r := range ranges {
		if no := r.Check(); no != nil {
			return no
		}
		for from := r.From; from < r.To; from += prunedAtOnce {
			if err := p.orderPruning(ctx, run, domain.Range{From: from, To: min(from+prunedAtOnce, r.To)}); err != nil {
				return err
			}
			if err := p.Run(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Process) orderPruning(ctx context.Context, run domain.ID, r domain.Range) error {
	if _, ok := p.Ledger.Log.(ledger.Pruner); !ok {
		return domain.Refuse("prune.engine", "Art. 5(1)(e) GDPR", "this ledger's engine can't remove events in place: docs/erasure.md says how it is done there")
	}
	if p.Evidence == nil {
		return errors.New("prune: nothing is sealed here")
	}
	if err := p.Evidence.Cover(ctx, r); err != nil {
		return err
	}
	if err := p.mayPrune(ctx, r); err != nil {
		return err
	}
	_, err := ledger.Do(ctx, p.Ledger, ledger.Command{
		Name: "prune", Stream: domain.Stream{Noun: "log", ID: p.Ledger.ID}, Key: fmt.Sprintf("%d/%d", r.From, r.To), Principal: "prune", Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "muniment", Actor: domain.Actor{Kind: domain.System}, Causation: run},
	}, domain.Prunings.Apply, func(s domain.Prunings, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return s.Order(domain.LogPruningOrdered{From: r.From, To: r.To, Run: run})
	})
	p.step("pruning ordered")
	return err
}

// mayPrune asks of every event of a range.
func (p *Process) mayPrune(ctx context.Context, r domain.Range) error {
	some, s := false, p.sweep(0, nil)
	if err := s.look(ctx); err != nil {
		return err
	}
	err := p.each(ctx, r, func(records []ledger.Record) error {
		for _, r := range records {
			if _, _, pruned := ledger.Pruned(r); pruned {
				some = true
				continue
			}
			k, err := ledger.Decode(r)
			if err != nil {
				return err
			}
			goes, no := domain.Prune(k)
			if no != nil {
				return no
			}
			if !goes {
				continue
			}
			some = true
			held, err := s.holds(ctx, k)
			if err != nil {
				return err
			}
			if held {
				return domain.Refuse("prune.hold", "Art. 17(3)(b), (e) GDPR", "event %d is about a person under a legal hold: it is pruned when the hold is lifted", r.Seq)
			}
		}
		return nil
	})
	if err == nil && !some {
		return domain.Refuse("prune.nothing", "Art. 5(1)(e) GDPR", "all of events %d to %d must stay", r.From, r.To-1)
	}
	return err
}

// each hands the records of a range to fn, a bundle at a time.
func (p *Process) each(ctx context.Context, r domain.Range, fn func([]ledger.Record) error) error {
	for from := r.From; from < r.To; from += domain.BundleWidth {
		records, err := p.Ledger.Log.Read(ctx, from, domain.BundleWidth)
		if err != nil {
			return err
		}
		if len(records) != domain.BundleWidth {
			return fmt.Errorf("events %d to %d are not all there", from, from+domain.BundleWidth-1)
		}
		if err := fn(records); err != nil {
			return err
		}
	}
	return nil
}

// prune reduces the events of a range to their leaf hashes, in steps that may be repeated:
//
//	ordered      in the log; all that goes was struck before
//	noted        in the journal beside the root: an older copy of the log has the events back
//	pruned       bundle by bundle
//	dropped      from the views                                     → log.pruned
func (p *Process) prune(ctx context.Context, o vault.Order) error {
	records, err := p.Ledger.Log.At(ctx, []int64{o.Seq})
	if err != nil {
		return err
	}
	order, err := ledger.Decode(records[0])
	if err != nil {
		return err
	}
	e, ok := order.Event.(domain.LogPruningOrdered)
	if !ok {
		return errors.New("it orders no pruning")
	}
	r := domain.Range{From: e.From, To: e.To}
	if p.Evidence == nil {
		return errors.New("nothing is sealed here")
	}
	if err := p.Evidence.Cover(ctx, r); err != nil {
		return err
	}
	hashes, err := p.Evidence.LeafHashes(ctx, r)
	if err != nil {
		return err
	}
	if err := p.Keys.NotePruning(ctx, o, vault.Pruned{Range: r, Root: rootOf(hashes)}); err != nil {
		return err
	}
	p.step("pruning noted")
	done, err := p.reduce(ctx, r, hashes)
	if err != nil {
		return err
	}
	done.Run = e.Run
	if err := p.keep(ctx, o, "pruned", done); err != nil {
		return err
	}
	p.step("log.pruned kept")
	return nil
}

// rootOf is RFC 6962's root over leaf hashes.
func rootOf(hashes []tlog.Hash) [32]byte {
	var s heads.Stack
	for _, h := range hashes {
		s.Add(h)
	}
	return s.Root()
}

// reduce takes the events of a range out of the log, and what was made of them out of the views.
func (p *Process) reduce(ctx context.Context, r domain.Range, hashes []tlog.Hash) (done domain.LogPruned, err error) {
	log, ok := p.Ledger.Log.(ledger.Pruner)
	if !ok {
		return done, errors.New("this log's engine can't remove events in place: docs/erasure.md says how it is done there")
	}
	done = domain.LogPruned{From: r.From, To: r.To, Root: fmt.Sprintf("%x", rootOf(hashes))}
	err = p.each(ctx, r, func(records []ledger.Record) (err error) {
		var rests []ledger.Rest
		for _, record := range records {
			rest, goes, err := restOf(record)
			if err != nil {
				return err
			}
			if goes {
				rest.Leaf = hashes[record.Seq-r.From]
				rests = append(rests, rest)
			}
		}
		done.Events, done.Until = done.Events+int64(len(rests)), records[len(records)-1].LogTime
		done.Final, err = log.Prune(ctx, rests)
		p.step("bundle pruned")
		return err
	})
	if err != nil {
		return done, err
	}
	if err := p.Views.CatchUp(ctx); err != nil {
		return done, err
	}
	err = p.Views.Prune(ctx, r)
	p.step("views pruned")
	return done, err
}

// restOf is what is left of an event, if it goes or is gone.
func restOf(r ledger.Record) (rest ledger.Rest, goes bool, err error) {
	rest = ledger.Rest{Seq: r.Seq, Key: ledger.Key{Stream: r.Stream}}
	if id, _, pruned := ledger.Pruned(r); pruned {
		rest.Key.ID = id
		return rest, true, nil
	}
	e, err := domain.ParseEnvelope(r.Envelope)
	if err != nil {
		return rest, false, fmt.Errorf("event %d: %w", r.Seq, err)
	}
	t, _ := domain.Lookup(e.Kind)
	rest.Key.ID = e.ID
	return rest, t.Passing, nil
}

// pruneAgain prunes what the journal says was pruned and an older copy of the log brought back, and tells it
// anew. A log that tells of it already was copied after it was done. A range that isn't all there, or holds
// other events since the log's end was lost, is left alone.
func (p *Process) pruneAgain(ctx context.Context) error {
	ranges := p.Keys.Prunings()
	if len(ranges) == 0 {
		return nil
	}
	list, err := seal.Prunings(ctx, p.Ledger.Log, p.Ledger.ID)
	if err != nil {
		return err
	}
	told := map[vault.Pruned]bool{}
	for _, k := range list {
		e := k.Event.(domain.LogPruned)
		was := vault.Pruned{Range: domain.Range{From: e.From, To: e.To}}
		hex.Decode(was.Root[:], []byte(e.Root))
		told[was] = true
	}
	next, err := p.Ledger.Log.Next(ctx)
	if err != nil {
		return err
	}
	for _, was := range ranges {
		if told[was] || next < was.To {
			continue
		}
		if err := p.prunedAgain(ctx, was); err != nil {
			return fmt.Errorf("prune events %d to %d again: %w", was.From, was.To-1, err)
		}
	}
	return nil
}

func (p *Process) prunedAgain(ctx context.Context, was vault.Pruned) error {
	if p.Evidence == nil {
		return errors.New("nothing is sealed here")
	}
	hashes, err := p.Evidence.LeafHashes(ctx, was.Range)
	if errors.Is(err, seal.ErrNotSealed) { // a log that lost its end is sealed anew
		if err := p.Evidence.Cover(ctx, was.Range); err != nil {
			return err
		}
		hashes, err = p.Evidence.LeafHashes(ctx, was.Range)
	}
	if err != nil || rootOf(hashes) != was.Root {
		return err
	}
	if err := p.Evidence.Cover(ctx, was.Range); err != nil {
		return err
	}
	done, err := p.reduce(ctx, was.Range, hashes)
	if err != nil {
		return err
	}
	_, err = p.Ledger.Once(ctx, ledger.Command{Name: "prune", Stream: domain.Stream{Noun: "log", ID: p.Ledger.ID}, Key: fmt.Sprintf("%d/%d/again", was.From, was.To), Principal: principal, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "muniment", Actor: domain.Actor{Kind: domain.System}}}, done)
	return err
}
