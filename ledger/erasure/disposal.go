package erasure

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/vault"
)

func isDisposal(o vault.Order) bool { return o.Noun == disposalNoun }

const disposalNoun = "disposal"

// disposalStream tells the ledger's own retention: its schedule, and what was disposed of by it.
func (p *Process) disposalStream() domain.Stream {
	return domain.Stream{Noun: disposalNoun, ID: p.Ledger.ID}
}

// Schedule is the retention schedule in force, with what was done by it.
func (p *Process) Schedule(ctx context.Context) (d domain.Disposal, err error) {
	history, err := p.Ledger.History(ctx, p.disposalStream())
	for _, k := range history {
		d = d.Apply(k)
	}
	return d, err
}

// Dispose has everything disposed of that is past its period and that nothing keeps. done is nil when there is nothing to dispose of: then nothing is recorded.
func (p *Process) Dispose(ctx context.Context) (done *domain.DisposalCompleted, err error) {
	p.long.Lock()
	defer p.long.Unlock()
	if err := p.disposals(ctx); err != nil { // what was cut off
		return nil, err
	}
	plan, now, err := p.Plan(ctx)
	if err != nil {
		return nil, err
	}
	due := int64(0)
	cuts := make([]domain.Cut, len(plan))
	for i, row := range plan {
		due += row.Taken.Struck + row.Keys
		cuts[i] = row.Cut
	}
	if due == 0 {
		return nil, nil
	}
	if err := p.order(ctx, now, cuts); err != nil {
		return nil, err
	}
	if err := p.disposals(ctx); err != nil {
		return nil, err
	}
	d, err := p.Schedule(ctx)
	return &d.Last, err
}

// order keeps that cuts are to be made; from here on they will be.
func (p *Process) order(ctx context.Context, now domain.Time, cuts []domain.Cut) (err error) {
	gone := make([]int64, len(cuts))
	for i, c := range cuts {
		if gone[i], err = p.gone(ctx, c, now); err != nil {
			return err
		}
	}
	_, err = p.Ledger.Once(ctx, ledger.Command{Name: "dispose", Stream: p.disposalStream(), Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "muniment", Actor: domain.Actor{Kind: domain.System}}},
		domain.DisposalOrdered{RecordedBefore: now, Cuts: cuts, Gone: gone})
	return err
}

// gone counts the payloads within a cut that aren't there any more.
func (p *Process) gone(ctx context.Context, c domain.Cut, recordedBefore domain.Time) (n int64, err error) {
	for from := int64(0); from >= 0; {
		seqs, next, err := p.Views.Aged(ctx, c, recordedBefore, true, from)
		if err != nil {
			return 0, err
		}
		n, from = n+int64(len(seqs)), next
	}
	return n, nil
}

// disposals carries out those that are ordered; others' orders go on between their parts. p.long is held.
func (p *Process) disposals(ctx context.Context) error {
	if err := p.openDisposals(ctx); err != nil { // first what was cut off
		return err
	}
	if p.disposed {
		return nil
	}
	if err := p.disposeAgain(ctx); err != nil {
		return err
	}
	return p.openDisposals(ctx)
}

