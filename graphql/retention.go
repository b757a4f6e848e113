package graphql

import (
	"context"

	"muniment/domain"
	"muniment/projections"
)

// retentionSchedule is RetentionSchedule in the schema.
type retentionSchedule struct {
	Rules []retentionRule
	state domain.Disposal
}

type retentionRule struct {
	Family  string
	Class   *string
	Ends    string
	Period  *string
	Ground  string
	Case    *string
	Since   *DateTime
	Kinds   []string
	Reached *DateTime
}

func scheduleNode(d domain.Disposal) *retentionSchedule {
	s := &retentionSchedule{state: d}
	for _, x := range d.Schedule() {
		rule := retentionRule{Family: string(x.Family), Class: optional(string(x.Class)), Ends: string(x.Ends), Period: optional(string(x.Period)), Ground: x.Ground, Case: optional(x.Case),
			Since: whenSet(x.Since), Reached: whenSet(d.Done[domain.Cut{Family: x.Family, Class: x.Class}.Key()])}
		for _, kind := range x.Kinds {
			rule.Kinds = append(rule.Kinds, enumOf(kind))
		}
		s.Rules = append(s.Rules, rule)
	}
	return s
}

// disposalNode is Disposal in the schema.
type disposalNode struct {
	CompletedAt    DateTime
	RecordedBefore DateTime
	Keys           int32
	Final          *string
	Cuts           []disposalCut
}

type disposalCut struct {
	Family         string
	Class          *string
	OccurredBefore DateTime
	Struck         int32
	Hold           int32
	Binding        int32
	InUse          int32
	Unremoved      int32
}

// LastDisposal is what was disposed of last.
func (s *retentionSchedule) LastDisposal() *disposalNode {
	d := s.state.Last
	if s.state.LastAt == 0 {
		return nil
	}
	n := &disposalNode{CompletedAt: when(s.state.LastAt), RecordedBefore: when(d.RecordedBefore), Keys: int32(d.Keys), Final: optional(string(d.Final)), Cuts: []disposalCut{}}
	for i, t := range d.Taken {
		n.Cuts = append(n.Cuts, disposalCut{Family: string(t.Family), Class: optional(string(t.Class)), OccurredBefore: when(d.Cuts[i].OccurredBefore),
			Struck: int32(t.Struck), Hold: int32(t.Hold), Binding: int32(t.Binding), InUse: int32(t.InUse), Unremoved: int32(t.Unremoved)})
	}
	return n
}

// scheduleAt is the schedule at a viewpoint; nil for whoever may not see what is the operator's.
func scheduleAt(ctx context.Context, at domain.Viewpoint) (*retentionSchedule, error) {
	r := from(ctx)
	if !r.reader.Allows(domain.Operator) {
		return nil, nil
	}
	s, err := r.reader.Disposal(ctx, r.api.Ledger.ID, at)
	if err != nil {
		return nil, err
	}
	if s == nil {
		s = &projections.State[domain.Disposal]{}
	}
	return scheduleNode(s.State), nil
}

// RetentionSchedule answers the query.
func (*root) RetentionSchedule(ctx context.Context, args struct{ viewArgs }) (*retentionSchedule, error) {
	at, err := from(ctx).viewpoint(ctx, args.AsOf, args.KnownAt)
	if err != nil {
		return nil, err
	}
	return scheduleAt(ctx, at)
}

// SetRetentionPeriod changes how long a family is kept.
func (*root) SetRetentionPeriod(ctx context.Context, args struct {
	Input struct {
		keyed
		Family       string
		Class        *string
		Period       string
		Ground       string
		Case         string
		Acknowledged bool
	}
}) (*payload, error) {
	in := args.Input
	e := domain.PeriodSet{Family: domain.Family(in.Family), Class: domain.Class(deref(in.Class)), Period: in.Period, Ground: in.Ground, Case: in.Case, Acknowledged: in.Acknowledged}
	return decide(ctx, command{name: "setRetentionPeriod", tenant: domain.Operator, stream: domain.Stream{Noun: "disposal", ID: from(ctx).api.Ledger.ID}, key: in.IdempotencyKey, input: in,
		show: func(ctx context.Context, p *payload, at domain.Viewpoint) (err error) {
			p.Schedule, err = scheduleAt(ctx, at)
			return err
		}}, domain.Disposal.Apply, timeless(func(d domain.Disposal) ([]domain.Event, *domain.Refusal) { return d.Set(e) }))
}
