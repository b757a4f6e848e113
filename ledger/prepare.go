package ledger

import (
	"context"
	"errors"
	"sync/atomic"

	"muniment/domain"
)

// Prepared is a list of submissions that was checked, whose people were found or made and whose
// values were sealed: all but kept. It must be kept or dropped.
type Prepared struct {
	ledger  *Ledger
	before  *Prepared // the list it was prepared behind; nil once that is of no interest
	out     []Outcome
	all     []*taking
	open    []*taking // what will be kept
	ids     map[domain.ID]bool
	batches []Batch // of open: each submission's people, then itself
	release func()  // from when keys were taken until what they sealed is kept, none is destroyed
	settled chan struct{}
	zones   zones
	failed  atomic.Bool // people of it may not have come to be
}

// Prepare does all of [Ledger.Take] but the keeping, so that a list can be prepared while the one
// before it is being kept. before is that list, or nil; those before it must have been answered. Ids
// are looked up before anybody is made: when an id is in both lists, Prepare waits for the outcome
// of the first.
func (l *Ledger) Prepare(ctx context.Context, by Principal, list []*Submission, before *Prepared) *Prepared {
	p := &Prepared{ledger: l, before: before, out: make([]Outcome, len(list)), release: func() {}, settled: make(chan struct{})}
	var open []*taking
	p.zones = before.placed()
	for i, s := range list {
		t := &taking{Submission: s, by: by, zones: p.zones, out: &p.out[i]}
		p.all = append(p.all, t)
		if err := l.identify(ctx, t); err != nil {
			p.out[i].Err = refusalOf(err)
			continue
		}
		open = append(open, t)
	}
	if before != nil && before.shares(open) {
		select {
		case <-before.settled:
		case <-ctx.Done(): // what follows fails by it
		}
	}
	open = l.dropKept(ctx, open)
	known, err := l.whoIsKnown(ctx, open)
	open = each(open, func(t *taking) error {
		if t.known = known; err != nil {
			return err
		}
		if err := l.resolve(ctx, t); err != nil {
			return l.unreserve(ctx, t, err)
		}
		return nil
	})
	p.seal(ctx, open)
	return p
}

// shares reports whether any of the submissions has the id of one that is on its way.
func (p *Prepared) shares(open []*taking) bool {
	for _, t := range open {
		if p.ids[t.id] {
			return true
		}
	}
	return false
}

// seal makes the batches: every submission one of its own, its people's before it.
func (p *Prepared) seal(ctx context.Context, open []*taking) {
	var facts []parted
	p.ids = make(map[domain.ID]bool, len(open))
	for _, t := range open {
		p.ids[t.id] = true
		for _, f := range t.extra {
			facts = append(facts, part(f, t.parted.claim))
		}
		facts = append(facts, t.parted)
	}
	if len(facts) == 0 {
		return
	}
	p.release = p.ledger.Vault.Hold()
	entries, errs, err := p.ledger.seal(ctx, facts)
	p.batches = make([]Batch, 0, len(facts))
	n := 0
	p.open = each(open, func(t *taking) error {
		start := n
		n += len(t.extra) + 1
		if err != nil {
			return p.ledger.unreserve(ctx, t, err)
		}
		for i := start; i < n; i++ {
			if errs[i] != nil {
				return p.ledger.unreserve(ctx, t, errs[i])
			}
		}
		for i := start; i < n; i++ {
			p.batches = append(p.batches, Batch{Stream: facts[i].fact.Stream, Expected: Any, Entries: entries[i : i+1]})
		}
		return nil
	})
}

// errBefore: a list can't be kept when people whom it may name were not.
var errBefore = errors.New("the submissions before these were not kept")

// Keep keeps the list, durably, after the one that it was prepared behind, and answers it.
func (p *Prepared) Keep(ctx context.Context) []Outcome {
	if p.before != nil {
		select {
		case <-p.before.settled:
		case <-ctx.Done():
			p.drop(ctx, ctx.Err())
			return p.out
		}
		if p.before.failed.Load() {
			p.drop(ctx, errBefore)
			return p.out
		}
	}
	p.before = nil
	p.append(ctx)
	for _, t := range p.all { // when no key is held any more
		if t.again {
			p.ledger.retell(ctx, t)
		}
	}
	return p.out
}

// append appends what will be kept and answers it.
func (p *Prepared) append(ctx context.Context) {
	defer close(p.settled)
	defer p.release()
	if len(p.batches) == 0 {
		return
	}
	results := p.ledger.Log.Append(ctx, p.batches...)
	n := 0
	each(p.open, func(t *taking) error {
		own := results[n : n+len(t.extra)+1]
		n += len(own)
		err := p.ledger.answer(ctx, t, own)
		if err != nil && len(t.reserved) > 0 {
			p.failed.Store(true)
		}
		return err
	})
}

// Drop gives the list up: nothing of it is kept.
func (p *Prepared) Drop(ctx context.Context) { p.drop(ctx, context.Canceled) }

func (p *Prepared) drop(ctx context.Context, cause error) {
	p.before = nil
	each(p.open, func(t *taking) error { return p.ledger.unreserve(ctx, t, cause) })
	for _, t := range p.all {
		if t.again {
			*t.out = Outcome{Err: cause}
		}
	}
	p.failed.Store(true)
	p.release()
	close(p.settled)
}
