package graphql

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger"
	"muniment/projections"
)

// payload answers every mutation: the changed thing, and the receipt or the refusal.
type payload struct {
	Tenant       *tenant
	Agreement    *agreement
	Consent      *consent
	Policy       *policy
	Interaction  *interaction
	Export       *export
	Subject      *subject
	Actor        *actor
	User         *user
	Subprocessor *subprocessor
	Notice       *notice
	Finding      *finding
	Strike       *strike
	Schedule     *retentionSchedule
	Receipt      *receipt
	Refusal      *refusal
}

// receipt is Receipt in the schema.
type receipt struct {
	EventID    gql.ID
	Position   *Position
	RecordedAt DateTime
	State      string
	Repeated   bool
	Compared   bool
}

// keyed is what every input has.
type keyed struct {
	IdempotencyKey *string
}

type timed struct {
	keyed
	OccurredAt *DateTime
}

// command is a mutation about to be decided.
type command struct {
	name     string
	tenant   domain.ID
	stream   domain.Stream
	subjects []domain.SubjectRef
	occurred *DateTime
	key      *string
	input    any
	received domain.Date                                                      // instead of occurred: the day on which it reached us
	mandate  domain.MandateScope                                              // what an agency needs to take it for an account; ACT when empty
	show     func(ctx context.Context, p *payload, at domain.Viewpoint) error // loads the changed thing
}

const maxKey = 128

// decide takes one decision and answers with the thing as it is afterwards.
func decide[S any](ctx context.Context, c command, fold func(S, domain.Kept) S, decide func(S, domain.Time) ([]domain.Event, *domain.Refusal)) (*payload, error) {
	r := from(ctx)
	if len(deref(c.key)) > maxKey {
		return no(domain.Malformed("idempotencyKey", "expected at most %d characters", maxKey))
	}
	if ok, err := r.mandated(ctx, c.tenant, cmp.Or(c.mandate, domain.MandateAct)); err != nil {
		return nil, err
	} else if !ok {
		return no(unmandated())
	}
	env := domain.Envelope{Tenant: c.tenant, Actor: r.actor(), Source: "graphql", Subjects: c.subjects, Purpose: r.purpose}
	if c.received != "" {
		day, err := domain.ParseMoment(string(c.received))
		if err != nil {
			return no(domain.Malformed("received", "%s", err))
		}
		env.Occurred = day
	}
	if c.occurred != nil {
		var err error
		if env.Occurred, err = r.api.Ledger.Dated(ctx, c.tenant, c.occurred.moment()); err != nil {
			return nil, err
		}
		if env.Occurred.At > domain.TimeOf(r.now.Add(domain.MaxSkew)) {
			return no(domain.Malformed("occurredAt", "lies in the future"))
		}
	}
	got, err := ledger.Do(ctx, r.api.Ledger, ledger.Command{Name: c.name, Stream: c.stream, Envelope: env, Key: deref(c.key),
		Principal: r.principal.Actor.String(), Input: claimOf(c.input)}, fold, decide)
	var refusal *domain.Refusal
	if errors.As(err, &refusal) {
		return no(refusal)
	}
	if err != nil {
		return nil, err
	}
	if err := r.api.Views.Wait(ctx, got.Position); err != nil {
		return nil, err
	}
	p := &payload{Receipt: &receipt{EventID: nodeID("event", got.ID), Position: r.position(got.Position), RecordedAt: when(got.Recorded), State: r.stateOf(got.Position), Repeated: got.Repeated, Compared: !got.Uncompared}}
	at, err := r.viewpoint(ctx, nil, nil)
	if err != nil {
		return nil, err
	}
	return p, c.show(ctx, p, at)
}

func no(r *domain.Refusal) (*payload, error) { return &payload{Refusal: refused(r)}, nil }

// malformed is the refusal of an input that the catalogue does not allow.
func malformed(err error) *domain.Refusal {
	var f *domain.FieldError
	if errors.As(err, &f) {
		return domain.Malformed(f.Path, "%s", f.Msg)
	}
	return domain.Malformed("", "%s", err)
}

// missing is the answer for things that are not there, or not for the asker: the same words.
func missing(field, noun string) (*payload, error) {
	return no(&domain.Refusal{Code: domain.NotFound, Rule: "input.known", Field: field, Message: "there is no such " + noun})
}

// thing finds what a mutation is about, within the asker's tenants, as it is now. When there is none,
// the payload is the answer.
func thing[T any](ctx context.Context, field, noun, word string, id gql.ID, find func(projections.Reader, context.Context, domain.ID, domain.Viewpoint) (*T, error)) (domain.ID, *T, *payload, error) {
	parsed, refusal := bareID(field, noun, id)
	if refusal != nil {
		return parsed, nil, &payload{Refusal: refused(refusal)}, nil
	}
	r := from(ctx)
	at, err := r.viewpoint(ctx, nil, nil)
	if err != nil {
		return parsed, nil, nil, err
	}
	found, err := find(r.reader, ctx, parsed, at)
	if err == nil && found == nil {
		p, err := missing(field, word)
		return parsed, nil, p, err
	}
	return parsed, found, nil, err
}

// claimOf makes an input a canonical value, without its idempotency key and with absent members left out.
func claimOf(input any) any {
	text, err := json.Marshal(input)
	if err != nil {
		panic(err) // inputs are plain structs
	}
	tree, err := canon.ParseLenient(text)
	if err != nil {
		panic(err)
	}
	return plainTree(tree)
}

func plainTree(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			if e == nil || name == "IdempotencyKey" {
				delete(v, name)
			} else {
				v[name] = plainTree(e)
			}
		}
	case []any:
		for i := range v {
			v[i] = plainTree(v[i])
		}
	case canon.Number:
		return string(v)
	}
	return v
}

// timeless drops the clock from decisions that don't need it.
func timeless[S any](f func(S) ([]domain.Event, *domain.Refusal)) func(S, domain.Time) ([]domain.Event, *domain.Refusal) {
	return func(s S, _ domain.Time) ([]domain.Event, *domain.Refusal) { return f(s) }
}

// naming is the key that ids of a tenant's things are derived with.
func (r *request) naming(ctx context.Context, tenant domain.ID) ([]byte, error) {
	return r.api.Ledger.Vault.NamingKey(ctx, tenant)
}

// freshID is a new thing's id: random, or made from the idempotency key, so that a repeated
// creation finds its stream again.
func (r *request) freshID(ctx context.Context, name string, key *string) (domain.ID, error) {
	if deref(key) == "" {
		return domain.NewID(), nil
	}
	naming, err := r.naming(ctx, domain.Operator)
	if err != nil {
		return domain.ID{}, err
	}
	return domain.KeyedID(naming, r.principal.Actor.String(), *key, "create/"+name, 0), nil
}
