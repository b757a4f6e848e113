package graphql

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/bundle"
)

// BundleWanted is what a bundle is to answer, and for whom.
type BundleWanted struct {
	Question bundle.Question
	Reading  *ledger.Reading // nil: personal values stay closed
	Wait     time.Duration   // for replayers
	Most     int             // events
	By       domain.Envelope // actor, auth, purpose, basis and source of who asks
}

// BundleMade is a bundle, and the event that says that it was made.
type BundleMade struct {
	Bytes    []byte
	Digest   string
	Manifest *bundle.Manifest
	Receipt  ledger.Receipt
}

// maxBundle is how many events a bundle holds that is answered within an operation's time.
const maxBundle = 10_000

// GenerateBundle makes a bundle and keeps that it was made.
func (*root) GenerateBundle(ctx context.Context, args struct {
	Input struct {
		Tenant, Subject, Stream *gql.ID
		Also                    *[]gql.ID
		Axis                    string
		From, To                *DateTime
	}
}) (*reportPayload, error) {
	r := from(ctx)
	in := args.Input
	q, no := questionOf(in.Tenant, in.Subject, in.Stream, deref(in.Also))
	if no == nil {
		q.From, q.To = deref(in.From).Time, deref(in.To).Time
		if q.From != 0 || q.To != 0 {
			q.Axis = bundle.Axis(strings.ToLower(in.Axis))
		}
		no = r.mayAsk(q)
	}
	if no != nil {
		return &reportPayload{Refusal: refused(no)}, nil
	}
	want := BundleWanted{Question: q, Most: maxBundle, By: domain.Envelope{Actor: r.actor(), Source: "graphql", Purpose: r.purpose}}
	if r.mayReveal() {
		want.Reading = &ledger.Reading{Actor: r.actor(), Source: "graphql", Purpose: r.purpose, Case: r.caseRef}
	}
	made, err := r.api.Bundle(ctx, want)
	if errors.As(err, &no) {
		return &reportPayload{Refusal: refused(no)}, nil
	}
	if err != nil {
		return nil, err
	}
	if err := r.api.Views.Wait(ctx, made.Receipt.Position); err != nil {
		return nil, err
	}
	content, kept := base64.StdEncoding.EncodeToString(made.Bytes), made.Receipt
	return &reportPayload{Content: &content, Digest: &made.Digest, Receipt: &receipt{EventID: nodeID("event", kept.ID), Position: r.position(kept.Position),
		RecordedAt: when(kept.Recorded), State: r.stateOf(kept.Position), Repeated: kept.Repeated, Compared: !kept.Uncompared}}, nil
}

// questionOf reads what a bundle is about.
func questionOf(tenant, subject, stream *gql.ID, also []gql.ID) (q bundle.Question, no *domain.Refusal) {
	q.Of = bundle.OfLedger
	if tenant != nil {
		q.Of = bundle.OfTenant
		if q.Tenant, no = bareID("tenant", "tenant", *tenant); no != nil {
			return q, no
		}
	}
	if subject != nil {
		q.Of = bundle.OfSubject
		if q.Subject, no = bareID("subject", "subject", *subject); no != nil {
			return q, no
		}
	}
	if stream != nil {
		var err error
		q.Of = bundle.OfStream
		if q.Stream, err = domain.ParseStream(string(*stream)); err != nil || subject != nil {
			return q, domain.Malformed("stream", "expected the name of a stream, such as an event's, and no subject beside it")
		}
	}
	for _, one := range also {
		var id domain.ID
		switch q.Of {
		case bundle.OfTenant:
			id, no = bareID("also", "tenant", one)
		case bundle.OfSubject:
			id, no = bareID("also", "subject", one)
		default:
			no = domain.Malformed("also", "only tenants and subjects can be several")
		}
		if no != nil {
			return q, no
		}
		q.Also = append(q.Also, id)
	}
	q.Also = bundle.Rising(q.Also)
	if q.Of != bundle.OfLedger && tenant == nil {
		return q, domain.Malformed("tenant", "missing: say of which account")
	}
	return q, nil
}

// mayAsk: of what one may not see, there is no bundle; of the whole ledger only for the DPO.
func (r *request) mayAsk(q bundle.Question) *domain.Refusal {
	switch {
	case q.Of == bundle.OfLedger && r.principal.Role != access.DPO:
		return domain.Malformed("tenant", "missing: say of which account")
	case slices.ContainsFunc(q.Tenants(), func(id domain.ID) bool { return !r.reader.Allows(id) }):
		return &domain.Refusal{Code: domain.NotFound, Rule: "tenant.known", Field: "tenant", Message: "there is no such tenant"}
	}
	return nil
}
