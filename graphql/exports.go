package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/projections"
)

// export is Export in the schema.
type export struct {
	ID            gql.ID
	Status        string
	Channel       *string
	SecureChannel bool
	Categories    []string
	RequestedAt   *DateTime
	Rows          *Position
	Digest        *string
	Recipient     *string
	Country       *string
	Encrypted     bool
	Since         DateTime
	state         projections.State[domain.Export]
	at            domain.Viewpoint
}

func exportNode(at domain.Viewpoint) func(projections.State[domain.Export]) *export {
	return func(s projections.State[domain.Export]) *export {
		x := s.State
		n := &export{ID: nodeID("export", s.ID), Status: string(x.Status), Channel: known(x.Channel), SecureChannel: x.Channel.Secure(),
			Categories: words(x.Categories), RequestedAt: whenSet(x.RequestedAt), Digest: optional(x.Digest), Recipient: optional(x.Recipient),
			Country: optional(x.Country), Encrypted: x.Encrypted, Since: when(x.Since), state: s, at: at}
		if x.Digest != "" {
			rows := Position(x.Rows)
			n.Rows = &rows
		}
		return n
	}
}

func (x *export) Tenant(ctx context.Context) (*tenant, error) {
	return tenantOf(ctx, x.state.Tenant, x.at)
}

func (x *export) Requester(ctx context.Context) (*actor, error) {
	return actorOf(ctx, x.state.State.Requester, x.at)
}

// Exports answers the query.
func (*root) Exports(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *struct {
		Tenant *gql.ID
		Status *[]string
	}
}) (*connection[*export], error) {
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
	c, err := r.reader.Exports(ctx, f, at, args.page())
	return connect(c, err, exportNode(at))
}

// Reported reports whether another system's word is all there is for some of it.
func (x *export) Reported() bool { return x.state.State.Reported }
