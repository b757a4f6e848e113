package graphql

import (
	"context"
	"errors"
	"strings"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/ledger"
	"muniment/projections/report"
)

type reportPayload struct {
	Content *string
	Digest  *string
	Receipt *receipt
	Refusal *refusal
}

// GenerateReport makes a report and keeps that it was made.
func (*root) GenerateReport(ctx context.Context, args struct {
	Input struct {
		Report, Format      string
		AsOf, KnownAt, From *DateTime
		Subject             *gql.ID
		View                string
	}
}) (*reportPayload, error) {
	in, r := args.Input, from(ctx)
	refusedWith := func(no *domain.Refusal) (*reportPayload, error) { return &reportPayload{Refusal: refused(no)}, nil }
	q := report.Request{Kind: report.Kind(strings.ToLower(in.Report)), Format: report.Format(strings.ToLower(in.Format)),
		AsOf: deref(in.AsOf).end(), KnownAt: deref(in.KnownAt).end(), From: deref(in.From).Time}
	if q.Kind == report.Accesses {
		q.View = report.View(strings.ToLower(in.View))
	}
	if q.Kind != report.Subprocessors {
		if in.Subject != nil {
			id, no := bareID("subject", "subject", *in.Subject)
			if no != nil {
				return refusedWith(no)
			}
			q.Subject = id
		}
	}
	file, kept, err := report.Issue(ctx, r.reportSource(), q, domain.Envelope{Actor: r.actor(), Source: "graphql", Purpose: r.purpose})
	var no *domain.Refusal
	if errors.As(err, &no) {
		return refusedWith(no)
	}
	if err != nil {
		return nil, err
	}
	if err := r.api.Views.Wait(ctx, kept.Position); err != nil {
		return nil, err
	}
	content := string(file.Bytes)
	return &reportPayload{Content: &content, Digest: &file.Digest, Receipt: &receipt{EventID: nodeID("event", kept.ID), Position: r.position(kept.Position),
		RecordedAt: when(kept.Recorded), State: r.stateOf(kept.Position), Repeated: kept.Repeated, Compared: !kept.Uncompared}}, nil
}

// reportSource is what reports for this request are made from. Personal values that it reveals are
// recorded with the operation, before its answer leaves.
func (r *request) reportSource() report.Source {
	s := report.Source{Ledger: r.api.Ledger, Views: r.api.Views, Scope: r.scope, Prove: r.api.Seals.Proof}
	if !r.mayReveal() {
		return s
	}
	s.Reveal = func(ctx context.Context, refs []ledger.Ref) ([]ledger.Value, error) {
		values, err := r.api.Ledger.Reveal(ctx, refs)
		if err != nil {
			return nil, err
		}
		for i, v := range values {
			if !r.reader.Allows(v.Tenant) {
				values[i] = ledger.Value{State: ledger.StateWithheld, Tenant: v.Tenant}
			} else if v.State == ledger.StateClear {
				r.note(v)
			}
		}
		return values, nil
	}
	return s
}
