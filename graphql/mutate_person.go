package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/ledger"
	"muniment/projections"
)

func showConsent(id domain.ID) func(context.Context, *payload, domain.Viewpoint) error {
	return func(ctx context.Context, p *payload, at domain.Viewpoint) error {
		s, err := from(ctx).reader.Consent(ctx, id, at)
		if err == nil && s != nil {
			p.Consent = consentNode(at)(*s)
		}
		return err
	}
}

// GrantConsent records consent.
func (*root) GrantConsent(ctx context.Context, args struct {
	Input struct {
		timed
		Subject              gql.ID
		Purpose, TextVersion string
		Digest               *string
		Channel, Act         string
		Giver                string
		Means                *[]string
		Evidence             *string
	}
}) (*payload, error) {
	in := args.Input
	id, person, p, err := thing(ctx, "subject", "subject", "data subject", in.Subject, projections.Reader.Subject)
	if p != nil || err != nil {
		return p, err
	}
	naming, err := from(ctx).naming(ctx, person.Tenant)
	if err != nil {
		return nil, err
	}
	stream := ledger.ConsentStream(naming, id, in.Purpose)
	e := domain.ConsentGranted{Purpose: in.Purpose, Text: in.TextVersion, Digest: deref(in.Digest), Channel: domain.ConsentChannel(in.Channel),
		Act: domain.Act(in.Act), Giver: domain.Giver(in.Giver), Means: means(in.Means), Evidence: domain.Clear(deref(in.Evidence))}
	return decide(ctx, command{name: "grantConsent", tenant: person.Tenant, stream: stream, subjects: []domain.SubjectRef{{ID: id, Capacity: domain.Processor}},
		occurred: in.OccurredAt, key: in.IdempotencyKey, input: in, show: showConsent(stream.ID)},
		domain.Consent.Apply, func(c domain.Consent, _ domain.Time) ([]domain.Event, *domain.Refusal) { return c.Grant(e) })
}

func means(list *[]string) []domain.Means {
	if list == nil || len(*list) == 0 {
		return nil
	}
	return typed[domain.Means](*list)
}

// WithdrawConsent records a withdrawal.
func (*root) WithdrawConsent(ctx context.Context, args struct {
	Input struct {
		timed
		Consent, Subject *gql.ID
		Purpose          *string
		Channel          *string
	}
}) (*payload, error) {
	in := args.Input
	var tenant, who, stream domain.ID
	purpose := deref(in.Purpose)
	switch {
	case in.Consent != nil:
		id, c, p, err := thing(ctx, "consent", "consent", "consent", *in.Consent, projections.Reader.Consent)
		if p != nil || err != nil {
			return p, err
		}
		if in.Subject != nil || in.Purpose != nil {
			return no(domain.Malformed("subject", "give the consent alone, or the subject and the purpose"))
		}
		tenant, who, stream, purpose = c.Tenant, c.State.Subject, id, c.State.Purpose
	case in.Subject != nil && in.Purpose != nil:
		id, person, p, err := thing(ctx, "subject", "subject", "data subject", *in.Subject, projections.Reader.Subject)
		if p != nil || err != nil {
			return p, err
		}
		naming, err := from(ctx).naming(ctx, person.Tenant)
		if err != nil {
			return nil, err
		}
		tenant, who, stream = person.Tenant, id, ledger.ConsentStream(naming, id, purpose).ID
	default:
		return no(domain.Malformed("consent", "give either the consent, or the subject and the purpose"))
	}
	return decide(ctx, command{name: "withdrawConsent", tenant: tenant, stream: domain.Stream{Noun: "consent", ID: stream},
		subjects: []domain.SubjectRef{{ID: who, Capacity: domain.Processor}}, occurred: in.OccurredAt, key: in.IdempotencyKey, input: in, show: showConsent(stream)},
		domain.Consent.Apply, func(c domain.Consent, _ domain.Time) ([]domain.Event, *domain.Refusal) {
			return c.Withdraw(purpose, domain.ConsentChannel(deref(in.Channel)))
		})
}

