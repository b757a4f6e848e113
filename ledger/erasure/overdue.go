package erasure

import (
	"context"

	"muniment/domain"
	"muniment/ledger"
)

// Overdue raises a finding for each legal hold whose day has passed on which it was to be looked at again.
// It holds all the same. Each is raised once for that day.
func (p *Process) Overdue(ctx context.Context) error {
	held, err := p.Keys.AllHolds(ctx)
	if err != nil {
		return err
	}
	now := domain.TimeOf(p.Ledger.Now())
	for tenant, holds := range held {
		for _, h := range holds {
			if !h.Overdue(now) {
				continue
			}
			key := "overdue/" + h.Hold.String() + "/" + string(h.Review)
			id := domain.KeyedID(h.Hold[:], "finding", key, "stream/finding", 0)
			_, err := p.Ledger.Once(ctx, ledger.Command{Name: "holdOverdue", Stream: domain.Stream{Noun: "finding", ID: id}, Key: key, Principal: principal, Input: map[string]any{},
				Envelope: domain.Envelope{Tenant: tenant, Source: "muniment", Actor: domain.Actor{Kind: domain.System}}},
				domain.FindingRaised{Finding: "HOLD_OVERDUE", Place: "hold-" + h.Hold.String()})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
