package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/projections"
)

func showExport(id domain.ID) func(context.Context, *payload, domain.Viewpoint) error {
	return func(ctx context.Context, p *payload, at domain.Viewpoint) error {
		s, err := from(ctx).reader.Export(ctx, id, at)
		if err == nil && s != nil {
			p.Export = exportNode(at)(*s)
		}
		return err
	}
}

// RequestExport asks for a copy.
func (*root) RequestExport(ctx context.Context, args struct {
	Input struct {
		timed
		Tenant     gql.ID
		Channel    string
		Categories []string
		From, To   *Date
		Reason     *string
	}
}) (*payload, error) {
	in, r := args.Input, from(ctx)
	tenant, refusal := bareID("tenant", "tenant", in.Tenant)
	if refusal != nil {
		return no(refusal)
	}
	if !r.reader.Allows(tenant) {
		return missing("tenant", "tenant")
	}
	id, err := r.freshID(ctx, "export", in.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	e := domain.ExportRequested{Channel: domain.ExportChannel(in.Channel), Categories: typed[domain.DataField](in.Categories),
		From: deref(in.From).Date, To: deref(in.To).Date, Reason: deref(in.Reason)}
	return decide(ctx, command{name: "requestExport", tenant: tenant, stream: domain.Stream{Noun: "export", ID: id}, occurred: in.OccurredAt, key: in.IdempotencyKey, input: in, show: showExport(id)},
		domain.Export.Apply, func(x domain.Export, _ domain.Time) ([]domain.Event, *domain.Refusal) { return x.Request(e) })
}

// changeExport decides a later step.
func changeExport(ctx context.Context, name string, export gql.ID, t timed, input any, decision func(domain.Export) ([]domain.Event, *domain.Refusal)) (*payload, error) {
	id, s, p, err := thing(ctx, "export", "export", "export", export, projections.Reader.Export)
	if p != nil || err != nil {
		return p, err
	}
	return decide(ctx, command{name: name, tenant: s.Tenant, stream: domain.Stream{Noun: "export", ID: id}, occurred: t.OccurredAt, key: t.IdempotencyKey, input: input, show: showExport(id)},
		domain.Export.Apply, timeless(decision))
}

type exportInput struct {
	timed
	Export gql.ID
}

// ApproveExport is the second person's agreement.
func (*root) ApproveExport(ctx context.Context, args struct{ Input exportInput }) (*payload, error) {
	actor := from(ctx).principal.Actor
	return changeExport(ctx, "approveExport", args.Input.Export, args.Input.timed, args.Input, func(x domain.Export) ([]domain.Event, *domain.Refusal) { return x.Approve(actor) })
}

// GenerateExport records that the copy was made.
func (*root) GenerateExport(ctx context.Context, args struct {
	Input struct {
		exportInput
		Rows   int32
		Digest string
	}
}) (*payload, error) {
	in := args.Input
	return changeExport(ctx, "generateExport", in.Export, in.timed, in, func(x domain.Export) ([]domain.Event, *domain.Refusal) {
		return x.Advance(domain.ExportGenerated{Rows: int64(in.Rows), Digest: in.Digest})
	})
}

// DeliverExport records to whom it was given.
func (*root) DeliverExport(ctx context.Context, args struct {
	Input struct {
		exportInput
		Channel, Recipient, Country string
		Encrypted                   bool
	}
}) (*payload, error) {
	in := args.Input
	return changeExport(ctx, "deliverExport", in.Export, in.timed, in, func(x domain.Export) ([]domain.Event, *domain.Refusal) {
		return x.Advance(domain.ExportDelivered{Channel: domain.ExportChannel(in.Channel), Recipient: in.Recipient, Country: in.Country, Encrypted: in.Encrypted})
	})
}

// ExpireExport records that it can no longer be fetched.
func (*root) ExpireExport(ctx context.Context, args struct{ Input exportInput }) (*payload, error) {
	return changeExport(ctx, "expireExport", args.Input.Export, args.Input.timed, args.Input, func(x domain.Export) ([]domain.Event, *domain.Refusal) { return x.Advance(domain.ExportExpired{}) })
}
