package graphql

import (
	"context"
	"slices"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/ledger"
	"muniment/projections"
)

// interaction is Interaction in the schema.
type interaction struct {
	ID             gql.ID
	OccurredAt     DateTime
	Medium         *string
	Direction      *string
	Country        *string
	TrackingNumber *string
	Status         *string
	Seconds        *Position
	Recorded       *bool
	Struck         bool
	row            projections.Interaction
	at             domain.Viewpoint
}

func interactionNode(at domain.Viewpoint) func(projections.Interaction) *interaction {
	return func(i projections.Interaction) *interaction {
		n := &interaction{ID: nodeID("interaction", i.ID), OccurredAt: asKnown(i.Occurred, i.Day), Medium: known(i.Medium), Direction: known(i.Direction),
			Country: optional(i.Country), TrackingNumber: optional(i.TrackingNumber), Status: optional(i.Status), Struck: i.Struck, row: i, at: at}
		if seconds := Position(i.Seconds); !i.Struck {
			n.Seconds, n.Recorded = &seconds, &i.Recorded
		}
		return n
	}
}

func (i *interaction) Tenant(ctx context.Context) (*tenant, error) {
	return tenantOf(ctx, i.row.Tenant, i.at)
}

// redactedAs names the data field that a redaction at the source takes a value away as.
var redactedAs = map[string]domain.DataField{"/number": "NUMBER", "/name": "NAME", "/email": "EMAIL", "/city": "LOCATION", "/ip": "IP_ADDRESS"}

// text is one personal value; null when it was kept without it, REDACTED when the interaction was
// redacted since, whatever day is asked about: what is gone at the source is not told here.
func (i *interaction) text(ctx context.Context, path string) (*personalText, error) {
	seq, has := i.row.Sealed[path]
	if !has {
		return nil, nil
	}
	gone, err := from(ctx).redactedFields(ctx, i.row)
	if err != nil {
		return nil, err
	}
	if slices.Contains(gone, redactedAs[path]) {
		return &personalText{State: string(ledger.StateRedacted)}, nil
	}
	return from(ctx).text(ctx, seq, path)
}

// redactedFields lists what is known to be redacted of an interaction by now.
func (r *request) redactedFields(ctx context.Context, i projections.Interaction) (gone []domain.DataField, err error) {
	now, err := r.viewpoint(ctx, nil, nil)
	if err != nil {
		return nil, err
	}
	all, err := projections.Every(func(p projections.Page) (projections.Conn[projections.Redaction], error) {
		return r.reader.Redactions(ctx, projections.RedactionFilter{Tenant: i.Tenant, Interaction: i.ID}, now, p)
	})
	for _, redaction := range all {
		gone = append(gone, redaction.Fields...)
	}
	return gone, err
}

func (i *interaction) Number(ctx context.Context) (*personalText, error) {
	return i.text(ctx, "/number")
}
func (i *interaction) Name(ctx context.Context) (*personalText, error)  { return i.text(ctx, "/name") }
func (i *interaction) Email(ctx context.Context) (*personalText, error) { return i.text(ctx, "/email") }
func (i *interaction) City(ctx context.Context) (*personalText, error)  { return i.text(ctx, "/city") }
func (i *interaction) IPAddress(ctx context.Context) (*personalText, error) {
	return i.text(ctx, "/ip")
}

func (i *interaction) Subjects(ctx context.Context) ([]*subject, error) {
	out := []*subject{}
	for _, ref := range i.row.Subjects {
		s, err := subjectByID(ctx, ref.ID, i.at)
		if err != nil {
			return nil, err
		}
		if s == nil {
			s = &subject{ID: nodeID("subject", ref.ID), at: i.at, state: projections.State[projections.Person]{ID: ref.ID, Tenant: i.row.Tenant}}
		}
		out = append(out, s)
	}
	return out, nil
}

func (i *interaction) Agent(ctx context.Context) (*actor, error) {
	if i.row.Actor.IsZero() {
		return nil, nil
	}
	return actorOf(ctx, i.row.Actor, i.at)
}

func (i *interaction) Redacted(ctx context.Context) (bool, error) {
	c, err := from(ctx).reader.Redactions(ctx, projections.RedactionFilter{Tenant: i.row.Tenant, Interaction: i.row.ID}, i.at, projections.Page{First: 1})
	return len(c.Edges) > 0, err
}

func (i *interaction) Accesses(ctx context.Context, args pageArgs) (*connection[*accessNode], error) {
	c, err := from(ctx).reader.Accesses(ctx, projections.AccessFilter{Tenant: i.row.Tenant, Interaction: i.row.ID}, i.at, args.page())
	return connect(c, err, accessOf(i.at))
}

func (i *interaction) Redactions(ctx context.Context, args pageArgs) (*connection[*redaction], error) {
	c, err := from(ctx).reader.Redactions(ctx, projections.RedactionFilter{Tenant: i.row.Tenant, Interaction: i.row.ID}, i.at, args.page())
	return connect(c, err, redactionNode(i.at))
}

// interactionState is InteractionState in the schema: what was told at one time, and nothing else.
type interactionState struct {
	interaction
	ToldAt DateTime
}

// History lists all that the source told of it, first state first.
func (i *interaction) History() []*interactionState {
	out := []*interactionState{}
	for _, t := range i.row.History {
		row := i.row
		row.InteractionDetail, row.Actor = t.Detail, t.Actor
		out = append(out, &interactionState{*interactionNode(i.at)(row), when(t.At)})
	}
	return out
}