// DetachIdentifier takes a number or address off a person.
func (*root) DetachIdentifier(ctx context.Context, args struct {
	Input struct {
		timed
		Subject, Identifier gql.ID
	}
}) (*payload, error) {
	in := args.Input
	identifier, refusal := bareID("identifier", "identifier", in.Identifier)
	if refusal != nil {
		return no(refusal)
	}
	id, person, p, err := thing(ctx, "subject", "subject", "data subject", in.Subject, projections.Reader.Subject)
	if p != nil || err != nil {
		return p, err
	}
	return decide(ctx, command{name: "detachIdentifier", tenant: person.Tenant, stream: domain.Stream{Noun: "subject", ID: id},
		subjects: []domain.SubjectRef{{ID: id, Capacity: domain.Processor}}, occurred: in.OccurredAt, key: in.IdempotencyKey, input: in,
		show: func(ctx context.Context, p *payload, at domain.Viewpoint) (err error) {
			p.Subject, err = subjectByID(ctx, id, at)
			return err
		}},
		domain.Subject.Apply, func(s domain.Subject, _ domain.Time) ([]domain.Event, *domain.Refusal) { return s.Detach(identifier) })
}

// RedactInteraction records a manual redaction.
func (*root) RedactInteraction(ctx context.Context, args struct {
	Input struct {
		timed
		Interaction  gql.ID
		Fields       []string
		Survivors    *[]string
		Reason       string
		Acknowledged bool
	}
}) (*payload, error) {
	in := args.Input
	id, row, p, err := thing(ctx, "interaction", "interaction", "interaction", in.Interaction, projections.Reader.Interaction)
	if p != nil || err != nil {
		return p, err
	}
	hold, err := from(ctx).api.Held(ctx, domain.Stream{Noun: "interaction", ID: id}, row.Tenant)
	if err != nil {
		return nil, err
	}
	e := domain.InteractionRedacted{Trigger: domain.Manual, Fields: typed[domain.DataField](in.Fields), Survivors: typed[domain.DataField](deref(in.Survivors)),
		Acknowledged: in.Acknowledged, Reason: in.Reason}
	return decide(ctx, command{name: "redactInteraction", tenant: row.Tenant, stream: domain.Stream{Noun: "interaction", ID: id}, subjects: row.Subjects,
		occurred: in.OccurredAt, key: in.IdempotencyKey, input: in,
		show: func(ctx context.Context, p *payload, at domain.Viewpoint) (err error) {
			p.Interaction, err = interactionByID(ctx, id, at)
			return err
		}},
		domain.Interaction.Apply, func(i domain.Interaction, _ domain.Time) ([]domain.Event, *domain.Refusal) {
			if hold != nil && e.Takes() {
				return nil, hold.KeepsInteraction()
			}
			return i.Redact(e)
		})
}

// changePolicy decides a tenant's retention policy.
func changePolicy(ctx context.Context, name string, tenant gql.ID, t timed, input any, decision func(domain.Retention, domain.Date) ([]domain.Event, *domain.Refusal)) (*payload, error) {
	id, account, p, err := thing(ctx, "tenant", "tenant", "tenant", tenant, projections.Reader.Tenant)
	if p != nil || err != nil {
		return p, err
	}
	return decide(ctx, command{name: name, tenant: id, stream: domain.Stream{Noun: "retention", ID: id}, occurred: t.OccurredAt, key: t.IdempotencyKey, input: input,
		show: func(ctx context.Context, p *payload, at domain.Viewpoint) error {
			s, err := from(ctx).reader.Policy(ctx, id, at)
			if err == nil && s != nil {
				p.Policy = policyNode(at)(*s)
			}
			return err
		}}, domain.Retention.Apply, func(s domain.Retention, now domain.Time) ([]domain.Event, *domain.Refusal) {
		return decision(s, account.State.Counting().Day(now))
	})
}

// SetRetentionPolicy sets the window.
func (*root) SetRetentionPolicy(ctx context.Context, args struct {
	Input struct {
		timed
		Tenant       gql.ID
		Window       string
		Acknowledged bool
		Effective    *Date
		Until        *Date
	}
}) (*payload, error) {
	in := args.Input
	e := domain.PolicySet{Window: domain.Window(in.Window), Acknowledged: in.Acknowledged, Effective: deref(in.Effective).Date, Until: deref(in.Until).Date}
	return changePolicy(ctx, "setRetentionPolicy", in.Tenant, in.timed, in, func(r domain.Retention, today domain.Date) ([]domain.Event, *domain.Refusal) {
		return r.Set(e, today)
	})
}

// DisableRetentionPolicy switches automatic redaction off.
func (*root) DisableRetentionPolicy(ctx context.Context, args struct {
	Input struct {
		timed
		Tenant    gql.ID
		Effective *Date
	}
}) (*payload, error) {
	in := args.Input
	e := domain.PolicyDisabled{Effective: deref(in.Effective).Date}
	return changePolicy(ctx, "disableRetentionPolicy", in.Tenant, in.timed, in, func(r domain.Retention, today domain.Date) ([]domain.Event, *domain.Refusal) {
		return r.Disable(e, today)
	})
}
