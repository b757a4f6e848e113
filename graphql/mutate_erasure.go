package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/projections"
)

// onPerson decides about a person.
func onPerson(ctx context.Context, name string, subject gql.ID, k keyed, input any, after func(context.Context) error, decision func(domain.Subject, domain.Time) ([]domain.Event, *domain.Refusal)) (*payload, error) {
	id, person, p, err := thing(ctx, "subject", "subject", "data subject", subject, projections.Reader.Subject)
	if p != nil || err != nil {
		return p, err
	}
	return decide(ctx, command{name: name, tenant: person.Tenant, stream: domain.Stream{Noun: "subject", ID: id},
		subjects: []domain.SubjectRef{{ID: id, Capacity: domain.Processor}}, key: k.IdempotencyKey, input: input,
		show: func(ctx context.Context, p *payload, _ domain.Viewpoint) error {
			if after != nil {
				if err := after(ctx); err != nil {
					return err
				}
			}
			if err := from(ctx).api.Views.CatchUp(ctx); err != nil {
				return err
			}
			at, err := from(ctx).viewpoint(ctx, nil, nil)
			if err == nil {
				p.Subject, err = subjectByID(ctx, id, at)
			}
			return err
		}}, domain.Subject.Apply, decision)
}

// EraseSubject orders an erasure and carries it out before it answers.
func (*root) EraseSubject(ctx context.Context, args struct {
	Input struct {
		keyed
		Subject      gql.ID
		Ground, Case string
		Classes      *[]string
		Suppress     *string
	}
}) (*payload, error) {
	in := args.Input
	classes, refusal := domain.InClasses(deref(in.Classes))
	if refusal != nil {
		return no(refusal)
	}
	e := domain.ErasureRequested{Ground: domain.ErasureGround(in.Ground), Case: in.Case, Classes: classes, Suppress: domain.SuppressionGround(deref(in.Suppress))}
	return onPerson(ctx, "eraseSubject", in.Subject, in.keyed, in, from(ctx).api.Erase,
		func(s domain.Subject, _ domain.Time) ([]domain.Event, *domain.Refusal) { return s.Erase(e) })
}

// PlaceHold places a legal hold.
func (*root) PlaceHold(ctx context.Context, args struct {
	Input struct {
		keyed
		Subject                   gql.ID
		Classes                   []string
		Ground, Authority, Case   string
		Law, Country, Instruction *string
		Review                    Date
	}
}) (*payload, error) {
	in := args.Input
	classes, refusal := domain.InClasses(in.Classes)
	if refusal != nil {
		return no(refusal)
	}
	id, err := from(ctx).freshID(ctx, "placeHold", in.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	e := domain.HoldPlaced{Hold: id, Classes: classes, Ground: domain.HoldGround(in.Ground), Law: deref(in.Law), Country: deref(in.Country), Instruction: deref(in.Instruction), Authority: in.Authority, Review: in.Review.Date, Case: in.Case}
	return onPerson(ctx, "placeHold", in.Subject, in.keyed, in, nil,
		func(s domain.Subject, now domain.Time) ([]domain.Event, *domain.Refusal) {
			return s.PlaceHold(e, domain.Processor, now)
		})
}

// LiftHold lifts one.
func (*root) LiftHold(ctx context.Context, args struct {
	Input struct {
		keyed
		Subject, Hold gql.ID
		Case          string
	}
}) (*payload, error) {
	in := args.Input
	hold, refusal := bareID("hold", "hold", in.Hold)
	if refusal != nil {
		return no(refusal)
	}
	return onPerson(ctx, "liftHold", in.Subject, in.keyed, in, from(ctx).api.Erase, func(s domain.Subject, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return s.LiftHold(domain.HoldLifted{Hold: hold, Case: in.Case})
	})
}
