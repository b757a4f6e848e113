package erasure

import (
	"context"

	"muniment/domain"
)

// Planned is a cut, and what it would come to.
type Planned struct {
	Cut   domain.Cut
	Taken domain.Taken
	Keys  int64
}

// Plan tells what a disposal would take now, as far as it was recorded before an instant, and changes
// nothing.
func (p *Process) Plan(ctx context.Context) (plan []Planned, recordedBefore domain.Time, err error) {
	d, err := p.Schedule(ctx)
	if err != nil {
		return nil, 0, err
	}
	if recordedBefore, err = p.upToNow(ctx); err != nil {
		return nil, 0, err
	}
	plan, err = p.planned(ctx, d.Cuts(domain.TimeOf(p.Ledger.Now())), recordedBefore)
	return plan, recordedBefore, err
}

// upToNow is an instant before which all was recorded that is kept, also when the clock was set back.
func (p *Process) upToNow(ctx context.Context) (domain.Time, error) {
	now := domain.TimeOf(p.Ledger.Now())
	next, err := p.Ledger.Log.Next(ctx)
	if err != nil || next == 0 {
		return now, err
	}
	last, err := p.Ledger.Log.At(ctx, []int64{next - 1})
	if err != nil {
		return 0, err
	}
	return max(now, last[0].LogTime+1), nil
}

func (p *Process) planned(ctx context.Context, cuts []domain.Cut, now domain.Time) (plan []Planned, err error) {
	if err := p.Views.CatchUp(ctx); err != nil {
		return nil, err
	}
	s := p.sweep(now, cuts)
	for _, c := range cuts {
		row := Planned{Cut: c}
		row.Taken, err = s.walk(ctx, c, func(part []doomed) error {
			for _, e := range part {
				row.Keys += int64(len(e.keys))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		plan = append(plan, row)
	}
	return plan, nil
}
