package projections

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"muniment/domain"
)

// interactions lists calls, texts, forms and chats.
type interactions struct{}

func (interactions) apply(_ context.Context, w *writer, k *domain.Kept) error {
	e, ok := k.Event.(domain.InteractionRecorded)
	if !ok {
		return nil
	}
	w.facts.add("interactions", k.Seq, k.Tenant[:], int64(k.Occurred.At), k.Stream.ID[:], k.Actor.ID[:], body(InteractionDetail{
		Medium: e.Medium, Direction: e.Direction, Country: e.Country, TrackingNumber: e.TrackingNumber, Status: e.Status,
		Seconds: e.Seconds, Recorded: e.Recorded, Ended: e.Ended, Sealed: domain.PersonalPaths(k.Event), Subjects: k.Subjects, Struck: k.Struck, Day: dayOf(k.Occurred),
	}), k.Stream.ID[domain.TimePrefix:])
	w.facts.about("interactions", k)
	return nil
}

// InteractionDetail is what a row keeps beside its keys.
type InteractionDetail struct {
	Medium         domain.Medium
	Direction      domain.Direction
	Country        string
	TrackingNumber string
	Status         string
	Seconds        int64
	Recorded       bool
	Ended          domain.Time
	Sealed         []string // paths of the personal values it was kept with
	Subjects       []domain.SubjectRef
	Struck         bool   // what it said is gone
	Day            string `json:",omitempty"` // when it occurred, if only the day is known
}

// Interaction is one call, text, form or chat. Its personal values are opened by Seq.
type Interaction struct {
	Seq      int64
	ID       domain.ID
	Tenant   domain.ID
	Occurred domain.Time
	Actor    domain.ID
	InteractionDetail
}

// InteractionFilter narrows the list. Zero values ask for everything.
type InteractionFilter struct {
	Tenant  domain.ID
	Subject domain.ID
	ID      domain.ID
	From    domain.Time
	To      domain.Time
}

const interactionColumns = "seq, interaction, tenant, occurred, actor, body"

func scanInteraction(s scanner) (i Interaction, err error) {
	var detail string
	if err = s.Scan(&i.Seq, idOf(&i.ID), idOf(&i.Tenant), &i.Occurred, idOf(&i.Actor), &detail); err == nil {
		err = json.Unmarshal([]byte(detail), &i.InteractionDetail)
	}
	return i, err
}

// Interactions lists them by occurrence.
func (r Reader) Interactions(ctx context.Context, f InteractionFilter, v domain.Viewpoint, p Page) (Conn[Interaction], error) {
	q := factQuery("interactions", interactionColumns, "occurred", "seq")
	q.subject(f.Subject, "interactions", v)
	q.between(f.From, f.To)
	if !f.ID.IsZero() {
		q.where("f.interaction = ?", f.ID[:])
	}
	return list(ctx, r, q, f.Tenant, v, p, f, func(s scanner) (Interaction, []any, error) {
		i, err := scanInteraction(s)
		return i, []any{int64(i.Occurred), i.Seq}, err
	})
}

// Interaction finds one by its id as of a viewpoint; nil when there is none.
func (r Reader) Interaction(ctx context.Context, id domain.ID, v domain.Viewpoint) (*Interaction, error) {
	q := factQuery("interactions", interactionColumns, "seq")
	q.where("f.interaction = ? AND f.seq <= ? AND f.occurred <= ?", id[:], v.Known, int64(v.AsOf))
	return one(ctx, r, q, scanInteraction)
}

// InteractionNamed finds an interaction by its [ledger.NameTail]. It is for intake, which puts facts
// where they belong, and not for showing: it asks nobody's scope.
func (v *Views) InteractionNamed(ctx context.Context, tenant domain.ID, tail []byte) (id domain.ID, found bool, err error) {
	err = v.db.Reader().QueryRowContext(ctx, `SELECT interaction FROM interactions WHERE tenant = $1 AND name = $2 ORDER BY seq LIMIT 1`, tenant[:], tail).Scan(idOf(&id))
	if errors.Is(err, sql.ErrNoRows) {
		return id, false, nil
	}
	if err != nil {
		return id, false, fmt.Errorf("views: find an interaction: %w", err)
	}
	return id, true, nil
}
