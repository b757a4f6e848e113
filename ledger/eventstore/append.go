package eventstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

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

// check refuses here what the map or the engine would refuse later.
func check(b ledger.Batch) error {
	if b.Stream.Noun == "" || strings.Trim(b.Stream.Noun, "abcdefghijklmnopqrstuvwxyz") != "" {
		return errors.New("a stream is named by a noun of lower-case letters and an id")
	}
	size := 0
	for i, e := range b.Entries {
		n := len(e.Envelope) + len(e.Payload)
		switch {
		case n > ledger.MaxEvent:
			return fmt.Errorf("entry %d has %d bytes: %w", i, n, ledger.ErrTooLarge)
		case len(e.Envelope) == 0 || len(e.Payload) == 0:
			return fmt.Errorf("entry %d has an empty envelope or payload", i)
		case len(e.Claim) != sha256.Size:
			return fmt.Errorf("entry %d has a claim digest of %d bytes instead of %d", i, len(e.Claim), sha256.Size)
		case e.ID.IsZero(): // the client would make up another
			return fmt.Errorf("entry %d has no id", i)
		}
		size += n
	}
	if size > ledger.MaxAppend {
		return fmt.Errorf("the batch has %d bytes: %w", size, ledger.ErrTooLarge)
	}
	return nil
}

func newWork(b ledger.Batch) *work {
	w := &work{batch: b, stream: streamColumn(b.Stream), claims: make([]claim, len(b.Entries))}
	for i, e := range b.Entries {
		w.claims[i] = claimOf(e.ID, w.stream)
	}
	return w
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
				w.intents = append(w.intents, intended{attemptOf(w.claims[i], e.Envelope, e.Payload), e.Claim, e.Recorded})
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

// decide answers a batch from the map, or makes what must be sent. The caller holds the stream, so
// nobody here changes what is found.
func (l *Log) decide(ctx context.Context, w *work) (*pending, ledger.Result, error) {
	if err := l.haltedBy(); err != nil {
		return nil, ledger.Result{}, err
	}
	keys := make([]any, len(w.claims))
	for i := range w.claims {
		keys[i] = w.claims[i][:]
	}
	before, err := l.keptBefore(ctx, keys)
	if err != nil {
		return nil, ledger.Result{}, err
	}
	w.before = before
	p := &pending{stream: w.stream, name: l.engine.streamName(w.batch.Stream)}
	seen := make(map[claim]bool)
	for i, e := range w.batch.Entries {
		if _, prior := before[w.claims[i]]; prior || seen[w.claims[i]] {
			continue
		}
		seen[w.claims[i]] = true
		p.claims = append(p.claims, w.claims[i])
		p.intents = append(p.intents, intended{attemptOf(w.claims[i], e.Envelope, e.Payload), e.Claim, e.Recorded})
		// Octets, not JSON: nothing on the way may read them, let alone write them anew.
		p.events = append(p.events, esdb.EventData{EventID: uuid.UUID(e.ID), EventType: kind, ContentType: esdb.ContentTypeBinary,
			Data: e.Payload, Metadata: e.Envelope})
	}
	if len(p.claims) == 0 {
		return nil, w.result(nil), nil
	}
	heads, err := headsOf(ctx, nil, l.statements.heads, l.statements.dropped, []any{w.stream})
	if err != nil {
		return nil, ledger.Result{}, sqldb.Explain(err)
	}
	h, ok := heads[string(w.stream)]
	if !ok {
		h = head{-1, -1}
	}
	if e := w.batch.Expected; e != ledger.Any && e != h.revision {
		return nil, ledger.Result{Err: fmt.Errorf("append: expected revision %d, found %d: %w", e, h.revision, ledger.ErrConflict)}, nil
	}
	p.expected = h.engine
	return p, ledger.Result{}, nil
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

// result puts the places together: an entry kept before, or earlier in the batch, is Prior.
func (w *work) result(fresh map[claim]ledger.Placed) ledger.Result {
	placed := make([]ledger.Placed, len(w.claims))
	seen := make(map[claim]bool)
	for i, c := range w.claims {
		p, prior := w.before[c]
		if !prior {
			p = fresh[c]
			p.Prior = seen[c]
			seen[c] = true
		}
		placed[i] = p
	}
	return ledger.Result{Placed: placed}
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

// keptBefore finds the claims among keys that were kept.
func (l *Log) keptBefore(ctx context.Context, keys []any) (map[claim]ledger.Placed, error) {
	found := make(map[claim]ledger.Placed)
	err := l.statements.kept.each(ctx, nil, keys, func(r *sql.Rows) error { return scanPlaced(r, found) })
	if err != nil {
		return nil, sqldb.Explain(err)
	}
	return found, nil
}
