package ledger

import (
	"context"
	"slices"

	"muniment/domain"
)

// Reading is who reads personal values of the ledger, for what.
type Reading struct {
	Actor   domain.Actor
	Source  string
	Purpose string // of the closed list domain.ReadPurposes
	Case    string
}

// readingChunk is how many persons one record of a reading names.
const readingChunk = 256

// Record keeps that values were read, durably: one domain.LedgerQueried per tenant and 256 persons.
// If it can't be kept, nothing may be released.
func (l *Ledger) Record(ctx context.Context, r Reading, released []Value) error {
	if len(released) == 0 {
		return nil
	}
	next, err := l.Log.Next(ctx)
	if err != nil {
		return err
	}
	people := map[domain.ID]map[domain.ID]domain.Capacity{}
	for _, v := range released {
		if people[v.Tenant] == nil {
			people[v.Tenant] = map[domain.ID]domain.Capacity{}
		}
		people[v.Tenant][v.Subject] = v.Capacity
	}
	var list []*Submission
	now := l.Now()
	for tenant, subjects := range people {
		var claims []SubjectClaim
		for id, c := range subjects {
			if !id.IsZero() { // what was said of a matter is nobody's
				claims = append(claims, SubjectClaim{ID: id, Capacity: c})
			}
		}
		parts := slices.Collect(slices.Chunk(claims, readingChunk))
		if len(parts) == 0 {
			parts = [][]SubjectClaim{nil}
		}
		for _, part := range parts {
			list = append(list, &Submission{
				Source: r.Source, ID: domain.NewEventID(now), Tenant: tenant, Occurred: domain.At(domain.TimeOf(now)),
				Actor: ActorClaim{Actor: r.Actor}, Purpose: r.Purpose, Subjects: part,
				Event: domain.LedgerQueried{Purpose: r.Purpose, Case: r.Case, Seq: next - 1, Values: int64(len(released))},
			})
		}
	}
	for part := range slices.Chunk(list, MaxTake) {
		for _, o := range l.Take(ctx, Own(), part) {
			if o.Err != nil {
				return o.Err
			}
		}
	}
	return nil
}

// Recorded reveals like [Ledger.Reveal], after it recorded the reading.
func (l *Ledger) Recorded(r Reading) func(context.Context, []Ref) ([]Value, error) {
	return func(ctx context.Context, refs []Ref) ([]Value, error) {
		values, err := l.Reveal(ctx, refs)
		if err != nil {
			return nil, err
		}
		released := slices.Clone(values)
		return values, l.Record(ctx, r, slices.DeleteFunc(released, func(v Value) bool { return v.State != StateClear }))
	}
}
