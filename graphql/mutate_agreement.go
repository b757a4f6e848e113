package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/ledger"
	"muniment/projections"
)

type terms struct {
	timed
	Tenant                     gql.ID
	Effective                  Date
	Until                      *Date
	GoverningLaw, Zone         string
	Model                      string
	List                       *string
	ListEffective              *Date
	NoticeDays, ObjectionDays  int32
	WindowStart, Proof         string
	GraceDays                  int32
	EmergencyClause            bool
	StandardContractualClauses string
	Digest, TextVersion        *string
}

func (t terms) event() domain.AgreementSigned {
	return domain.AgreementSigned{Effective: t.Effective.Date, Until: deref(t.Until).Date, Law: t.GoverningLaw, Zone: t.Zone, Model: domain.Model(t.Model),
		List: deref(t.List), ListEffective: deref(t.ListEffective).Date, NoticeDays: int64(t.NoticeDays), ObjectionDays: int64(t.ObjectionDays),
		WindowStart: domain.WindowStart(t.WindowStart), Proof: domain.Proof(t.Proof), GraceDays: int64(t.GraceDays), Emergency: t.EmergencyClause,
		SCC: domain.Instrument(t.StandardContractualClauses), Digest: deref(t.Digest), Version: deref(t.TextVersion)}
}

// annexed is the list version that the terms name, as it was published; zero when it wasn't.
func (r *request) annexed(ctx context.Context, list string, effective domain.Date) (domain.ListPublished, error) {
	history, err := r.list(ctx, list)
	if err != nil || len(history.Standing()) == 0 {
		return domain.ListPublished{}, err
	}
	if v, found := history.OfDay(effective); found {
		return v.ListPublished, nil
	}
	return domain.ListPublished{List: list}, nil
}

// list is everything kept of one published list.
func (r *request) list(ctx context.Context, list string) (domain.ListHistory, error) {
	naming, err := r.naming(ctx, domain.Operator)
	if err != nil {
		return domain.ListHistory{}, err
	}
	return ledger.Current(ctx, r.api.Ledger, ledger.RegisterStream(naming, list), domain.ListHistory.Apply)
}

func changeAgreement(ctx context.Context, name string, tenant gql.ID, t timed, input any, decision func(domain.Agreement, domain.Time) ([]domain.Event, *domain.Refusal)) (*payload, error) {
	id, _, p, err := thing(ctx, "tenant", "tenant", "tenant", tenant, projections.Reader.Tenant)
	if p != nil || err != nil {
		return p, err
	}
	return decide(ctx, command{name: name, tenant: id, stream: domain.Stream{Noun: "agreement", ID: id}, occurred: t.OccurredAt, key: t.IdempotencyKey, input: input,
		show: func(ctx context.Context, p *payload, at domain.Viewpoint) error {
			s, err := from(ctx).reader.Agreement(ctx, id, at)
			if err == nil && s != nil {
				p.Agreement = agreementNode(at)(*s)
			}
			return err
		}}, domain.Agreement.Apply, decision)
}

// agree concludes or changes an agreement.
func agree(ctx context.Context, name string, t terms, decision func(domain.Agreement, domain.AgreementSigned, domain.ListPublished, domain.Time) ([]domain.Event, *domain.Refusal)) (*payload, error) {
	e := t.event()
	if err := domain.Check(e); err != nil {
		return no(malformed(err))
	}
	annexed, err := from(ctx).annexed(ctx, e.List, e.ListEffective)
	if err != nil {
		return nil, err
	}
	return changeAgreement(ctx, name, t.Tenant, t.timed, t, func(a domain.Agreement, now domain.Time) ([]domain.Event, *domain.Refusal) {
		return decision(a, e, annexed, now)
	})
}

// SignAgreement records an agreement.
func (*root) SignAgreement(ctx context.Context, args struct{ Input terms }) (*payload, error) {
	return agree(ctx, "signAgreement", args.Input, domain.Agreement.Sign)
}

// AmendAgreement records new terms.
func (*root) AmendAgreement(ctx context.Context, args struct{ Input terms }) (*payload, error) {
	return agree(ctx, "amendAgreement", args.Input, domain.Agreement.Amend)
}

// EndAgreement records its end.
func (*root) EndAgreement(ctx context.Context, args struct {
	Input struct {
		timed
		Tenant    gql.ID
		Effective Date
	}
}) (*payload, error) {
	in := args.Input
	return changeAgreement(ctx, "endAgreement", in.Tenant, in.timed, in, func(a domain.Agreement, now domain.Time) ([]domain.Event, *domain.Refusal) {
		return a.End(domain.AgreementEnded{Effective: in.Effective.Date}, now)
	})
}
