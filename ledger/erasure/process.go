package erasure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/vault"
)

// Keys is what the process needs of the key vault (ledger/vault).
type Keys interface {
	// CatchUp returns when the vault knows what the log says now.
	CatchUp(ctx context.Context, log ledger.Log) error
	// Orders lists what is still to be destroyed; Ordered tells that there may be more.
	Orders(ctx context.Context) ([]vault.Order, error)
	Ordered() <-chan struct{}
	// Postpone sets aside the orders that a legal hold stops until it is lifted, and returns the others.
	Postpone(ctx context.Context, orders []vault.Order) ([]vault.Order, error)
	// Settle returns when whatever was sealed before has been kept or has failed.
	Settle()
	// KeysOf lists a person's keys. Destroy destroys keys for good: no live copy is left, or only the
	// epoch's end is final, as it says. Both may be repeated.
	KeysOf(ctx context.Context, o vault.Order) ([]domain.ID, error)
	Destroy(ctx context.Context, keys []domain.ID, orders ...vault.Order) (epoch int64, final domain.Finality, err error)
	// DestroyBranch destroys all that was processed for a tenant; Leave the keys that name its records.
	DestroyBranch(ctx context.Context, o vault.Order) (pages, epoch int64, final domain.Finality, err error)
	Leave(ctx context.Context, tenant domain.ID) error
	// Forget removes what led from identifiers to the person, and from the person to keys.
	Forget(ctx context.Context, o vault.Order, identifiers []domain.ID) error
	// OpenCondemned opens a box although it was ordered to be destroyed: once more, to suppress.
	OpenCondemned(ctx context.Context, e *domain.Envelope, b *ledger.Box) (map[string]string, error)
	// Suppress puts numbers and addresses on the list that only blocks.
	Suppress(ctx context.Context, tenant domain.ID, ground domain.SuppressionGround, since domain.Time, list []ledger.Identifier) error
	Done(ctx context.Context, orders ...vault.Order) error
	// NoteStrike names an event beside the root before it is struck; Strikes are those named there when
	// the vault was opened.
	NoteStrike(ctx context.Context, o vault.Order) error
	Strikes() []domain.ID
	// NotePruning and Prunings are the same for ranges that are pruned.
	NotePruning(ctx context.Context, o vault.Order, p vault.Pruned) error
	Prunings() []vault.Pruned
	// HeldAmong asks whether some of these people are under a legal hold.
	HeldAmong(ctx context.Context, tenant domain.ID, people []domain.SubjectRef) (bool, error)
	// NoteDisposal writes beside the root how far back a disposal reaches; Disposals is how far those
	// reached that were written there when the vault was opened, by [domain.Cut.Key]; DestroyedBy the keys
	// that an earlier attempt at an order took.
	NoteDisposal(ctx context.Context, o vault.Order, cuts []domain.Cut) error
	Disposals() map[string]domain.Time
	DestroyedBy(o vault.Order) []domain.ID
	// Living are those of the keys that can still open something.
	Living(ctx context.Context, keys []domain.ID) ([]domain.ID, error)
	// HeldPeople are the persons under a legal hold.
	HeldPeople(ctx context.Context) (map[domain.ID]bool, error)
}

// Claims blanks claim digests: nobody can test a guess of what was claimed any more. It may be
// repeated.
type Claims interface {
	Blank(ctx context.Context, keys []ledger.Key) error
}

// Views is what the process needs of the views.
type Views interface {
	// CatchUp returns when the views have followed the log up to its present end.
	CatchUp(ctx context.Context) error
	// About lists the positions of the events that name a person.
	About(ctx context.Context, tenant, subject domain.ID) ([]int64, error)
	// By lists the positions of the events whose actor somebody is.
	By(ctx context.Context, tenant, actor domain.ID) ([]int64, error)
	// Of lists the positions of a tenant's events from one on, at most limit.
	Of(ctx context.Context, tenant domain.ID, from int64, limit int) ([]int64, error)
	// Restate shows kept events, and what followed from them, as the log has them now. It may be repeated.
	Restate(ctx context.Context, events ...ledger.Record) error
	// Aged lists the positions of events of a cut's kinds that occurred and were recorded before its
	// bounds, with or without their payloads, in some thousands from one position on; next is where to go
	// on, -1 at the end.
	Aged(ctx context.Context, c domain.Cut, recordedBefore domain.Time, struck bool, from int64) (seqs []int64, next int64, err error)
	// Prune drops what was made of the pruned events of a range. It may be repeated.
	Prune(ctx context.Context, r domain.Range) error
}

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
// A strike is an order like the others (strike.go), and so is a pruning (prune.go). A disposal takes long, so
// others go on between its parts (disposal.go).
type Process struct {
	Ledger   *ledger.Ledger
	Keys     Keys
	Claims   Claims
	Views    Views
	Evidence Evidence // nil where nothing is sealed: then nothing is pruned

	one   sync.Mutex // at a time
	long  sync.Mutex // one disposal at a time; taken before one
	again bool       // what the journal says was struck or pruned, is; guarded by one
	// disposed: what the journal says was disposed of, is; guarded by long.
	disposed bool
	// Stepped is a test's: each step, once it is durable.
	Stepped func(step string)
}

// Run carries out all that is ordered by now, but for disposals that somebody else is carrying out.
func (p *Process) Run(ctx context.Context) error {
	if err := p.short(ctx); err != nil {
		return err
	}
	if !p.long.TryLock() {
		return nil
	}
	defer p.long.Unlock()
	return p.disposals(ctx)
}