func (p *Process) openDisposals(ctx context.Context) error {
	if err := p.Keys.CatchUp(ctx, p.Ledger.Log); err != nil {
		return err
	}
	orders, err := p.Keys.Orders(ctx)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if !isDisposal(o) {
			continue
		}
		if err := p.dispose(ctx, o); err != nil {
			return fmt.Errorf("dispose of what event %d ordered: %w", o.Seq, err)
		}
		p.step("done")
		if err := p.Keys.Done(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// dispose carries out one disposal, in steps that may be repeated:
//
//	ordered      in the log, with the cuts
//	noted        in the journal beside the root: an older copy of the log has it all back
//	destroyed    the keys that nothing else needs        } in parts,
//	removed      a stub in the place of each payload     } others go on
//	restated     views show the events as they are now   } in between
//	completed    told, with what was held back
func (p *Process) dispose(ctx context.Context, o vault.Order) error {
	records, err := p.Ledger.Log.At(ctx, []int64{o.Seq})
	if err != nil {
		return err
	}
	cause, err := ledger.Decode(records[0])
	if err != nil {
		return err
	}
	ordered, ok := cause.Event.(domain.DisposalOrdered)
	if !ok || len(ordered.Gone) != len(ordered.Cuts) {
		return errors.New("it orders no disposal that this build knows")
	}
	if err := p.Keys.NoteDisposal(ctx, o, ordered.Cuts); err != nil {
		return err
	}
	p.step("disposal noted")
	if err := p.Views.CatchUp(ctx); err != nil {
		return err
	}
	done := domain.DisposalCompleted{RecordedBefore: ordered.RecordedBefore, Cuts: ordered.Cuts}
	keys := map[domain.ID]bool{}
	for _, id := range p.Keys.DestroyedBy(o) {
		keys[id] = true
	}
	s := p.sweep(ordered.RecordedBefore, ordered.Cuts)
	for i, c := range ordered.Cuts {
		taken, err := s.walk(ctx, c, func(part []doomed) error {
			for _, e := range part {
				for _, id := range e.keys {
					keys[id] = true
				}
			}
			final, err := p.take(ctx, o, part, s.strikes(c))
			if final != "" {
				done.Final = final
			}
			return err
		})
		if err != nil {
			return err
		}
		if s.strikes(c) { // also what an earlier attempt took
			now, err := p.gone(ctx, c, ordered.RecordedBefore)
			if err != nil {
				return err
			}
			taken.Struck = max(0, now-ordered.Gone[i])
		}
		done.Taken = append(done.Taken, taken)
	}
	done.Keys = int64(len(keys))
	if err := p.keep(ctx, o, "completed", done); err != nil {
		return err
	}
	p.step("completed kept")
	return nil
}

// take destroys the keys of some events and, where it strikes, removes their payloads.
func (p *Process) take(ctx context.Context, o vault.Order, part []doomed, strikes bool) (final domain.StrikeFinality, err error) {
	p.one.Lock()
	defer p.one.Unlock()
	var keys []domain.ID
	var removals []ledger.Removal
	var records []ledger.Record
	for _, e := range part {
		keys, records = append(keys, e.keys...), append(records, e.record)
		pay, err := seal.PayloadCommitment(e.record.Payload)
		if err != nil {
			return "", fmt.Errorf("event %d: %w", e.record.Seq, err)
		}
		removals = append(removals, ledger.Removal{At: ledger.Key{Stream: e.record.Stream, ID: e.id}, Stub: ledger.Stub(pay)})
	}
	if !strikes { // first, so that a crash leaves a key by which it is found: values could be guessed at with it
		claims := make([]ledger.Key, len(removals))
		for i, r := range removals {
			claims[i] = r.At
		}
		if err := p.Claims.Blank(ctx, claims); err != nil {
			return "", err
		}
		p.step("claims blanked")
	}
	if len(keys) > 0 {
		p.Keys.Settle()
		if _, _, err := p.Keys.Destroy(ctx, keys, o); err != nil {
			return "", err
		}
		p.step("keys destroyed")
	}
	if !strikes {
		return "", nil
	}
	if final, err = p.Ledger.Log.(ledger.Striker).Strike(ctx, removals...); err != nil {
		return "", err
	}
	p.step("payloads removed")
	if err := p.Views.Restate(ctx, records...); err != nil {
		return "", err
	}
	p.step("views restated")
	return final, nil
}

// disposeAgain orders anew what the journal says was disposed of and the log doesn't: an older copy of
// the log was brought back, and the events that told of it are lost.
func (p *Process) disposeAgain(ctx context.Context) error {
	d, err := p.Schedule(ctx)
	if err != nil {
		return err
	}
	var cuts []domain.Cut
	for key, before := range p.Keys.Disposals() {
		family, class, _ := strings.Cut(key, "/")
		terms, known := domain.Family(family).Terms()
		if known && d.Done[key] < before {
			cuts = append(cuts, domain.Cut{Family: terms.Family, Class: domain.Class(class), Kinds: terms.Kinds, OccurredBefore: before})
		}
	}
	if len(cuts) > 0 {
		if err := p.Views.CatchUp(ctx); err != nil {
			return err
		}
		now, err := p.upToNow(ctx)
		if err != nil {
			return err
		}
		if err := p.order(ctx, now, cuts); err != nil {
			return err
		}
	}
	p.disposed = true
	return nil
}
