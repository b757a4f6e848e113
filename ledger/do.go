package ledger

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"slices"

	"muniment/domain"
	"muniment/domain/canon"
)

// Command is a decision about to be taken on one stream.
type Command struct {
	Name     string // such as raiseObjection; part of what an idempotency key stands for
	Stream   domain.Stream
	Envelope domain.Envelope // tenant, actor, auth, purpose, basis, subjects, source; occurred when not now
	// Key is the caller's idempotency key, "" for none; Principal whose key it is.
	Key       string
	Principal string
	// Input is what was asked, as a canonical value (package canon): the same key with another
	// input is a conflict.
	Input any
}

// attempts is how often a decision is taken anew when the stream moved on meanwhile.
const attempts = 3

// Do reads the command's stream, folds it by occurrence, lets decide choose, and appends what it
// chose at the revision that was read. A *[domain.Refusal] is decide's no; a repeated idempotency
// key answers with the first receipt before anything is decided. The receipt is that of the last
// event.
func Do[S any](ctx context.Context, l *Ledger, c Command, fold func(S, domain.Kept) S, decide func(S, domain.Time) ([]domain.Event, *domain.Refusal)) (Receipt, error) {
	if err := l.tenantKnown(ctx, c.Envelope.Tenant, c.Stream.Noun); err != nil {
		return Receipt{}, err
	}
	first, claim, err := l.commandID(ctx, c, 0)
	if err != nil {
		return Receipt{}, err
	}
	for range attempts {
		history, next, err := l.history(ctx, c.Stream)
		if err != nil {
			return Receipt{}, err
		}
		if c.Key != "" { // after reading, so that decide never sees what the same command did before
			if r, done, err := l.repeated(ctx, c, first, claim); done || err != nil {
				return r, err
			}
		}
		var state S
		for _, k := range domain.InOrder(history) {
			state = fold(state, k)
		}
		events, no := decide(state, domain.TimeOf(l.Now()))
		if no != nil {
			return Receipt{}, no
		}
		if len(events) == 0 {
			return Receipt{}, fmt.Errorf("%s: decided nothing and refused nothing", c.Name)
		}
		r, err := l.append(ctx, c, first, claim, next-1, events)
		if !errors.Is(err, ErrConflict) {
			return r, err
		}
	}
	return Receipt{}, &domain.Refusal{Code: domain.Unavailable, Rule: "do.contended", Message: "others changed this at the same moment, three times in a row: try again"}
}

// Once keeps an event of our own that follows from its command's key alone: nothing is read or decided,
// so it costs the same however long its stream is. Kept before under the key, it answers with the first
// receipt.
func (l *Ledger) Once(ctx context.Context, c Command, e domain.Event) (Receipt, error) {
	id, claim, err := l.commandID(ctx, c, 0)
	if err != nil {
		return Receipt{}, err
	}
	return l.append(ctx, c, id, claim, Any, []domain.Event{e})
}

// History reads a whole stream, in the order it was kept.
func (l *Ledger) History(ctx context.Context, s domain.Stream) ([]domain.Kept, error) {
	history, _, err := l.history(ctx, s)
	return history, err
}

// Current is the state of a stream as decisions see it: all that is kept of it, folded by occurrence.
func Current[S any](ctx context.Context, l *Ledger, s domain.Stream, fold func(S, domain.Kept) S) (state S, err error) {
	history, err := l.History(ctx, s)
	for _, k := range domain.InOrder(history) {
		state = fold(state, k)
	}
	return state, err
}

// history is that, and the revision that the stream's next event will have.
func (l *Ledger) history(ctx context.Context, s domain.Stream) (history []domain.Kept, next int64, err error) {
	for {
		records, err := l.Log.Stream(ctx, s, next, 256)
		if err != nil {
			return nil, 0, fmt.Errorf("read stream: %w", err)
		}
		for _, r := range records {
			k, err := Decode(r)
			if err != nil {
				return nil, 0, err
			}
			history = append(history, k)
		}
		next += int64(len(records))
		if len(records) < 256 {
			return history, next, nil
		}
	}
}

