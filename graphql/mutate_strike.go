package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/ledger"
	"muniment/projections"
)

// strike is Strike in the schema.
type strike struct {
	ID          gql.ID
	Event       gql.ID
	Status      string
	Reason      *string
	Case        *string
	ProposedAt  *DateTime
	CompletedAt *DateTime
	Final       *string
	state       domain.Strike
	at          domain.Viewpoint
}

func strikeNode(at domain.Viewpoint) func(projections.State[domain.Strike]) *strike {
	return func(s projections.State[domain.Strike]) *strike {
		x := s.State
		return &strike{ID: nodeID("strike", s.ID), Event: nodeID("event", s.ID), Status: string(x.Status), Reason: optional(string(x.Reason)), Case: optional(x.Case),
			ProposedAt: whenSet(x.Proposed), CompletedAt: whenSet(x.Done), Final: optional(string(x.Final)), state: x, at: at}
	}
}

func (s *strike) Proposer(ctx context.Context) (*actor, error) {
	return actorIf(ctx, s.state.Proposer, s.at)
}

func (s *strike) Approver(ctx context.Context) (*actor, error) {
	return actorIf(ctx, s.state.Approver, s.at)
}

// actorIf is an actor where there is one.
func actorIf(ctx context.Context, id domain.ID, at domain.Viewpoint) (*actor, error) {
	if id.IsZero() {
		return nil, nil
	}
	return actorOf(ctx, id, at)
}

// Strikes answers the query.
func (*root) Strikes(ctx context.Context, args struct {
	viewArgs
	pageArgs
	Filter *struct{ Status *[]string }
}) (*connection[*strike], error) {
	r := from(ctx)
	at, err := r.viewpoint(ctx, args.AsOf, args.KnownAt)
	if err != nil {
		return nil, err
	}
	c, err := r.reader.Strikes(ctx, projections.StateFilter{Statuses: deref(deref(args.Filter).Status)}, at, args.page())
	return connect(c, err, strikeNode(at))
}

// ProposeStrike asks to remove a payload.
func (*root) ProposeStrike(ctx context.Context, args struct {
	Input struct {
		keyed
		Event        gql.ID
		Reason, Case string
	}
}) (*payload, error) {
	in := args.Input
	id, _, p, err := thing(ctx, "event", "event", "event", in.Event, projections.Reader.Event)
	if p != nil || err != nil {
		return p, err
	}
	e := domain.StrikeProposed{Event: id, Reason: domain.StrikeReason(in.Reason), Case: in.Case}
	return onStrike(ctx, "proposeStrike", id, in.keyed, in, nil, func(s domain.Strike, of domain.Kept) ([]domain.Event, *domain.Refusal) { return s.Propose(e, of) })
}

// ApproveStrike is the second person's agreement, and has it carried out before it answers.
func (*root) ApproveStrike(ctx context.Context, args struct {
	Input struct {
		keyed
		Strike gql.ID
	}
}) (*payload, error) {
	in := args.Input
	id, _, p, err := thing(ctx, "strike", "strike", "strike", in.Strike, projections.Reader.Strike)
	if p != nil || err != nil {
		return p, err
	}
	actor := from(ctx).principal.Actor
	return onStrike(ctx, "approveStrike", id, in.keyed, in, from(ctx).api.Erase, func(s domain.Strike, _ domain.Kept) ([]domain.Event, *domain.Refusal) { return s.Approve(actor) })
}

// onStrike decides about the payload of an event.
func onStrike(ctx context.Context, name string, event domain.ID, k keyed, input any, after func(context.Context) error, decision func(domain.Strike, domain.Kept) ([]domain.Event, *domain.Refusal)) (*payload, error) {
	r := from(ctx)
	if _, can := r.api.Ledger.Log.(ledger.Striker); !can {
		return no(domain.Refuse("strike.engine", "Art. 17 GDPR", "this ledger's log is kept by an engine that can't remove a payload in place: docs/erasure.md says what can be done there"))
	}
	of, err := r.api.eventByID(ctx, event)
	if err != nil {
		return nil, err
	}
	held, err := r.heldAmong(ctx, of.Subjects)
	if err != nil {
		return nil, err
	}
	return decide(ctx, command{name: name, tenant: of.Tenant, stream: domain.Stream{Noun: "strike", ID: event}, key: k.IdempotencyKey, input: input,
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
			if err != nil {
				return err
			}
			s, err := from(ctx).reader.Strike(ctx, event, at)
			if err == nil && s != nil {
				p.Strike = strikeNode(at)(*s)
			}
			return err
		}}, domain.Strike.Apply, timeless(func(s domain.Strike) ([]domain.Event, *domain.Refusal) {
		if held {
			return nil, domain.Refuse("strike.hold", "Art. 17(3)(b), (e) GDPR", "a person whom this event names is under a legal hold, and a strike takes the sealed values too: lift the hold first")
		}
		return decision(s, of)
	}))
}

// eventByID reads a kept event.
func (a *API) eventByID(ctx context.Context, id domain.ID) (domain.Kept, error) {
	placed, err := a.Ledger.Log.Prior(ctx, []ledger.Key{{ID: id}})
	if err != nil {
		return domain.Kept{}, err
	}
	records, err := a.Ledger.Log.At(ctx, []int64{placed[0].Seq})
	if err != nil {
		return domain.Kept{}, err
	}
	return ledger.Decode(records[0])
}

// heldAmong asks whether somebody among them is under a legal hold.
func (r *request) heldAmong(ctx context.Context, subjects []domain.SubjectRef) (bool, error) {
	at, err := r.viewpoint(ctx, nil, nil)
	if err != nil {
		return false, err
	}
	for _, s := range subjects {
		person, err := r.reader.Subject(ctx, s.ID, at)
		if err != nil {
			return false, err
		}
		if person != nil && len(person.State.Holds) > 0 {
			return true, nil
		}
	}
	return false, nil
}
