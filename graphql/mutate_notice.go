package graphql

import (
	"context"
	"slices"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/projections"
)

type noticeInput struct {
	keyed
	Notice gql.ID
}

// changeNotice takes a decision on one notice within the asker's tenants. The decision learns who
// answers, and for whom.
func changeNotice(ctx context.Context, name string, in noticeInput, input any, onBehalf *gql.ID, decision func(domain.Notice, domain.Answer, domain.Time) ([]domain.Event, *domain.Refusal)) (*payload, error) {
	id, s, p, err := thing(ctx, "notice", "notice", "notice", in.Notice, projections.Reader.Notice)
	if p != nil || err != nil {
		return p, err
	}
	r := from(ctx)
	answer := domain.Answer{Actor: r.actor(), By: domain.BySignIn}
	if r.principal.Role == access.Customer && !slices.Contains(r.principal.Tenants, s.Tenant) {
		answer.OnBehalf = s.Tenant // in the scope by a mandate only
	}
	if answer.Mandated, err = r.mandated(ctx, s.Tenant, domain.MandateNotices); err != nil {
		return nil, err
	}
	if onBehalf != nil {
		var refusal *domain.Refusal
		if answer.OnBehalf, refusal = bareID("onBehalf", "tenant", *onBehalf); refusal != nil {
			return no(refusal)
		}
	}
	subjects := []domain.SubjectRef{{ID: r.principal.Actor, Capacity: domain.Controller}}
	return decide(ctx, command{name: name, tenant: s.Tenant, stream: domain.Stream{Noun: "notice", ID: id}, subjects: subjects, key: in.IdempotencyKey, input: input, mandate: domain.MandateRead,
		show: showNotice(id)},
		domain.Notice.Apply, func(n domain.Notice, now domain.Time) ([]domain.Event, *domain.Refusal) {
			return decision(n, answer, now)
		})
}

func showNotice(id domain.ID) func(context.Context, *payload, domain.Viewpoint) error {
	return func(ctx context.Context, p *payload, at domain.Viewpoint) error {
		s, err := from(ctx).reader.Notice(ctx, id, at)
		if err == nil && s != nil {
			p.Notice = noticeNode(at)(*s)
		}
		return err
	}
}

// AcknowledgeNotice: a person says it has read the notice.
func (*root) AcknowledgeNotice(ctx context.Context, args struct{ Input noticeInput }) (*payload, error) {
	return changeNotice(ctx, "acknowledgeNotice", args.Input, args.Input, nil, domain.Notice.Acknowledge)
}

// RaiseObjection: a tenant objects.
func (*root) RaiseObjection(ctx context.Context, args struct {
	Input struct {
		noticeInput
		Ground string
		Text   *string
	}
}) (*payload, error) {
	in := args.Input
	return changeNotice(ctx, "raiseObjection", in.noticeInput, in, nil, func(n domain.Notice, a domain.Answer, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return n.Object(domain.Ground(in.Ground), domain.Clear(deref(in.Text)), a)
	})
}

// EnterObjection records an objection that came by letter, e-mail or telephone. It is about the
// account's contact; about the DPO who entered it when the account has none. What it says is the notice's own.
func (*root) EnterObjection(ctx context.Context, args struct {
	Input struct {
		noticeInput
		Channel, Ground string
		Received        Date
		Evidence        string
		Text            *string
	}
}) (*payload, error) {
	in := args.Input
	id, s, p, err := thing(ctx, "notice", "notice", "notice", in.Notice, projections.Reader.Notice)
	if p != nil || err != nil {
		return p, err
	}
	about := domain.SubjectRef{ID: from(ctx).principal.Actor, Capacity: domain.Controller}
	if !s.State.Terms.Addressee.IsZero() {
		about.ID = s.State.Terms.Addressee
	}
	e := domain.ObjectionRaised{Ground: domain.Ground(in.Ground), Text: domain.Clear(deref(in.Text)), By: domain.By(in.Channel), Received: in.Received.Date, Evidence: in.Evidence}
	return decide(ctx, command{name: "enterObjection", tenant: s.Tenant, stream: domain.Stream{Noun: "notice", ID: id}, subjects: []domain.SubjectRef{about},
		received: in.Received.Date, key: in.IdempotencyKey, input: in, show: showNotice(id)}, domain.Notice.Apply,
		func(n domain.Notice, now domain.Time) ([]domain.Event, *domain.Refusal) {
			return n.EnterObjection(e, now)
		})
}

