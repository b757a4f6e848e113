package graphql

import (
	"context"
	"errors"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
)

// epoch is Epoch in the schema.
type epoch struct {
	Size       Position
	Heads      int32
	Root       string
	RecordedAt DateTime
}

// maxEpochs bounds a list of them.
const maxEpochs = 100

// Epochs answers the query.
func (*root) Epochs(ctx context.Context, args struct{ Newest int32 }) ([]epoch, error) {
	if args.Newest < 1 || args.Newest > maxEpochs {
		return nil, domain.Malformed("newest", "expected 1 to %d", maxEpochs)
	}
	r := from(ctx)
	if !r.mayCount() {
		return []epoch{}, nil
	}
	all, err := r.api.Epochs.Newest(ctx, int64(args.Newest))
	list := make([]epoch, len(all))
	for i, e := range all {
		list[i] = epoch{Position(e.Size), int32(e.Count), e.Root, when(e.Recorded)}
	}
	return list, err
}

// mayCount: an epoch's leaf tells how many tenants and people the ledger has in all, and every proof holds it.
// That is nothing for a customer.
func (r *request) mayCount() bool { return r.principal.Role != access.Customer }

// completeness is Completeness in the schema.
type completeness struct {
	Size   Position
	Count  int32
	Leaves *int32
	Text   string
}

// Completeness answers the query. Whoever may not see an account is told nothing of it, not even that
// it has no events.
func (*root) Completeness(ctx context.Context, args struct {
	Tenant   gql.ID
	Subject  *gql.ID
	From, To *DateTime
}) (*completeness, error) {
	tenant, no := bareID("tenant", "tenant", args.Tenant)
	if no != nil {
		return nil, no
	}
	r := from(ctx)
	if !r.reader.Allows(tenant) {
		return nil, &domain.Refusal{Code: domain.NotFound, Rule: "tenant.known", Field: "tenant", Message: "there is no such tenant"}
	}
	if !r.mayCount() {
		return nil, nil
	}
	tag := seal.Tag("tenant", tenant, tenant)
	if args.Subject != nil {
		subject, no := bareID("subject", "subject", *args.Subject)
		if no != nil {
			return nil, no
		}
		tag = seal.Tag("subject", tenant, subject)
	}
	start, end := deref(args.From).Time, deref(args.To).end()
	if start > 0 && end == 0 {
		end = domain.TimeOf(r.api.Ledger.Now())
	}
	if start > end || start < 0 {
		return nil, domain.Malformed("to", "expected a period that begins before it ends")
	}
	p, e, err := r.api.Epochs.Prove(ctx, tag, start, end)
	switch {
	case errors.Is(err, epochs.ErrNone):
		return nil, nil
	case errors.Is(err, epochs.ErrBehind):
		return nil, &domain.Refusal{Code: domain.Unavailable, Rule: "evidence.epoch", Message: "an epoch is being made: ask again in a moment"}
	case err != nil:
		return nil, err
	}
	c := &completeness{Size: Position(e.Size), Text: string(p.Text())}
	if h := p.Head.Head; h != nil {
		c.Count = int32(h.Count)
	}
	if p.Period != nil {
		n := int32(len(p.Period.Leaves))
		c.Leaves = &n
	}
	return c, nil
}
