package erasure

import (
	"context"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
)

// principal is whose idempotency keys the steps have: each is kept once, however often it is tried.
const principal = "erasure"

// DeadAt is when older copies of the vault died for what was destroyed in an epoch: when that epoch
// was ended by the next, as the ledger knew up to a position. Zero: not yet.
func DeadAt(ctx context.Context, l *ledger.Ledger, epoch, known int64) (domain.Time, error) {
	k, err := Ended(ctx, l, epoch, known)
	if k == nil {
		return 0, err
	}
	return k.Occurred.At, nil
}

// Ended is the event that tells of an epoch's end; nil: there is none yet.
func Ended(ctx context.Context, l *ledger.Ledger, epoch, known int64) (*domain.Kept, error) {
	if epoch == 0 {
		return nil, nil
	}
	history, err := l.History(ctx, domain.Stream{Noun: "vault", ID: l.ID})
	if err != nil {
		return nil, err
	}
	for _, k := range history {
		if e, ok := k.Event.(domain.EpochRotated); ok && k.Seq <= known && e.From >= epoch {
			return &k, nil
		}
	}
	return nil, nil
}

// RecordEpoch keeps that a key epoch began, unless it was kept before; first it removes the claim digests
// whose keys ended with earlier ones. A rotation that was cut off is finished when the vault is opened, so
// this is asked at every start.
func RecordEpoch(ctx context.Context, l *ledger.Ledger, epoch int64) error {
	if epoch < 2 {
		return nil
	}
	stream := domain.Stream{Noun: "vault", ID: l.ID}
	history, err := l.History(ctx, stream)
	if err != nil {
		return err
	}
	for _, k := range history {
		if e, ok := k.Event.(domain.EpochRotated); ok && e.To >= epoch {
			return nil
		}
	}
	if claims, ok := l.Log.(ledger.Blanker); ok {
		if err := claims.BlankBefore(ctx, epoch); err != nil {
			return err
		}
	}
	_, err = ledger.Do(ctx, l, ledger.Command{
		Name: "rotateKeys", Stream: stream, Key: fmt.Sprintf("epoch/%d", epoch), Principal: principal, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "muniment", Actor: domain.Actor{Kind: domain.System}},
	}, domain.KeyVault.Apply, func(v domain.KeyVault, _ domain.Time) ([]domain.Event, *domain.Refusal) { return v.Rotate(epoch) })
	return err
}