// company is the sub-processor of a notice, as its own stream tells it now.
func company(ctx context.Context, notice gql.ID) (domain.Subprocessor, *payload, error) {
	_, s, p, err := thing(ctx, "notice", "notice", "notice", notice, projections.Reader.Notice)
	if p != nil || err != nil {
		return domain.Subprocessor{}, p, err
	}
	state, err := ledger.Current(ctx, from(ctx).api.Ledger, domain.Stream{Noun: "subprocessor", ID: s.State.Terms.Subprocessor}, domain.Subprocessor.Apply)
	return state, nil, err
}

type digestInput struct {
	noticeInput
	Digest *string
}

// AnswerObjection: we answer.
func (*root) AnswerObjection(ctx context.Context, args struct{ Input digestInput }) (*payload, error) {
	in := args.Input
	return changeNotice(ctx, "answerObjection", in.noticeInput, in, nil, func(n domain.Notice, _ domain.Answer, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return n.AnswerObjection(deref(in.Digest))
	})
}

// AgreeMitigation settles the objection.
func (*root) AgreeMitigation(ctx context.Context, args struct{ Input digestInput }) (*payload, error) {
	in := args.Input
	return changeNotice(ctx, "agreeMitigation", in.noticeInput, in, nil, func(n domain.Notice, _ domain.Answer, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return n.AgreeMitigation(deref(in.Digest))
	})
}

// WithdrawObjection: the tenant takes it back.
func (*root) WithdrawObjection(ctx context.Context, args struct{ Input noticeInput }) (*payload, error) {
	return changeNotice(ctx, "withdrawObjection", args.Input, args.Input, nil, func(n domain.Notice, a domain.Answer, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return n.WithdrawObjection(a)
	})
}

// AuthoriseNotice: an explicit yes.
func (*root) AuthoriseNotice(ctx context.Context, args struct {
	Input struct {
		noticeInput
		OnBehalf *gql.ID
	}
}) (*payload, error) {
	in := args.Input
	return changeNotice(ctx, "authoriseNotice", in.noticeInput, in, in.OnBehalf, func(n domain.Notice, a domain.Answer, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return n.Authorise(a)
	})
}

// TerminateOverNotice: the tenant leaves over it.
func (*root) TerminateOverNotice(ctx context.Context, args struct{ Input noticeInput }) (*payload, error) {
	return changeNotice(ctx, "terminateOverNotice", args.Input, args.Input, nil, func(n domain.Notice, a domain.Answer, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return n.Terminate(a)
	})
}

// ActivateSubprocessor starts the use for one tenant: the guard.
func (*root) ActivateSubprocessor(ctx context.Context, args struct{ Input noticeInput }) (*payload, error) {
	used, p, err := company(ctx, args.Input.Notice)
	if p != nil || err != nil {
		return p, err
	}
	return changeNotice(ctx, "activateSubprocessor", args.Input, args.Input, nil, func(n domain.Notice, _ domain.Answer, now domain.Time) ([]domain.Event, *domain.Refusal) {
		return n.Activate(used, now)
	})
}

type blockInput struct {
	noticeInput
	Reason string
}

// EngageInEmergency uses it before authorisation.
func (*root) EngageInEmergency(ctx context.Context, args struct{ Input blockInput }) (*payload, error) {
	in := args.Input
	used, p, err := company(ctx, in.Notice)
	if p != nil || err != nil {
		return p, err
	}
	return changeNotice(ctx, "engageInEmergency", in.noticeInput, in, nil, func(n domain.Notice, _ domain.Answer, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return n.EmergencyEngage(in.Reason, used)
	})
}

// BlockEngagement decides that it will not be used for this tenant.
func (*root) BlockEngagement(ctx context.Context, args struct{ Input blockInput }) (*payload, error) {
	in := args.Input
	return changeNotice(ctx, "blockEngagement", in.noticeInput, in, nil, func(n domain.Notice, _ domain.Answer, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return n.Block(in.Reason)
	})
}
