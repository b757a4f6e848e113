package eventstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// work is one batch of an append.
type work struct {
	batch   ledger.Batch
	stream  []byte
	claims  []claim
	intents []intended
	pending *pending
	before  map[claim]ledger.Placed // kept before this batch
}

// Append implements [ledger.Log]. Batches go to the engine one after the other, so that they get
// their seqs in order; that each has its seq is waited for at the end. The bytes of the batches
// belong to the log from then on.
func (l *Log) Append(ctx context.Context, batches ...ledger.Batch) []ledger.Result {
	results := make([]ledger.Result, len(batches))
	fail := func(err error) []ledger.Result {
		for i := range results {
			if results[i].Err == nil {
				results[i] = ledger.Result{Err: fmt.Errorf("append: %w", err)}
			}
		}
		return results
	}
	if err := l.enter(); err != nil {
		return fail(err)
	}
	defer l.calls.Done()
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	works := make([]*work, len(batches))
	for i, b := range batches {
		if err := check(b); err != nil {
			results[i].Err = fmt.Errorf("append: %w", err)
			continue
		}
		works[i] = newWork(b)
	}
	if err := l.prepare(ctx, works); err != nil {
		return fail(fmt.Errorf("nothing was kept: %w", errOf(ctx, err, l.config.Timeout)))
	}
	for i, w := range works {
		if w != nil {
			results[i] = l.offer(ctx, w)
		}
	}
	for i, w := range works {
		if w != nil && w.pending != nil && results[i].Err == nil {
			results[i] = l.await(ctx, w)
		}
	}
	l.putAway(works)
	return results
}

// prepare writes down what is about to be appended and wasn't kept before: the claim digests can't
// travel with the events, and must be there when the sequencer meets them.
func (l *Log) prepare(ctx context.Context, works []*work) error {
	ctx, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	var keys []any
	for _, w := range works {
		if w != nil {
			for _, c := range w.claims {
				keys = append(keys, c[:])
			}
		}
	}
	before, err := l.keptBefore(ctx, keys)
	if err != nil {
		return err
	}
	var all []intended
	for _, w := range works {
		if w == nil {
			continue
		}
		for i, e := range w.batch.Entries {
			if _, ok := before[w.claims[i]]; !ok {
				w.intents = append(w.intents, intended{attemptOf(w.claims[i], e.Envelope, e.Payload), e.Claim, e.Recorded, macOf(w.batch, i)})
			}
		}
		all = append(all, w.intents...)
	}
	if len(all) == 0 {
		return nil
	}
	return l.intend(ctx, all)
}

// putAway is done with the intents of batches whose outcome is final; the others' are needed until then.
func (l *Log) putAway(works []*work) {
	var all []intended
	for _, w := range works {
		if w == nil {
			continue
		}
		if w.pending != nil {
			select {
			case <-w.pending.final:
			default:
				l.sends.Go(func() {
					select {
					case <-w.pending.final:
						l.finished(w.intents)
					case <-l.life.Done():
					}
				})
				continue
			}
		}
		all = append(all, w.intents...)
	}
	l.finished(all)
}

// offer decides on one batch and brings it to the engine. Without an error and with a pending the
// engine has it, and its seqs come.
func (l *Log) offer(ctx context.Context, w *work) ledger.Result {
	if len(w.claims) == 0 {
		return ledger.Result{Placed: []ledger.Placed{}}
	}
	waiting, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	no := func(err error) ledger.Result {
		return ledger.Result{Err: fmt.Errorf("append: nothing was kept: %w", errOf(ctx, err, l.config.Timeout))}
	}
	for range 5 {
		w.pending = nil
		if err := l.pending.hold(waiting, w.stream); err != nil {
			return no(err)
		}
		p, result, err := l.decide(waiting, w)
		if p == nil {
			l.pending.letGo(w.stream)
			if err != nil {
				return no(err)
			}
			return result
		}
		w.pending = p
		l.pending.add(p)
		l.sends.Go(func() { l.send(p) })
		select {
		case <-p.sent:
		case <-waiting.Done():
			return ledger.Result{Err: unknown(ctx, l.haltedBy())}
		}
		select {
		case <-p.final:
		default:
			return ledger.Result{}
		}
		switch {
		case p.err == nil:
			return ledger.Result{}
		case !errors.Is(p.err, errMoved):
			return ledger.Result{Err: p.err}
		}
		if err := l.reached(waiting, p.at); err != nil {
			return no(err)
		}
	}
	return no(fmt.Errorf("%w: somebody else writes to it", errMoved))
}

// await returns the places of a batch that the engine has.
func (l *Log) await(ctx context.Context, w *work) ledger.Result {
	waiting, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	select {
	case <-w.pending.final:
		return w.result(w.pending.placed)
	case <-waiting.Done():
		return ledger.Result{Err: unknown(ctx, l.haltedBy())}
	}
}

// unknown is the answer when the engine may have the batch. ctx's error isn't wrapped: alone it says
// that nothing was kept.
func unknown(ctx context.Context, halted error) error {
	switch {
	case halted != nil:
		return fmt.Errorf("append: %w (%v)", ledger.ErrUnknown, halted)
	case ctx.Err() != nil:
		return fmt.Errorf("append: %w (%v)", ledger.ErrUnknown, ctx.Err())
	}
	return fmt.Errorf("append: %w (the engine gives no answer)", ledger.ErrUnknown)
}

// errOf is the caller's own end where that is the reason, and not our time-out.
func errOf(ctx context.Context, err error, timeout time.Duration) error {
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return fmt.Errorf("no answer within %v", timeout)
	case sqldb.IsFull(err):
		return fmt.Errorf("%w (%v)", ledger.ErrFull, err)
	}
	return err
}