// commandID is the id of the command's event number n, and the command's claim.
func (l *Ledger) commandID(ctx context.Context, c Command, n int) (domain.ID, []byte, error) {
	claim, err := l.Vault.Claim(ctx, c.Envelope.Tenant, canon.Append(nil, map[string]any{"command": c.Name, "input": c.Input, "stream": c.Stream.String()}))
	if err != nil {
		return domain.ID{}, nil, err
	}
	if c.Key == "" {
		return domain.NewEventID(l.Now()), claim, nil
	}
	naming, err := l.Vault.NamingKey(ctx, c.Envelope.Tenant)
	if errors.Is(err, ErrLeft) { // what goes on has no other key to be named with
		naming, err = l.Vault.NamingKey(ctx, domain.Operator)
	}
	if err != nil {
		return domain.ID{}, nil, err
	}
	return domain.KeyedID(naming, c.Principal, c.Key, "command/"+c.Name, uint32(n)), claim, nil
}

// repeated is the receipt of a command that was kept before: that of its last event, again.
func (l *Ledger) repeated(ctx context.Context, c Command, id domain.ID, claim []byte) (r Receipt, done bool, err error) {
	for n := 1; ; n++ {
		found, err := l.Log.Prior(ctx, []Key{{c.Stream, id}})
		if err != nil {
			return Receipt{}, false, fmt.Errorf("look up idempotency key: %w", err)
		}
		p := found[0]
		if p.Seq < 0 {
			return r, done, nil
		}
		p.Prior = true
		compared := comparable(p.Claim, claim)
		if compared && !hmac.Equal(p.Claim, claim) {
			return Receipt{}, false, &domain.Refusal{Code: domain.Conflict, Rule: "idempotency.same", Field: "idempotencyKey",
				Message: "this idempotency key was used before with another input: use a new key for a new command"}
		}
		r, done = receipt(id, c.Stream, p), true
		r.Uncompared = !compared
		if id, _, err = l.commandID(ctx, c, n); err != nil {
			return Receipt{}, false, err
		}
	}
}

func (l *Ledger) append(ctx context.Context, c Command, first domain.ID, claim []byte, revision int64, events []domain.Event) (Receipt, error) {
	facts := make([]parted, len(events))
	for i, event := range events {
		if err := domain.Check(event); err != nil {
			return Receipt{}, refusalOf(err)
		}
		f := &domain.Fact{Envelope: c.Envelope, Event: event}
		f.Stream, f.ID = c.Stream, first
		if i > 0 {
			id, _, err := l.commandID(ctx, c, i)
			if err != nil {
				return Receipt{}, err
			}
			f.ID = id
		}
		if f.Occurred == (domain.Moment{}) {
			f.Occurred = domain.At(domain.TimeOf(l.Now()))
		}
		facts[i] = part(f, claim)
	}
	defer l.Vault.Hold()()
	entries, errs, err := l.seal(ctx, facts)
	if err != nil {
		return Receipt{}, err
	}
	if err := errors.Join(errs...); err != nil {
		return Receipt{}, refusalOf(errs[slices.IndexFunc(errs, func(e error) bool { return e != nil })])
	}
	result := l.Log.Append(ctx, Batch{Stream: c.Stream, Expected: revision, Entries: entries})[0]
	last := entries[len(entries)-1].ID
	if errors.Is(result.Err, ErrUnknown) {
		p, err := l.place(ctx, Key{c.Stream, last}, claim)
		if err != nil {
			return Receipt{}, err
		}
		if p.Seq < 0 {
			return Receipt{}, &domain.Refusal{Code: domain.Unavailable, Rule: "do.unkept", Message: "the ledger could not keep this, and nothing was changed: try again"}
		}
		result = Result{Placed: []Placed{p}}
	}
	if result.Err != nil {
		return Receipt{}, fmt.Errorf("append: %w", result.Err)
	}
	if result.Placed[0].Prior { // the same key at the same moment, perhaps with another input
		r, _, err := l.repeated(ctx, c, first, claim)
		return r, err
	}
	return receipt(last, c.Stream, result.Placed[len(result.Placed)-1]), nil
}

// refusalOf makes a field error a refusal, and leaves other errors as they are.
func refusalOf(err error) error {
	var field *domain.FieldError
	if errors.As(err, &field) {
		return domain.Malformed(field.Path, "%s", field.Msg)
	}
	if errors.Is(err, ErrErased) {
		return domain.Refuse("subject.erased", "Art. 17 GDPR", "what this would tell of a person was erased, and no more is kept of it. If the person is in contact again, send the number or address: it will be somebody new")
	}
	if errors.Is(err, ErrTooLarge) {
		return &domain.Refusal{Code: domain.TooMuch, Rule: "log.size", Message: "the event is " + ErrTooLarge.Error()}
	}
	return err
}
