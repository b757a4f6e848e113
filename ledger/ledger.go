package ledger

import (
	"bytes"
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"time"

	"muniment/domain"
)

// Ledger is a log and a vault, and the two ways in: [Do] for what people decide here, and
// [Ledger.Take] for what other systems report.
type Ledger struct {
	ID    domain.ID
	Log   Log
	Vault Vault
	Now   func() time.Time // the one clock
	// Steady reports why nothing may be kept at the moment: the clock can't be trusted. nil: nobody watches it.
	Steady func() error
}

// Receipt says where an event was kept.
type Receipt struct {
	ID       domain.ID
	Stream   domain.Stream
	Revision int64
	Position int64 // seq
	Recorded domain.Time
	Repeated bool // it was kept before, under the same id
	// Uncompared: whether what was kept before is the same can't be told any more; its digest is gone, or was
	// made with a key that is.
	Uncompared bool
}

func receipt(id domain.ID, s domain.Stream, p Placed) Receipt {
	return Receipt{ID: id, Stream: s, Revision: p.Revision, Position: p.Seq, Recorded: p.LogTime, Repeated: p.Prior}
}

// comparable reports whether a kept claim digest was made with the key that made claim: both begin with
// the key epoch. The key of an epoch dies with it.
func comparable(kept, claim []byte) bool {
	return len(kept) == len(claim) && bytes.Equal(kept[:ClaimEpoch], claim[:ClaimEpoch])
}

// parted is a fact with its event's plain fields and personal values told apart.
type parted struct {
	fact     *domain.Fact
	plain    []byte
	personal []domain.PersonalField
	claim    []byte
}

func part(f *domain.Fact, claim []byte) parted {
	plain, personal := domain.Split(f.Event)
	return parted{f, plain, personal, claim}
}

// seal seals and encodes facts: the last steps before the log.
func (l *Ledger) seal(ctx context.Context, facts []parted) ([]Entry, []error, error) {
	if l.Steady != nil {
		if err := l.Steady(); err != nil {
			return nil, nil, err
		}
	}
	now := domain.TimeOf(l.Now())
	sealings := make([]*Sealing, 0, len(facts))
	at := make([]*Sealing, len(facts))
	errs := make([]error, len(facts))
	for i, f := range facts {
		errs[i] = ownersNamed(f.personal, len(f.fact.Subjects))
		if errs[i] == nil && len(f.personal) > 0 {
			at[i] = &Sealing{Fact: f.fact, Fields: f.personal}
			sealings = append(sealings, at[i])
		}
	}
	if err := l.Vault.Seal(ctx, sealings); err != nil {
		return nil, nil, err
	}
	entries := make([]Entry, len(facts))
	for i, f := range facts {
		var boxes []Box
		if errs[i] == nil && at[i] != nil {
			boxes, errs[i] = at[i].Boxes, at[i].Err
		}
		if errs[i] != nil {
			continue
		}
		entries[i], errs[i] = Encode(f.fact, now, f.plain, boxes, f.claim)
	}
	return entries, errs, nil
}

func dotted(path string) string { return "." + path[1:] }

// ownersNamed reports a personal value whose subject is not among the event's.
func ownersNamed(personal []domain.PersonalField, subjects int) error {
	for _, p := range personal {
		if !p.OwnerNamed(subjects) {
			return &domain.FieldError{Path: "subjects", Msg: fmt.Sprintf("data%s is personal: name the subject it belongs to at index %d", dotted(p.Path), p.Owner)}
		}
	}
	return nil
}

// place asks where a key stands after an unknown outcome: the third outcome is never reported
// before it was looked up. What stands there with our claim is what we appended: no repetition.
func (l *Ledger) place(ctx context.Context, k Key, claim []byte) (Placed, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	found, err := l.Log.Prior(ctx, []Key{k})
	if err != nil {
		return Placed{}, fmt.Errorf("look up an unknown outcome: %w", err)
	}
	p := found[0]
	p.Prior = p.Seq >= 0 && !hmac.Equal(p.Claim, claim)
	return p, nil
}

const auditNoun = "audit"

// goesOn are the nouns of what goes on after a tenant left: that somebody read what proves our duties to
// it, and that a payload of its events was removed.
var goesOn = map[string]bool{auditNoun: true, "strike": true}

// tenantKnown reports as a refusal that a tenant was never onboarded, or has left.
func (l *Ledger) tenantKnown(ctx context.Context, tenant domain.ID, noun string) error {
	_, err := l.Vault.NamingKey(ctx, tenant)
	if errors.Is(err, ErrLeft) && goesOn[noun] {
		return nil
	}
	if errors.Is(err, ErrUnknownTenant) {
		return UnknownTenant()
	}
	return err
}
