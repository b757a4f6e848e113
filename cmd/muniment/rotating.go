package main

import (
	"context"
	"time"

	"muniment/domain"
	"muniment/ledger/erasure"
)

// rotating ends key epochs by themselves until ctx ends: older copies of the vault open nothing from then on,
// so what was erased is gone from them, too. What fails is tried again with the next look.
func (h *house) rotating(ctx context.Context, every time.Duration) error {
	if every <= 0 {
		return nil
	}
	look := time.NewTicker(min(time.Hour, every))
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
		if err := h.rotateWhenDue(ctx, every); err != nil && ctx.Err() == nil {
			h.log.WithField("error", err.Error()).Error("the key epoch could not be ended; it is tried again")
		}
	}
}

func (h *house) rotateWhenDue(ctx context.Context, every time.Duration) error {
	began, err := h.epochBegan(ctx)
	if err != nil || h.now().Sub(began) < every {
		return err
	}
	r, err := h.vault.Rotate(ctx)
	if err != nil {
		return err
	}
	return erasure.RecordEpoch(ctx, h.ledger, r.To)
}

// epochBegan is when the present key epoch began: with the last rotation, or with the ledger.
func (h *house) epochBegan(ctx context.Context) (time.Time, error) {
	history, err := h.ledger.History(ctx, domain.Stream{Noun: "vault", ID: h.dir.id})
	if err != nil {
		return time.Time{}, err
	}
	began := domain.Time(0)
	for _, k := range history {
		if _, rotated := k.Event.(domain.EpochRotated); rotated {
			began = k.LogTime
		}
	}
	if began > 0 {
		return began.Std(), nil
	}
	first, err := h.ledger.Log.Read(ctx, 0, 1)
	if err != nil || len(first) == 0 {
		return h.now(), err
	}
	return first[0].LogTime.Std(), nil
}
