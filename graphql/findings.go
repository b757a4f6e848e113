package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/projections"
)

// finding is Finding in the schema.
type finding struct {
	ID       gql.ID
	Finding  *string
	Status   string
	Place    *string
	RaisedAt DateTime
	ClosedAt *DateTime
	Outcome  *string
	Case     *string
	Since    DateTime
	state    projections.State[domain.Finding]
	at       domain.Viewpoint
}

func findingNode(at domain.Viewpoint) func(projections.State[domain.Finding]) *finding {
	return func(s projections.State[domain.Finding]) *finding {
		f := s.State
		return &finding{ID: nodeID("finding", s.ID), Finding: known(f.Finding), Status: string(f.Status), Place: optional(f.Place),
			RaisedAt: when(f.Raised), ClosedAt: whenSet(f.Closed), Outcome: optional(string(f.Outcome)), Case: optional(f.Case),
			Since: when(s.Since), state: s, at: at}
	}
}

func (x *finding) Tenant(ctx context.Context) (*tenant, error) {
	if x.state.Tenant == domain.Operator {
		return nil, nil
	}
	return tenantOf(ctx, x.state.Tenant, x.at)
}

// Findings answers the query.
func (*root) Findings(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *struct {
		Tenant *gql.ID
		Status *[]string
	}
}) (*connection[*finding], error) {
	r := from(ctx)
	at, err := r.viewpoint(ctx, args.AsOf, args.KnownAt)
	if err != nil {
		return nil, err
	}
	in := deref(args.Filter)
	f := projections.StateFilter{Statuses: deref(in.Status)}
	if f.Tenant, err = filterID("filter.tenant", "tenant", in.Tenant); err != nil {
		return nil, err
	}
	c, err := r.reader.Findings(ctx, f, at, args.page())
	return connect(c, err, findingNode(at))
}

// findingUpdate is FindingUpdate in the schema.
type findingUpdate struct {
	Number  int32
	Cursor  string
	Finding *finding
}

// Findings answers the subscription.
func (*subscriptions) Findings(ctx context.Context, args struct {
	After       *Position
	AfterCursor *string
}) (<-chan *findingUpdate, error) {
	r := from(ctx)
	f := projections.EventFilter{Kinds: []string{domain.FindingRaised{}.Kind(), domain.FindingClosed{}.Kind()}}
	after, err := r.startOf(ctx, args.After, args.AfterCursor, f)
	if err != nil {
		return nil, err
	}
	return follow(ctx, r, f, after, func(number int32, cursor string, e projections.Event, at domain.Viewpoint) (*findingUpdate, error) {
		stream, err := domain.ParseStream(e.Stream)
		if err != nil {
			return nil, err
		}
		s, err := r.reader.Finding(ctx, stream.ID, at)
		if err != nil {
			return nil, err
		}
		return &findingUpdate{number, cursor, findingNode(at)(*s)}, nil
	}), nil
}

// CloseFinding closes it.
func (*root) CloseFinding(ctx context.Context, args struct {
	Input struct {
		timed
		Finding       gql.ID
		Outcome, Case string
	}
}) (*payload, error) {
	in := args.Input
	id, s, p, err := thing(ctx, "finding", "finding", "finding", in.Finding, projections.Reader.Finding)
	if p != nil || err != nil {
		return p, err
	}
	show := func(ctx context.Context, p *payload, at domain.Viewpoint) error {
		s, err := from(ctx).reader.Finding(ctx, id, at)
		if err == nil && s != nil {
			p.Finding = findingNode(at)(*s)
		}
		return err
	}
	e := domain.FindingClosed{Outcome: domain.FindingOutcome(in.Outcome), Case: in.Case}
	return decide(ctx, command{name: "closeFinding", tenant: s.Tenant, stream: domain.Stream{Noun: "finding", ID: id}, occurred: in.OccurredAt, key: in.IdempotencyKey, input: in, show: show},
		domain.Finding.Apply, func(f domain.Finding, _ domain.Time) ([]domain.Event, *domain.Refusal) { return f.Close(e) })
}