func interactionByID(ctx context.Context, id domain.ID, at domain.Viewpoint) (*interaction, error) {
	if id.IsZero() {
		return nil, nil
	}
	row, err := from(ctx).reader.Interaction(ctx, id, at)
	if err != nil || row == nil {
		return nil, err
	}
	return interactionNode(at)(*row), nil
}

// factFilter is what the filters of fact lists share.
type factFilter struct {
	Tenant, Subject, Interaction *gql.ID
	From, To                     *DateTime
}

func (f factFilter) ids() (tenant, subject, interaction domain.ID, err error) {
	if tenant, err = filterID("filter.tenant", "tenant", f.Tenant); err != nil {
		return
	}
	if subject, err = filterID("filter.subject", "subject", f.Subject); err != nil {
		return
	}
	interaction, err = filterID("filter.interaction", "interaction", f.Interaction)
	return
}

// Interactions answers the query.
func (*root) Interactions(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *factFilter
}) (*connection[*interaction], error) {
	r := from(ctx)
	at, err := r.viewpoint(ctx, args.AsOf, args.KnownAt)
	if err != nil {
		return nil, err
	}
	in := deref(args.Filter)
	f := projections.InteractionFilter{From: deref(in.From).Time, To: deref(in.To).Time}
	if f.Tenant, f.Subject, f.ID, err = in.ids(); err != nil {
		return nil, err
	}
	c, err := r.reader.Interactions(ctx, f, at, args.page())
	return connect(c, err, interactionNode(at))
}

// accessNode is Access in the schema.
type accessNode struct {
	ID         gql.ID
	Action     string
	OccurredAt DateTime
	Purpose    *string
	Case       *string
	Auth       []string
	Fields     []string
	Seconds    *Position
	Struck     bool
	row        projections.Access
	at         domain.Viewpoint
}

func accessOf(at domain.Viewpoint) func(projections.Access) *accessNode {
	return func(a projections.Access) *accessNode {
		n := &accessNode{ID: nodeID("access", a.ID), Action: a.Action, OccurredAt: asKnown(a.Occurred, a.Day), Purpose: optional(a.Purpose), Case: optional(a.Case),
			Auth: words(a.Auth), Fields: words(a.Fields), Struck: a.Struck, row: a, at: at}
		if seconds := Position(a.Seconds); a.Action == "LISTENED" && !a.Struck {
			n.Seconds = &seconds
		}
		return n
	}
}

func (a *accessNode) Tenant(ctx context.Context) (*tenant, error) {
	return tenantOf(ctx, a.row.Tenant, a.at)
}
func (a *accessNode) Actor(ctx context.Context) (*actor, error) {
	return actorOf(ctx, a.row.Actor, a.at)
}
func (a *accessNode) Interaction(ctx context.Context) (*interaction, error) {
	return interactionByID(ctx, a.row.Interaction, a.at)
}

// Accesses answers the query.
func (*root) Accesses(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *struct {
		factFilter
		Actor       *gql.ID
		Action      *[]string
		LedgerReads *bool
	}
}) (*connection[*accessNode], error) {
	r := from(ctx)
	at, err := r.viewpoint(ctx, args.AsOf, args.KnownAt)
	if err != nil {
		return nil, err
	}
	in := deref(args.Filter)
	f := projections.AccessFilter{From: deref(in.From).Time, To: deref(in.To).Time, Actions: deref(in.Action), LedgerReads: deref(in.LedgerReads)}
	if f.Tenant, f.Subject, f.Interaction, err = in.ids(); err != nil {
		return nil, err
	}
	if f.Actor, err = filterID("filter.actor", "user", in.Actor); err != nil {
		return nil, err
	}
	c, err := r.reader.Accesses(ctx, f, at, args.page())
	return connect(c, err, accessOf(at))
}

// redaction is Redaction in the schema.
type redaction struct {
	ID           gql.ID
	Trigger      *string
	OccurredAt   DateTime
	Fields       []string
	Survivors    []string
	Acknowledged bool
	row          projections.Redaction
	at           domain.Viewpoint
}

func redactionNode(at domain.Viewpoint) func(projections.Redaction) *redaction {
	return func(x projections.Redaction) *redaction {
		return &redaction{ID: nodeID("redaction", x.ID), Trigger: known(x.Trigger), OccurredAt: asKnown(x.Occurred, x.Day), Fields: words(x.Fields),
			Survivors: words(x.Survivors), Acknowledged: x.Acknowledged, row: x, at: at}
	}
}

func (x *redaction) Pending(ctx context.Context) (bool, error) {
	return from(ctx).api.Pending(ctx, x.row.Interaction)
}
func (x *redaction) Tenant(ctx context.Context) (*tenant, error) {
	return tenantOf(ctx, x.row.Tenant, x.at)
}
func (x *redaction) Actor(ctx context.Context) (*actor, error) {
	return actorOf(ctx, x.row.Actor, x.at)
}
func (x *redaction) Interaction(ctx context.Context) (*interaction, error) {
	return interactionByID(ctx, x.row.Interaction, x.at)
}

// Redactions answers the query.
func (*root) Redactions(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *struct {
		factFilter
		Trigger *string
	}
}) (*connection[*redaction], error) {
	r := from(ctx)
	at, err := r.viewpoint(ctx, args.AsOf, args.KnownAt)
	if err != nil {
		return nil, err
	}
	in := deref(args.Filter)
	f := projections.RedactionFilter{From: deref(in.From).Time, To: deref(in.To).Time, Trigger: domain.Trigger(deref(in.Trigger))}
	if f.Tenant, f.Subject, f.Interaction, err = in.ids(); err != nil {
		return nil, err
	}
	c, err := r.reader.Redactions(ctx, f, at, args.page())
	return connect(c, err, redactionNode(at))
}
