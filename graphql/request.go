package graphql

import (
	"context"
	"errors"
	"sync"
	"time"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/projections"
)

// request is one operation on its way: who asks, for what, and which personal values it released.
type request struct {
	api       *API
	principal access.Principal
	purpose   string
	caseRef   string
	scope     projections.Scope
	reader    projections.Reader
	now       time.Time
	live      *live // of a subscription

	once sync.Map // what one operation reads once: see [remembered]

	mu       sync.Mutex
	released []ledger.Value // without their texts
}

type requestKey struct{}

func (a *API) begin(ctx context.Context, p access.Principal, purpose, caseRef string) (context.Context, *request, error) {
	scope, err := a.Scope(ctx, p)
	r := &request{api: a, principal: p, purpose: purpose, caseRef: caseRef, scope: scope, reader: a.Views.In(scope), now: a.Ledger.Now()}
	return context.WithValue(ctx, requestKey{}, r), r, err
}

func from(ctx context.Context) *request { return ctx.Value(requestKey{}).(*request) }

// viewpoint resolves the two days of a question.
func (r *request) viewpoint(ctx context.Context, asOf, knownAt *DateTime) (domain.Viewpoint, error) {
	at, err := r.reader.Viewpoint(ctx, deref(asOf).end(), deref(knownAt).end(), r.now)
	at.Asked = deref(asOf).day()
	return at, err
}

// narrowed is what every list of state begins with: the viewpoint, and the account it is narrowed to if any.
func (r *request) narrowed(ctx context.Context, days viewArgs, tenant *gql.ID) (at domain.Viewpoint, f projections.StateFilter, err error) {
	if at, err = r.viewpoint(ctx, days.AsOf, days.KnownAt); err != nil {
		return at, f, err
	}
	f.Tenant, err = filterID("filter.tenant", "tenant", tenant)
	return at, f, err
}

// mayReveal reports whether personal values can be released to this request at all.
func (r *request) mayReveal() bool {
	if r.purpose == "" || r.caseRef == "" || !r.principal.Person {
		return false
	}
	return r.principal.Role == access.DPO || r.principal.Content && r.principal.Role != access.Operator
}

// personalText is PersonalText in the schema.
type personalText struct {
	Value *string
	State string
}

// text releases one personal value, or says why not; null when the event was kept without it. What
// is released here is recorded before the answer leaves ([request.record]).
func (r *request) text(ctx context.Context, seq int64, path string) (*personalText, error) {
	ref := ledger.Ref{Seq: seq, Path: path}
	if !r.mayReveal() {
		has, err := r.api.Ledger.Has(ctx, ref)
		if errors.Is(err, ledger.ErrForged) {
			return &personalText{State: string(ledger.StateDamaged)}, nil
		}
		if err != nil || !has {
			return nil, err
		}
		return &personalText{State: string(ledger.StateWithheld)}, nil
	}
	values, err := r.api.Ledger.Reveal(ctx, []ledger.Ref{ref})
	if err != nil {
		return nil, err
	}
	v := values[0]
	switch {
	case v.State == ledger.StateAbsent:
		return nil, nil
	case v.State == ledger.StateDamaged: // whose it was, nobody can tell
		return &personalText{State: string(v.State)}, nil
	case !r.reader.Allows(v.Tenant):
		return &personalText{State: string(ledger.StateWithheld)}, nil
	case v.State != ledger.StateClear:
		return &personalText{State: string(v.State)}, nil
	}
	r.note(v)
	return &personalText{Value: &v.Text, State: string(v.State)}, nil
}

func (r *request) note(v ledger.Value) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.released = append(r.released, ledger.Value{Subject: v.Subject, Capacity: v.Capacity, Tenant: v.Tenant})
}

// record keeps what the operation released, durably. If it can't, nothing may leave.
func (r *request) record(ctx context.Context) error {
	return r.api.Ledger.Record(ctx, ledger.Reading{Actor: r.actor(), Source: "graphql", Purpose: r.purpose, Case: r.caseRef}, r.released)
}

// actor is who decides or reads with this request's credential.
func (r *request) actor() domain.Actor {
	return r.principal.Acting()
}
