package graphql

import (
	"cmp"
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/projections"
)

// subprocessor is Subprocessor in the schema.
type subprocessor struct {
	ID                gql.ID
	LegalName         string
	Status            string
	Locations         []string
	Purposes          []string
	Country           *string
	Seat              *string
	Service           *string
	DataCategories    []string
	SubjectCategories []string
	Mechanism         *string
	URL               *string
	DeclaredBy        *string
	Version           *Date
	Since             DateTime
	state             projections.Subprocessor
}

func subprocessorNode(at domain.Viewpoint) func(projections.State[projections.Subprocessor]) *subprocessor {
	return func(s projections.State[projections.Subprocessor]) *subprocessor {
		x := s.State.On(at.AsOf, at.KnownAt)
		n := &subprocessor{ID: nodeID("subprocessor", s.ID), LegalName: x.LegalName, Status: x.Status, Locations: words(x.Locations), Purposes: words(x.Purposes),
			Country: optional(x.Country), Seat: optional(x.Seat), Service: optional(x.Service), DataCategories: words(x.DataCategories),
			SubjectCategories: words(x.SubjectCategories), Mechanism: optional(string(x.Mechanism)), URL: optional(x.URL), DeclaredBy: optional(x.List), Since: when(s.Since), state: x}
		if x.Version != "" {
			n.Version = &Date{x.Version}
		}
		return n
	}
}

type change struct {
	ID        gql.ID
	Type      *string
	Effective *Date
	Withdrawn bool
}

func (s *subprocessor) Changes() []change {
	out := []change{}
	for _, c := range s.state.Engagement.Changes {
		n := change{ID: nodeID("change", c.Change), Type: known(c.Type), Withdrawn: c.Withdrawn != 0}
		if c.Effective != "" {
			n.Effective = &Date{c.Effective}
		}
		out = append(out, n)
	}
	return out
}

func subprocessorByID(ctx context.Context, id domain.ID, at domain.Viewpoint) (*subprocessor, error) {
	s, err := from(ctx).reader.Subprocessor(ctx, id, at)
	if err != nil || s == nil {
		return nil, err
	}
	return subprocessorNode(at)(*s), nil
}

// Subprocessors answers the query.
func (*root) Subprocessors(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *struct {
		Subprocessor *gql.ID
		Status       *[]string
	}
}) (*connection[*subprocessor], error) {
	r := from(ctx)
	at, err := r.viewpoint(ctx, args.AsOf, args.KnownAt)
	if err != nil {
		return nil, err
	}
	in := deref(args.Filter)
	f := projections.StateFilter{Statuses: deref(in.Status)}
	if f.Entity, err = filterID("filter.subprocessor", "subprocessor", in.Subprocessor); err != nil {
		return nil, err
	}
	c, err := r.reader.Subprocessors(ctx, f, at, args.page())
	return connect(c, err, subprocessorNode(at))
}

// notice is Notice in the schema.
type notice struct {
	ID                         gql.ID
	Change                     *gql.ID
	Type                       *string
	Effective                  *Date
	Status                     string
	Model                      string
	Proof                      string
	WindowOpens                *DateTime
	WindowCloses               *DateTime
	Objection                  string
	ObjectionGround            *string
	ObjectionLate              bool
	ObjectionBy                *string
	Authorisation              string
	GoverningLaw               *string
	Zone                       *string
	DayRule                    *string
	Earliest                   *Date
	SecondAddressee            bool
	StandardContractualClauses string
	ActivatedAt                *DateTime
	Deliveries                 []delivery
	Findings                   []string
	Since                      DateTime
	state                      projections.State[domain.Notice]
	at                         domain.Viewpoint
}

type delivery struct {
	Channel  string
	Attempts int32
	Level    string
	Failed   *string
	Final    bool
}

func noticeNode(at domain.Viewpoint) func(projections.State[domain.Notice]) *notice {
	return func(s projections.State[domain.Notice]) *notice {
		n := s.State
		out := &notice{ID: nodeID("notice", s.ID), Type: known(n.Terms.Type), Effective: dateSet(n.Terms.Effective),
			Status: string(n.Status), Model: string(cmp.Or(n.Terms.Model, domain.UnknownModel)), Proof: orNone(string(n.Level)), WindowOpens: whenSet(n.Window.Opened), WindowCloses: whenSet(n.Window.Closes),
			Objection: orNone(string(n.Objection.State)), ObjectionGround: optional(string(n.Objection.Ground)), ObjectionLate: n.Objection.Late,
			Authorisation: orNone(string(n.Authority.Basis)), ActivatedAt: whenSet(n.Activated), Findings: words(n.Findings()), Since: when(n.Since),
			Deliveries: []delivery{}, state: s, at: at,
			ObjectionBy: optional(string(n.Objection.How)), GoverningLaw: known(n.Terms.Law), Zone: known(n.Terms.Zone), DayRule: optional(string(n.Window.Rule)),
			SecondAddressee: !n.Terms.Second.IsZero(), StandardContractualClauses: orNone(string(n.Terms.SCC))}
		if n.Exists() { // else all that is kept of it is what another system reports
			change := nodeID("change", n.Terms.Change)
			out.Change, out.Earliest = &change, &Date{n.Earliest()}
		}
		for _, d := range n.Deliveries {
			out.Deliveries = append(out.Deliveries, delivery{string(d.Channel), int32(d.Attempts), orNone(string(d.Level)), optional(d.Failed), d.Final})
		}
		return out
	}
}

func orNone(s string) string {
	if s == "" {
		return "NONE"
	}
	return s
}

func (n *notice) Tenant(ctx context.Context) (*tenant, error) {
	return tenantOf(ctx, n.state.Tenant, n.at)
}

func (n *notice) Subprocessor(ctx context.Context) (*subprocessor, error) {
	return subprocessorByID(ctx, n.state.State.Terms.Subprocessor, n.at)
}

func (n *notice) ObjectionText(ctx context.Context) (*personalText, error) {
	if n.state.State.Objection.Seq == 0 {
		return nil, nil
	}
	return from(ctx).text(ctx, n.state.State.Objection.Seq, "/text")
}

// Notices answers the query.
func (*root) Notices(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *struct {
		Tenant, Subprocessor *gql.ID
		Status               *[]string
	}
}) (*connection[*notice], error) {
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
	if f.Subject, err = filterID("filter.subprocessor", "subprocessor", in.Subprocessor); err != nil {
		return nil, err
	}
	c, err := r.reader.Notices(ctx, f, at, args.page())
	return connect(c, err, noticeNode(at))
}

// Reported reports whether another system's word is all there is for some of it.
func (n *notice) Reported() bool { return n.state.State.Reported }

// Reported reports whether another system's word is all there is for some of it.
func (s *subprocessor) Reported() bool { return s.state.Engagement.Reported }
