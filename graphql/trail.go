package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/projections"
)

// event is Event in the schema.
type event struct {
	ID         gql.ID
	Kind       string
	OccurredAt DateTime
	RecordedAt DateTime
	Stream     string
	Tenant     gql.ID
	Source     string
	row        projections.Event
	at         domain.Viewpoint
}

func eventNode(at domain.Viewpoint) func(projections.Event) *event {
	return func(e projections.Event) *event {
		return &event{ID: nodeID("event", e.ID), Kind: enumOf(e.Kind), OccurredAt: asKnown(e.Occurred, e.Day), RecordedAt: when(e.Recorded), Stream: e.Stream,
			Tenant: nodeID("tenant", e.Tenant), Source: e.Source, row: e, at: at}
	}
}

func (e *event) Position(ctx context.Context) *Position {
	return from(ctx).position(e.row.Seq)
}

// position is a place in the ledger for those who may know how much others keep.
func (r *request) position(seq int64) *Position {
	if r.principal.Role == access.Customer {
		return nil
	}
	p := Position(seq)
	return &p
}

func (e *event) Actor(ctx context.Context) (*actor, error) { return actorOf(ctx, e.row.Actor, e.at) }

// Struck reports whether its payload is gone.
func (e *event) Struck() bool { return e.row.Struck }

// Reported reports whether who did it, or that it was decided, is another system's word.
func (e *event) Reported() bool { return e.row.Reported }

// Evidence is the digest of what shows a reported decision.
func (e *event) Evidence() *string { return optional(e.row.Evidence) }

// StruckBy is what took its payload: a strike, or a disposal. That is the operator's, and for everybody's
// events.
func (e *event) StruckBy(ctx context.Context) (*string, error) {
	r := from(ctx)
	if !e.row.Struck {
		return nil, nil
	}
	struck, err := r.reader.Struck(ctx, e.row.ID, e.at)
	if struck || err != nil {
		return optional("STRIKE"), err
	}
	d, err := r.api.Views.In(projections.Scope{All: true}).Disposal(ctx, r.api.Ledger.ID, e.at)
	if err != nil || d == nil {
		return nil, err
	}
	family, _ := domain.FamilyOf(e.row.Kind)
	if d.State.Done[string(family)] <= e.row.Occurred {
		return nil, nil
	}
	return optional("DISPOSAL"), nil
}

func (e *event) Articles() []string {
	t, _ := domain.Lookup(e.row.Kind)
	out := []string{}
	for _, a := range t.Articles {
		out = append(out, "Art. "+a)
	}
	return out
}

// Events answers the query.
func (*root) Events(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *trailFilter
}) (*connection[*event], error) {
	r := from(ctx)
	at, err := r.viewpoint(ctx, args.AsOf, args.KnownAt)
	if err != nil {
		return nil, err
	}
	f, err := deref(args.Filter).read()
	if err != nil {
		return nil, err
	}
	c, err := r.reader.Events(ctx, f, at, args.page())
	return connect(c, err, eventNode(at))
}

// generatedReport is GeneratedReport in the schema.
type generatedReport struct {
	ID          gql.ID
	Tenant      gql.ID
	Report      *string
	Format      *string
	Digest      string
	AsOf        *DateTime
	KnownAt     *DateTime
	GeneratedAt DateTime
}

func reportNode(x projections.GeneratedReport) *generatedReport {
	return &generatedReport{ID: nodeID("report", x.ID), Tenant: nodeID("tenant", x.Tenant), Report: known(x.Report), Format: known(x.Format), Digest: x.Digest,
		AsOf: whenSet(x.AsOf), KnownAt: whenSet(x.KnownAt), GeneratedAt: when(x.Occurred)}
}

// Reports answers the query.
func (*root) Reports(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *struct{ Tenant *gql.ID }
}) (*connection[*generatedReport], error) {
	r := from(ctx)
	at, err := r.viewpoint(ctx, args.AsOf, args.KnownAt)
	if err != nil {
		return nil, err
	}
	tenant, err := filterID("filter.tenant", "tenant", deref(args.Filter).Tenant)
	if err != nil {
		return nil, err
	}
	c, err := r.reader.Reports(ctx, tenant, at, args.page())
	return connect(c, err, reportNode)
}

// viewer is Viewer in the schema.
type viewer struct {
	Role      string
	ExpiresAt *DateTime
}

// Viewer answers the query.
func (*root) Viewer(ctx context.Context) *viewer {
	p := from(ctx).principal
	v := &viewer{Role: string(p.Role)}
	if !p.Expires.IsZero() {
		v.ExpiresAt = &DateTime{Time: domain.TimeOf(p.Expires)}
	}
	return v
}

func (*viewer) Tenants(ctx context.Context) ([]gql.ID, error) {
	r := from(ctx)
	at, err := r.viewpoint(ctx, nil, nil)
	if err != nil {
		return nil, err
	}
	all, err := projections.Every(func(p projections.Page) (projections.Conn[projections.State[domain.Tenant]], error) {
		return r.reader.Tenants(ctx, projections.StateFilter{}, at, p)
	})
	ids := make([]gql.ID, len(all))
	for i, account := range all {
		ids[i] = nodeID("tenant", account.ID)
	}
	return ids, err
}
