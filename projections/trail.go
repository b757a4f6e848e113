package projections

import (
	"context"

	"muniment/domain"
)

// trail lists every event.
type trail struct{}

func (trail) apply(_ context.Context, w *writer, k *domain.Kept) error {
	w.facts.add("trail", k.Seq, k.ID[:], k.Kind, k.Tenant[:], k.Stream.String(), int64(k.Occurred.At), int64(k.LogTime), k.Actor.ID[:], k.Source, oneIf(k.Struck), oneIf(k.Reported), k.Evidence, dayOf(k.Occurred))
	w.facts.about("events", k)
	return nil
}

// dayOf is a moment that is known as a day only; "" for an instant.
func dayOf(m domain.Moment) string {
	if m.Precision != domain.Day {
		return ""
	}
	return m.Text()
}

func oneIf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Event is one row of the trail.
type Event struct {
	Seq      int64
	ID       domain.ID
	Kind     string
	Tenant   domain.ID
	Stream   string
	Occurred domain.Time
	Recorded domain.Time
	Actor    domain.ID
	Source   string
	Struck   bool // its payload is gone by now
	Reported bool // who did it, or that it was decided, is another system's word
	Evidence string
	Day      string // when it occurred, if only the day is known
}

// EventFilter narrows the trail. Zero values ask for everything.
type EventFilter struct {
	Tenant   domain.ID
	Subject  domain.ID
	Kinds    []string
	Stream   string
	Reported int         // 1: only what others reported; -1: only the rest
	From     domain.Time // occurred at or after
	To       domain.Time // occurred before
}

const trailColumns = "seq, id, kind, tenant, stream, occurred, recorded, actor, source, struck, reported, evidence, day"

func scanEvent(s scanner) (e Event, err error) {
	err = s.Scan(&e.Seq, idOf(&e.ID), &e.Kind, idOf(&e.Tenant), &e.Stream, &e.Occurred, &e.Recorded, idOf(&e.Actor), &e.Source, &e.Struck, &e.Reported, &e.Evidence, &e.Day)
	return e, err
}

// Events lists the trail in the order of keeping.
func (r Reader) Events(ctx context.Context, f EventFilter, v domain.Viewpoint, p Page) (Conn[Event], error) {
	q := factQuery("trail", trailColumns, "seq")
	q.subject(f.Subject, "events", v)
	if f.Stream != "" {
		q.where("f.stream = ?", f.Stream)
	}
	if f.Reported != 0 {
		q.where("f.reported = ?", oneIf(f.Reported > 0))
	}
	q.between(f.From, f.To)
	q.oneOf("f.kind", f.Kinds)
	return list(ctx, r, q, f.Tenant, v, p, f, func(s scanner) (Event, []any, error) {
		e, err := scanEvent(s)
		return e, []any{e.Seq}, err
	})
}

// Event finds one event by its id as of a viewpoint; nil when there is none.
func (r Reader) Event(ctx context.Context, id domain.ID, v domain.Viewpoint) (*Event, error) {
	return fact(ctx, r, "trail", trailColumns, id, v, scanEvent)
}
