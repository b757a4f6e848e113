package ledger

import (
	"context"
	"errors"
	"fmt"

	"muniment/domain"
)

// State says what became of a personal value. Readers get one of these, never an empty string.
type State string

// The states.
const (
	StateAbsent      State = ""            // the event was kept without such a value
	StateClear       State = "CLEAR"       // released
	StateErased      State = "ERASED"      // its key was destroyed
	StateRedacted    State = "REDACTED"    // removed by a redaction
	StateStruck      State = "STRUCK"      // the payload was physically removed
	StateWithheld    State = "WITHHELD"    // exists, but purpose and case were not stated, or the role may not see it
	StateUnavailable State = "UNAVAILABLE" // exists, but can't be opened now
	StateDamaged     State = "DAMAGED"     // the record isn't the one that was kept and signed, or its box doesn't open to what it commits to
)

// Ref names one personal value: the event it was kept in, and its path there.
type Ref struct {
	Seq  int64
	Path string
}

// Value is what a reference leads to.
type Value struct {
	Text     string // only when State is CLEAR
	State    State
	Subject  domain.ID // whose value it is; zero when it is a thing's
	Capacity domain.Capacity
	Tenant   domain.ID
}

// Reveal opens personal values, in the order asked, each with its state. The caller must have recorded, or be about to
// record, why (domain.LedgerQueried), before anything leaves.
func (l *Ledger) Reveal(ctx context.Context, refs []Ref) ([]Value, error) {
	values := make([]Value, len(refs))
	at := map[int64][]int{}
	var seqs []int64
	for i, r := range refs {
		if at[r.Seq] == nil {
			seqs = append(seqs, r.Seq)
		}
		at[r.Seq] = append(at[r.Seq], i)
	}
	records, err := l.Shown(ctx, seqs)
	if err != nil {
		return nil, fmt.Errorf("read sealed events: %w", err)
	}
	for _, record := range records {
		if record.Forged {
			for _, i := range at[record.Seq] {
				values[i].State = StateDamaged
			}
			continue
		}
		kept, boxes, err := DecodeBoxes(record)
		if err != nil {
			return nil, err
		}
		for _, i := range at[record.Seq] {
			if values[i], err = l.reveal(ctx, &kept, boxes, refs[i].Path); err != nil {
				return nil, err
			}
		}
	}
	return values, nil
}

func (l *Ledger) reveal(ctx context.Context, k *domain.Kept, boxes []Box, path string) (Value, error) {
	if k.Struck {
		return Value{State: StateStruck, Tenant: k.Tenant}, nil
	}
	for i := range boxes {
		if _, ok := boxes[i].Commitment(path); !ok {
			continue
		}
		v := Value{Subject: boxes[i].Subject(), Capacity: boxes[i].Capacity(&k.Envelope), Tenant: k.Tenant}
		opened, err := l.Vault.Open(ctx, &k.Envelope, &boxes[i])
		switch {
		case errors.Is(err, ErrRedacted):
			v.State = StateRedacted
		case errors.Is(err, ErrClosedVault), errors.Is(err, ErrHeld):
			v.State = StateUnavailable
		case errors.Is(err, ErrErased):
			v.State = StateErased
		case errors.Is(err, ErrDamagedBox):
			v.State = StateDamaged
		case err != nil:
			return Value{}, err
		default:
			v.Text, v.State = opened[path], StateClear
		}
		return v, nil
	}
	return Value{State: StateAbsent, Tenant: k.Tenant}, nil
}

// Has reports whether an event was kept with a personal value at a path; of a struck one, with any.
func (l *Ledger) Has(ctx context.Context, r Ref) (bool, error) {
	record, err := l.ShownEvent(ctx, r.Seq)
	if err != nil {
		return false, fmt.Errorf("read a sealed event: %w", err)
	}
	if _, struck := Struck(record.Payload); struck {
		return true, nil // nobody can tell any more: it reads STRUCK
	}
	p, err := ParsePayload(record.Payload)
	if err != nil {
		return false, err
	}
	for i := range p.Boxes {
		if _, ok := p.Boxes[i].Commitment(r.Path); ok {
			return true, nil
		}
	}
	return false, nil
}
