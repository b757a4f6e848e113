package projections

import (
	"context"
	"encoding/json"

	"muniment/domain"
)

// redactions lists what was removed, when, by what.
type redactions struct{}

func (redactions) apply(_ context.Context, w *writer, k *domain.Kept) error {
	e, ok := k.Event.(domain.InteractionRedacted)
	if !ok {
		return nil
	}
	w.facts.add("redactions", k.Seq, k.ID[:], k.Tenant[:], int64(k.Occurred.At), string(e.Trigger), k.Stream.ID[:], k.Actor.ID[:],
		body(RedactionDetail{Fields: e.Fields, Survivors: e.Survivors, Acknowledged: e.Acknowledged, Reason: e.Reason, Day: dayOf(k.Occurred)}))
	w.facts.about("redactions", k)
	return nil
}

// RedactionDetail is what a row keeps beside its keys.
type RedactionDetail struct {
	Fields       []domain.DataField
	Survivors    []domain.DataField
	Acknowledged bool
	Reason       string
	Day          string `json:",omitempty"` // when it occurred, if only the day is known
}

// Redaction is one redaction of one interaction.
type Redaction struct {
	ID          domain.ID // of the event
	Seq         int64
	Tenant      domain.ID
	Occurred    domain.Time
	Trigger     domain.Trigger
	Interaction domain.ID
	Actor       domain.ID
	RedactionDetail
}

// RedactionFilter narrows the list. Zero values ask for everything.
type RedactionFilter struct {
	Tenant      domain.ID
	Subject     domain.ID
	Interaction domain.ID
	Trigger     domain.Trigger
	From        domain.Time
	To          domain.Time
}

// Redactions lists them by occurrence.
func (r Reader) Redactions(ctx context.Context, f RedactionFilter, v domain.Viewpoint, p Page) (Conn[Redaction], error) {
	q := factQuery("redactions", redactionColumns, "occurred", "seq")
	q.subject(f.Subject, "redactions", v)
	if !f.Interaction.IsZero() {
		q.where("f.interaction = ?", f.Interaction[:])
	}
	if f.Trigger != "" {
		q.filter("f.trigger = ?", string(f.Trigger))
	}
	q.between(f.From, f.To)
	return list(ctx, r, q, f.Tenant, v, p, f, func(s scanner) (Redaction, []any, error) {
		x, err := scanRedaction(s)
		return x, []any{int64(x.Occurred), x.Seq}, err
	})
}

const redactionColumns = "seq, id, tenant, occurred, trigger, interaction, actor, body"

func scanRedaction(s scanner) (x Redaction, err error) {
	var detail string
	if err = s.Scan(&x.Seq, idOf(&x.ID), idOf(&x.Tenant), &x.Occurred, &x.Trigger, idOf(&x.Interaction), idOf(&x.Actor), &detail); err == nil {
		err = json.Unmarshal([]byte(detail), &x.RedactionDetail)
	}
	return x, err
}

// Redaction finds one by its id as of a viewpoint; nil when there is none.
func (r Reader) Redaction(ctx context.Context, id domain.ID, v domain.Viewpoint) (*Redaction, error) {
	return fact(ctx, r, "redactions", redactionColumns, id, v, scanRedaction)
}
