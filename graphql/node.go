package graphql

import (
	"context"
	"strings"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/projections"
)

// node is Node in the schema.
type node struct{ any }

func as[T any](n *node) (T, bool) { t, ok := n.any.(T); return t, ok }

func (n *node) ID() gql.ID { return n.any.(interface{ nodeID() gql.ID }).nodeID() }

func (x *tenant) nodeID() gql.ID          { return x.ID }
func (x *agreement) nodeID() gql.ID       { return x.ID }
func (x *policy) nodeID() gql.ID          { return x.ID }
func (x *subject) nodeID() gql.ID         { return x.ID }
func (x *user) nodeID() gql.ID            { return x.ID }
func (x *consent) nodeID() gql.ID         { return x.ID }
func (x *interaction) nodeID() gql.ID     { return x.ID }
func (x *accessNode) nodeID() gql.ID      { return x.ID }
func (x *redaction) nodeID() gql.ID       { return x.ID }
func (x *export) nodeID() gql.ID          { return x.ID }
func (x *subprocessor) nodeID() gql.ID    { return x.ID }
func (x *notice) nodeID() gql.ID          { return x.ID }
func (x *finding) nodeID() gql.ID         { return x.ID }
func (x *strike) nodeID() gql.ID          { return x.ID }
func (x *event) nodeID() gql.ID           { return x.ID }
func (x *generatedReport) nodeID() gql.ID { return x.ID }

func (n *node) ToTenant() (*tenant, bool)                   { return as[*tenant](n) }
func (n *node) ToAgreement() (*agreement, bool)             { return as[*agreement](n) }
func (n *node) ToRetentionPolicy() (*policy, bool)          { return as[*policy](n) }
func (n *node) ToSubject() (*subject, bool)                 { return as[*subject](n) }
func (n *node) ToUser() (*user, bool)                       { return as[*user](n) }
func (n *node) ToConsent() (*consent, bool)                 { return as[*consent](n) }
func (n *node) ToInteraction() (*interaction, bool)         { return as[*interaction](n) }
func (n *node) ToAccess() (*accessNode, bool)               { return as[*accessNode](n) }
func (n *node) ToRedaction() (*redaction, bool)             { return as[*redaction](n) }
func (n *node) ToExport() (*export, bool)                   { return as[*export](n) }
func (n *node) ToSubprocessor() (*subprocessor, bool)       { return as[*subprocessor](n) }
func (n *node) ToNotice() (*notice, bool)                   { return as[*notice](n) }
func (n *node) ToFinding() (*finding, bool)                 { return as[*finding](n) }
func (n *node) ToStrike() (*strike, bool)                   { return as[*strike](n) }
func (n *node) ToEvent() (*event, bool)                     { return as[*event](n) }
func (n *node) ToGeneratedReport() (*generatedReport, bool) { return as[*generatedReport](n) }

// Node answers the query: one thing by its global id, null when there is none for the asker.
func (*root) Node(ctx context.Context, args struct {
	viewArgs
	ID gql.ID
}) (*node, error) {
	r := from(ctx)
	at, err := r.viewpoint(ctx, args.AsOf, args.KnownAt)
	if err != nil {
		return nil, err
	}
	noun, digits, _ := strings.Cut(string(args.ID), "-")
	id, err := domain.ParseID(digits)
	if err != nil {
		return nil, domain.Malformed("id", "expected an id as this API gives it, such as interaction-<32 hex digits>")
	}
	find, ok := finders[noun]
	if !ok {
		return nil, domain.Malformed("id", "unknown kind of id: take ids only from this API's answers")
	}
	found, err := find(ctx, r.reader, id, at)
	if err != nil || found == nil {
		return nil, err
	}
	return &node{found}, nil
}

type finder func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error)

// found makes a row that was found a node, and none null.
func found[S, N any](s *S, err error, node func(S) N) (any, error) {
	if err != nil || s == nil {
		return nil, err
	}
	return node(*s), nil
}

var finders = map[string]finder{
	"tenant": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Tenant(ctx, id, at)
		return found(s, err, tenantNode(at))
	},
	"agreement": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Agreement(ctx, id, at)
		return found(s, err, agreementNode(at))
	},
	"retention": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Policy(ctx, id, at)
		return found(s, err, policyNode(at))
	},
	"subject": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Subject(ctx, id, at)
		return found(s, err, subjectNode(at))
	},
	"user": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.User(ctx, id, at)
		return found(s, err, userNode(at))
	},
	"consent": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Consent(ctx, id, at)
		return found(s, err, consentNode(at))
	},
	"finding": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Finding(ctx, id, at)
		return found(s, err, findingNode(at))
	},
	"strike": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Strike(ctx, id, at)
		return found(s, err, strikeNode(at))
	},
	"interaction": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Interaction(ctx, id, at)
		return found(s, err, interactionNode(at))
	},
	"access": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Access(ctx, id, at)
		return found(s, err, accessOf(at))
	},
	"redaction": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Redaction(ctx, id, at)
		return found(s, err, redactionNode(at))
	},
	"export": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Export(ctx, id, at)
		return found(s, err, exportNode(at))
	},
	"subprocessor": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Subprocessor(ctx, id, at)
		return found(s, err, subprocessorNode(at))
	},
	"notice": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Notice(ctx, id, at)
		return found(s, err, noticeNode(at))
	},
	"event": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Event(ctx, id, at)
		return found(s, err, eventNode(at))
	},
	"report": func(ctx context.Context, r projections.Reader, id domain.ID, at domain.Viewpoint) (any, error) {
		s, err := r.Report(ctx, id, at)
		return found(s, err, reportNode)
	},
}
