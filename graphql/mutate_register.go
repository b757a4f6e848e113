package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
)

func showSubprocessor(id domain.ID) func(context.Context, *payload, domain.Viewpoint) error {
	return func(ctx context.Context, p *payload, at domain.Viewpoint) (err error) {
		p.Subprocessor, err = subprocessorByID(ctx, id, at)
		return err
	}
}

// changeSubprocessor takes a decision on a company's stream.
func changeSubprocessor(ctx context.Context, name string, company gql.ID, t timed, input any, decision func(domain.Subprocessor, domain.Time) ([]domain.Event, *domain.Refusal)) (*payload, error) {
	id, refusal := bareID("subprocessor", "subprocessor", company)
	if refusal != nil {
		return no(refusal)
	}
	return onSubprocessor(ctx, name, id, t, input, decision)
}

func onSubprocessor(ctx context.Context, name string, id domain.ID, t timed, input any, decision func(domain.Subprocessor, domain.Time) ([]domain.Event, *domain.Refusal)) (*payload, error) {
	return decide(ctx, command{name: name, tenant: domain.Operator, stream: domain.Stream{Noun: "subprocessor", ID: id}, occurred: t.OccurredAt,
		key: t.IdempotencyKey, input: input, show: showSubprocessor(id)}, domain.Subprocessor.Apply, decision)
}

// ProposeSubprocessor puts a company forward.
func (*root) ProposeSubprocessor(ctx context.Context, args struct {
	Input struct {
		keyed
		LegalName, Country, Service       string
		Purposes, Locations               []string
		DataCategories, SubjectCategories *[]string
		Mechanism                         string
	}
}) (*payload, error) {
	in := args.Input
	id, err := from(ctx).freshID(ctx, "subprocessor", in.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	e := domain.SubprocessorProposed{LegalName: in.LegalName, Country: in.Country, Service: in.Service, Purposes: in.Purposes, Locations: in.Locations,
		DataCategories: deref(in.DataCategories), SubjectCategories: deref(in.SubjectCategories), Mechanism: domain.Mechanism(in.Mechanism)}
	return onSubprocessor(ctx, "proposeSubprocessor", id, timed{keyed: in.keyed}, in, func(s domain.Subprocessor, _ domain.Time) ([]domain.Event, *domain.Refusal) { return s.Propose(e) })
}

type companyInput struct {
	timed
	Subprocessor gql.ID
}

// CompleteDueDiligence records that a company was checked.
func (*root) CompleteDueDiligence(ctx context.Context, args struct {
	Input struct {
		companyInput
		Security, Privacy, Confidentiality string
		Digest                             string
		Expires                            Date
	}
}) (*payload, error) {
	in := args.Input
	e := domain.DueDiligenceCompleted{Security: domain.Outcome(in.Security), Privacy: domain.Outcome(in.Privacy), Confidentiality: domain.Outcome(in.Confidentiality), Digest: in.Digest, Expires: in.Expires.Date}
	return changeSubprocessor(ctx, "completeDueDiligence", in.Subprocessor, in.timed, in, func(s domain.Subprocessor, now domain.Time) ([]domain.Event, *domain.Refusal) {
		return s.CompleteDueDiligence(e, now)
	})
}

// SignFlowDown records that the same obligations bind it.
func (*root) SignFlowDown(ctx context.Context, args struct {
	Input struct {
		companyInput
		Digest string
	}
}) (*payload, error) {
	in := args.Input
	return changeSubprocessor(ctx, "signFlowDown", in.Subprocessor, in.timed, in, func(s domain.Subprocessor, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return s.SignFlowDown(domain.FlowDownSigned{Digest: in.Digest})
	})
}

// AnnounceChange announces a change; notices follow from it.
func (*root) AnnounceChange(ctx context.Context, args struct {
	Input struct {
		keyed
		Subprocessor                        gql.ID
		Type                                string
		Effective                           Date
		Summary                             string
		Services, DataCategories, Locations *[]string
		Mechanism                           *string
		Replaces                            *gql.ID
		Tenants                             *[]gql.ID
	}
}) (*payload, error) {
	in, r := args.Input, from(ctx)
	var name, address string
	if r.api.Sender != nil {
		name, address = r.api.Sender(ctx)
	}
	if refusal := domain.MayAnnounce(name, address); refusal != nil {
		return no(refusal)
	}
	change, err := r.freshID(ctx, "change", in.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	e := domain.ChangeAnnounced{Change: change, Type: domain.ChangeKind(in.Type), Effective: in.Effective.Date, Summary: in.Summary, Services: deref(in.Services),
		DataCategories: deref(in.DataCategories), Locations: deref(in.Locations), Mechanism: domain.Mechanism(deref(in.Mechanism))}
	if e.Replaces, err = filterID("replaces", "subprocessor", in.Replaces); err != nil {
		return nil, err
	}
	for _, t := range deref(in.Tenants) {
		id, refusal := bareID("tenants", "tenant", t)
		if refusal != nil {
			return no(refusal)
		}
		e.Tenants = append(e.Tenants, id)
	}
	return changeSubprocessor(ctx, "announceChange", in.Subprocessor, timed{keyed: in.keyed}, in, func(s domain.Subprocessor, now domain.Time) ([]domain.Event, *domain.Refusal) {
		return s.Announce(e, now)
	})
}

// WithdrawChange withdraws an announced change.
func (*root) WithdrawChange(ctx context.Context, args struct {
	Input struct {
		companyInput
		Change gql.ID
	}
}) (*payload, error) {
	in := args.Input
	change, refusal := bareID("change", "change", in.Change)
	if refusal != nil {
		return no(refusal)
	}
	return changeSubprocessor(ctx, "withdrawChange", in.Subprocessor, in.timed, in, func(s domain.Subprocessor, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return s.WithdrawChange(change)
	})
}

type reasonInput struct {
	companyInput
	Reason string
}

// SuspendSubprocessor stops using a company for the time being.
func (*root) SuspendSubprocessor(ctx context.Context, args struct{ Input reasonInput }) (*payload, error) {
	in := args.Input
	return changeSubprocessor(ctx, "suspendSubprocessor", in.Subprocessor, in.timed, in, func(s domain.Subprocessor, now domain.Time) ([]domain.Event, *domain.Refusal) {
		return s.Suspend(in.Reason, now)
	})
}

// EndSubprocessor stops using a company.
func (*root) EndSubprocessor(ctx context.Context, args struct{ Input reasonInput }) (*payload, error) {
	in := args.Input
	return changeSubprocessor(ctx, "endSubprocessor", in.Subprocessor, in.timed, in, func(s domain.Subprocessor, _ domain.Time) ([]domain.Event, *domain.Refusal) { return s.End(in.Reason) })
}

// ConfirmDeletion records that a company deleted the data.
func (*root) ConfirmDeletion(ctx context.Context, args struct {
	Input struct {
		companyInput
		Digest string
	}
}) (*payload, error) {
	in := args.Input
	return changeSubprocessor(ctx, "confirmDeletion", in.Subprocessor, in.timed, in, func(s domain.Subprocessor, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return s.ConfirmDeletion(in.Digest)
	})
}