// short carries out everything but disposals.
func (p *Process) short(ctx context.Context) error {
	p.one.Lock()
	defer p.one.Unlock()
	if err := p.ordered(ctx); err != nil {
		return err
	}
	if p.again {
		return nil
	}
	if err := p.strikeAgain(ctx); err != nil {
		return err
	}
	err := p.pruneAgain(ctx)
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
	slices.SortStableFunc(orders, func(a, b vault.Order) int { return cmp.Compare(patience(a), patience(b)) })
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

// patience orders prunings behind all others: they wait for the log to be sealed, and nobody's erasure may
// wait for that.
func patience(o vault.Order) int {
	if o.Noun == "log" {
		return 1
	}
	return 0
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
		if err := p.Run(ctx); err != nil && ctx.Err() == nil {
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
	case "log":
		err = p.prune(ctx, o)
	default:
		err = errors.New("an order that this build doesn't know")
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

// keysAtOnce is how many key ids one event names: 35 bytes each, of the 64 KiB an event may have.
const keysAtOnce = 1000

// subject erases a person, or some classes of it.
func (p *Process) subject(ctx context.Context, o vault.Order) error {
	history, err := p.Ledger.History(ctx, domain.Stream{Noun: o.Noun, ID: o.Entity})
	if err != nil {
		return err
	}
	var request *domain.ErasureRequested
	var who domain.Subject
	for _, k := range history {
		who = who.Apply(k)
		if e, ok := k.Event.(domain.ErasureRequested); ok && k.Seq == o.Seq {
			request = &e
		}
	}
	if request == nil {
		return errors.New("its request is not in the person's stream")
	}
	if request.Suppress != "" {
		if err := p.suppress(ctx, o, *request, who); err != nil {
			return err
		}
	}
	keys, err := p.Keys.KeysOf(ctx, o)
	if err != nil {
		return err
	}
	epoch, final, err := p.Keys.Destroy(ctx, keys, o)
	if err != nil {
		return err
	}
	p.step("keys destroyed")
	parts := slices.Collect(slices.Chunk(keys, keysAtOnce))
	if len(parts) == 0 {
		parts = [][]domain.ID{nil}
	}
	for i, part := range parts {
		if err := p.keep(ctx, o, fmt.Sprintf("keys/%d", i), domain.SubjectKeysDestroyed{Keys: part, Epoch: epoch, Final: final}); err != nil {
			return err
		}
		p.step("keys_destroyed kept")
	}
	counts := domain.ErasureCompleted{Keys: int64(len(keys))}
	ever, staff, err := p.identifiers(ctx, o, *request, who)
	if err != nil {
		return err
	}
	if err := p.purge(ctx, o, ever, staff, &counts); err != nil {
		return err
	}
	if err := p.keep(ctx, o, "completed", counts); err != nil {
		return err
	}
	p.step("completed kept")
	return nil
}

// suppress keeps keyed hashes of the numbers and addresses that are the person's now, while they can
// still be opened. Once the keys are gone it was done before: destroying comes after.
func (p *Process) suppress(ctx context.Context, o vault.Order, request domain.ErasureRequested, who domain.Subject) error {
	var open []ledger.Identifier
	err := p.records(ctx, o, func(k *domain.Kept, boxes []ledger.Box) error {
		e, ok := k.Event.(domain.IdentifierAttached)
		if _, now := who.Identifiers[e.Identifier]; !ok || !now || e.Type == domain.Login {
			return nil
		}
		for i := range boxes {
			values, err := p.Keys.OpenCondemned(ctx, &k.Envelope, &boxes[i])
			if err != nil && !errors.Is(err, ledger.ErrErased) {
				return err
			}
			if text := values["/value"]; text != "" {
				open = append(open, ledger.Identifier{Type: e.Type, Value: text})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := p.Keys.Suppress(ctx, o.Tenant, request.Suppress, domain.TimeOf(p.Ledger.Now()), open); err != nil {
		return err
	}
	p.step("suppressed")
	if err := p.keep(ctx, o, "suppressed", domain.IdentifiersSuppressed{Ground: request.Suppress, Identifiers: int64(len(open))}); err != nil {
		return err
	}
	p.step("identifiers_suppressed kept")
	return nil
}

// records hands every event of an order's stream to fn, with its boxes.
func (p *Process) records(ctx context.Context, o vault.Order, fn func(*domain.Kept, []ledger.Box) error) error {
	const page = 256
	for from := int64(0); ; from += page {
		records, err := p.Ledger.Log.Stream(ctx, domain.Stream{Noun: o.Noun, ID: o.Entity}, from, page)
		if err != nil {
			return err
		}
		for _, r := range records {
			if _, _, pruned := ledger.Pruned(r); pruned {
				continue // its boxes are gone
			}
			k, boxes, err := ledger.DecodeBoxes(r)
			if err != nil {
				return err
			}
			if err := fn(&k, boxes); err != nil {
				return err
			}
		}
		if len(records) < page {
			return nil
		}
	}
}

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

// keysIn lists the keys that an interaction's bodies name, and those of them whose end no event tells
// yet: an interaction is redacted more than once.
func (p *Process) keysIn(ctx context.Context, o vault.Order) (all, untold []domain.ID, err error) {
	told := map[domain.ID]bool{}
	err = p.records(ctx, o, func(k *domain.Kept, boxes []ledger.Box) error {
		for _, b := range boxes {
			if b.Class == domain.InteractionData {
				all = append(all, b.Key)
			}
		}
		if e, ok := k.Event.(domain.InteractionKeysDestroyed); ok {
			for _, id := range e.Keys {
				told[id] = true
			}
		}
		return nil
	})
	slices.SortFunc(all, func(a, b domain.ID) int { return slices.Compare(a[:], b[:]) })
	all = slices.Compact(all)
	for _, id := range all {
		if !told[id] {
			untold = append(untold, id)
		}
	}
	return all, untold, err
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
