package erasure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/vault"
)

// Process carries out what the log orders to be destroyed. Every step may be repeated and leaves a
// trace by which the next start finds out where it was: the vault keeps the order open until all is
// done, and each event has an id of its own that follows from the order.
//
//	requested       in the log; the vault refuses from here on, before anything else is done
//	settled         what was under way is kept, with keys that are known now
//	suppressed      if asked: keyed hashes on the list that only blocks    → identifiers_suppressed
//	destroyed       keys, first written into the journal beside the root   → keys_destroyed
//	purged          owners, look-up rows, claim digests                    → erasure_completed
//
// A strike is an order like the others (strike.go). A disposal takes long, so others go on between its
// parts (disposal.go).
type Process struct {
	Ledger *ledger.Ledger
	Keys   Keys
	Claims Claims
	Views  Views

	one   sync.Mutex // at a time
	long  sync.Mutex // one disposal at a time; taken before one
	again bool       // what the journal says was struck, is; guarded by one
	// disposed: what the journal says was disposed of, is; guarded by long.
	disposed bool
	// Stepped is a test's: each step, once it is durable.
	Stepped func(step string)
}

// Run carries out all that is ordered by now, but for disposals that somebody else is carrying out: what a
// crash left undone and a restore brought back, before anything is asked.
func (p *Process) Run(ctx context.Context) error {
	if err := p.Carry(ctx); err != nil {
		return err
	}
	if !p.long.TryLock() {
		return nil
	}
	defer p.long.Unlock()
	return p.disposals(ctx)
}

// Carry carries out all that is ordered by now but disposals, which take long.
func (p *Process) Carry(ctx context.Context) error {
	p.one.Lock()
	defer p.one.Unlock()
	if err := p.ordered(ctx); err != nil {
		return err
	}
	if p.again {
		return nil
	}
	err := p.strikeAgain(ctx)
	p.again = err == nil
	return err
}

func (p *Process) ordered(ctx context.Context) error {
	if err := p.Keys.CatchUp(ctx, p.Ledger.Log); err != nil {
		return err
	}
	orders, err := p.Keys.Orders(ctx)
	orders = slices.DeleteFunc(orders, isDisposal)
	if err != nil || len(orders) == 0 {
		return err
	}
	p.Keys.Settle()
	if err := p.Keys.CatchUp(ctx, p.Ledger.Log); err != nil {
		return err
	}
	if orders, err = p.Keys.Postpone(ctx, orders); err != nil {
		return err
	}
	for len(orders) > 0 {
		n := together(orders)
		if err := p.carryOut(ctx, orders[:n]); err != nil {
			return fmt.Errorf("erase what event %d ordered: %w", orders[0].Seq, err)
		}
		orders = orders[n:]
	}
	return nil
}

// Paused runs fn while nothing is being carried out; what is ordered meanwhile comes after.
func (p *Process) Paused(fn func() error) error {
	p.one.Lock()
	defer p.one.Unlock()
	return fn()
}

// interactionsAtOnce is how many redactions are carried out together: a source redacts many in a night,
// and emptying the database's journal for each would take that night.
const interactionsAtOnce = 512

// together is how many of the first orders are carried out in one go.
func together(orders []vault.Order) (n int) {
	for n < min(len(orders), interactionsAtOnce) && orders[n].Noun == "interaction" {
		n++
	}
	return max(n, 1)
}

// Follow carries out what is ordered until ctx ends. What fails is tried again with the next order,
// and at the next start; failed is told.
func (p *Process) Follow(ctx context.Context, failed func(error)) error {
	for {
		if err := p.Carry(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.Keys.Ordered():
		}
	}
}

func (p *Process) carryOut(ctx context.Context, orders []vault.Order) error {
	var err error
	switch o := orders[0]; o.Noun {
	case "subject":
		err = p.subject(ctx, o)
	case "interaction":
		err = p.interactions(ctx, orders)
	case "tenant":
		err = p.tenant(ctx, o)
	case "strike":
		err = p.strike(ctx, o)
	default:
		err = errors.New("an order that this build doesn't know")
	}
	if errors.Is(err, errKept) {
		return nil
	}
	if err != nil {
		return err
	}
	p.step("done")
	return p.Keys.Done(ctx, orders...)
}

func (p *Process) step(name string) {
	if p.Stepped != nil {
		p.Stepped(name)
	}
}

// keep keeps what was done, once for each order.
func (p *Process) keep(ctx context.Context, o vault.Order, step string, e domain.Event) error {
	records, err := p.Ledger.Log.At(ctx, []int64{o.Seq})
	if err != nil {
		return err
	}
	cause, err := ledger.Decode(records[0])
	if err != nil {
		return err
	}
	_, err = ledger.Do(ctx, p.Ledger, ledger.Command{
		Name: "erase", Stream: cause.Stream, Key: fmt.Sprintf("%s/%s", cause.ID, step), Principal: principal, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: o.Tenant, Source: "muniment", Actor: domain.Actor{Kind: domain.System}, Subjects: cause.Subjects, Causation: cause.ID},
	}, func(s struct{}, _ domain.Kept) struct{} { return s }, func(struct{}, domain.Time) ([]domain.Event, *domain.Refusal) { return []domain.Event{e}, nil })
	return err
}
