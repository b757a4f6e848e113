package graphql

import (
	"context"
	"fmt"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/projections"
)

// subscriptions answers the schema's Subscription.
type subscriptions struct{}

// eventUpdate is EventUpdate in the schema.
type eventUpdate struct {
	Number int32
	Cursor string
	Event  *event
}

// trailFilter is EventFilter in the schema.
type trailFilter struct {
	Tenant, Subject *gql.ID
	Kind            *[]string
	Stream          *string
	Reported        *bool
	From, To        *DateTime
}

func (in trailFilter) read() (f projections.EventFilter, err error) {
	f = projections.EventFilter{Stream: deref(in.Stream), From: deref(in.From).Time, To: deref(in.To).Time}
	if in.Reported != nil {
		f.Reported = map[bool]int{true: 1, false: -1}[*in.Reported]
	}
	for _, k := range deref(in.Kind) {
		f.Kinds = append(f.Kinds, kindOfEnum[k])
	}
	if f.Tenant, err = filterID("filter.tenant", "tenant", in.Tenant); err != nil {
		return f, err
	}
	f.Subject, err = filterID("filter.subject", "subject", in.Subject)
	return f, err
}

// Events answers the subscription.
func (*subscriptions) Events(ctx context.Context, args struct {
	After       *Position
	AfterCursor *string
	Filter      *trailFilter
}) (<-chan *eventUpdate, error) {
	r := from(ctx)
	f, err := deref(args.Filter).read()
	if err != nil {
		return nil, err
	}
	after, err := r.startOf(ctx, args.After, args.AfterCursor, f)
	if err != nil {
		return nil, err
	}
	return follow(ctx, r, f, after, func(number int32, cursor string, e projections.Event, at domain.Viewpoint) (*eventUpdate, error) {
		return &eventUpdate{number, cursor, eventNode(at)(e)}, nil
	}), nil
}

// follow sends what show makes of each event behind a position, until ctx ends.
func follow[U any](ctx context.Context, r *request, f projections.EventFilter, after int64, show func(int32, string, projections.Event, domain.Viewpoint) (U, error)) <-chan U {
	r.live.begun(r.mark(f, after))
	out := make(chan U)
	r.live.source.Go(func() {
		defer close(out)
		if err := tail(ctx, r, f, after, show, out); ctx.Err() == nil {
			r.live.fail(err)
		}
	})
	return out
}

// startOf is the position that a subscription begins behind: that of the newest event when none is
// asked for.
func (r *request) startOf(ctx context.Context, after *Position, cursor *string, f projections.EventFilter) (int64, error) {
	next, err := r.api.Ledger.Log.Next(ctx)
	switch {
	case err != nil:
		return 0, fmt.Errorf("find the newest event: %w", err)
	case cursor != nil && after != nil:
		return 0, domain.Malformed("after", "give after or afterCursor, not both")
	case cursor != nil:
		return r.api.Views.OpenBookmark(*cursor, "afterCursor", f)
	case after == nil:
		return next - 1, nil
	case *after == -1:
		return -1, nil
	case r.principal.Role == access.Customer:
		return 0, domain.Malformed("after", "positions tell how much others keep, so this token goes on with afterCursor: the cursor of the last event it has; -1 begins at the first event")
	case *after < -1 || int64(*after) >= next:
		return 0, domain.Malformed("after", "expected the position of an event that is kept, or -1 for all from the first")
	}
	return int64(*after), nil
}

func (r *request) mark(f projections.EventFilter, seq int64) mark {
	return mark{seq, r.api.Views.Bookmark(f, seq)}
}

// tail sends what lies behind a position, and then what comes, until ctx ends.
func tail[U any](ctx context.Context, r *request, f projections.EventFilter, after int64, show func(int32, string, projections.Event, domain.Viewpoint) (U, error), out chan<- U) error {
	for number := int32(1); ; {
		events, seen, err := r.reader.EventsAfter(ctx, f, after)
		if err != nil {
			return err
		}
		at, err := r.reader.Viewpoint(ctx, 0, 0, r.api.Ledger.Now()) // not that of the beginning: it may be days ago
		if err != nil {
			return err
		}
		for _, e := range events {
			m := r.mark(f, e.Seq)
			if !r.live.emit(ctx, m) {
				return ctx.Err()
			}
			update, err := show(number, m.cursor, e, at)
			if err != nil {
				return err
			}
			select {
			case out <- update:
				number++
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if seen > after {
			after = seen
			continue
		}
		if err := r.api.Views.Wait(ctx, after+1); err != nil {
			return err
		}
	}
}
