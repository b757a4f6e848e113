package erasure

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/vault"
)

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
