package projections

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"muniment/domain"
)

// interactions lists calls, texts, forms and chats: a row for each, with all that was told of it.
type interactions struct{}

func (interactions) apply(_ context.Context, w *writer, k *domain.Kept) error {
	if k.Stream.Noun != "interaction" {
		return nil
	}
	t, is := domain.TellingOf(k)
	if !is {
		return nil
	}
	d := told{Seq: k.Seq, Order: t.Order, Occurred: k.Occurred.At, Actor: k.Actor.ID, InteractionDetail: InteractionDetail{
		Medium: t.Event.Medium, Direction: t.Event.Direction, Country: t.Event.Country, TrackingNumber: t.Event.TrackingNumber, Status: t.Event.Status,
		Seconds: t.Event.Seconds, Recorded: t.Event.Recorded, Ended: t.Event.Ended, Sealed: sealedAt(k), Subjects: k.Subjects, Struck: k.Struck, Day: dayOf(k.Occurred),
	}}
	if _, update := k.Event.(domain.InteractionUpdated); update {
		w.retold = append(w.retold, retelling{k.Stream.ID, k.Subjects, d})
		return nil
	}
	w.facts.add("interactions", k.Seq, k.Tenant[:], int64(k.Occurred.At), k.Stream.ID[:], k.Actor.ID[:], body([]told{d}), k.Stream.ID[domain.TimePrefix:])
	w.facts.about("interactions", k)
	return nil
}

func sealedAt(k *domain.Kept) map[string]int64 {
	at := map[string]int64{}
	for _, path := range domain.PersonalPaths(k.Event) {
		at[path] = k.Seq
	}
	return at
}

// told is one telling, as a row keeps it.
type told struct {
	Seq      int64
	Order    domain.Time
	Occurred domain.Time
	Actor    domain.ID
	InteractionDetail
}

// retelling is an update on its way into its interaction's row.
type retelling struct {
	interaction domain.ID
	subjects    []domain.SubjectRef
	told        told
}

// flushRetold adds updates to their interactions' rows, which are there by now.
func (w *writer) flushRetold(ctx context.Context) error {
	for _, u := range w.retold {
		var seq, occurred int64
		var tenant []byte
		var text string
		err := w.tx.QueryRowContext(ctx, `SELECT seq, tenant, occurred, body FROM interactions WHERE interaction = $1 ORDER BY seq LIMIT 1`, u.interaction[:]).Scan(&seq, &tenant, &occurred, &text)
		if errors.Is(err, sql.ErrNoRows) {
			continue // an update of nothing that is known: it stands in the trail
		}
		if err != nil {
			return fmt.Errorf("find a told interaction: %w", err)
		}
		var all []told
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return fmt.Errorf("read a told interaction: %w", err)
		}
		if slices.ContainsFunc(all, func(t told) bool { return t.Seq == u.told.Seq }) {
			continue
		}
		all = append(all, u.told)
		slices.SortFunc(all[1:], func(a, b told) int { return cmp.Compare(a.Seq, b.Seq) })
		if _, err := w.tx.ExecContext(ctx, `UPDATE interactions SET body = $1 WHERE seq = $2`, body(all), seq); err != nil {
			return fmt.Errorf("update a told interaction: %w", err)
		}
		for _, s := range u.subjects { // perhaps only now it is known whom it was with
			if _, err := w.tx.ExecContext(ctx, `INSERT INTO about (tenant, subject, list, occurred, seq, known) VALUES ($1, $2, 'interactions', $3, $4, $5) ON CONFLICT DO NOTHING`,
				tenant, s.ID[:], occurred, seq, u.told.Seq); err != nil {
				return fmt.Errorf("attribute a told interaction: %w", err)
			}
			for _, list := range []string{"accesses", "redactions"} {
				if err := w.attributeTold(ctx, list, u, tenant, s.ID); err != nil {
					return fmt.Errorf("attribute facts of a told interaction: %w", err)
				}
			}
		}
	}
	w.retold = nil
	return nil
}

// attributeTold makes the facts of an interaction, kept so far, a person's, too. Later ones become theirs
// when they are added.
func (w *writer) attributeTold(ctx context.Context, list string, u retelling, tenant []byte, subject domain.ID) error {
	rows, err := w.tx.QueryContext(ctx, `SELECT seq, occurred FROM `+list+` WHERE interaction = $1 AND tenant = $2`, u.interaction[:], tenant)
	if err != nil {
		return err
	}
	defer rows.Close()
	var facts [][2]int64
	for rows.Next() {
		var f [2]int64
		if err := rows.Scan(&f[0], &f[1]); err != nil {
			return err
		}
		facts = append(facts, f)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, f := range facts {
		if _, err := w.tx.ExecContext(ctx, `INSERT INTO about (tenant, subject, list, occurred, seq, known) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
			tenant, subject[:], list, f[1], f[0], max(f[0], u.told.Seq)); err != nil {
			return err
		}
	}
	return nil
}

// InteractionDetail is what was told of an interaction.
type InteractionDetail struct {
	Medium         domain.Medium
	Direction      domain.Direction
	Country        string
	TrackingNumber string
	Status         string
	Seconds        int64
	Recorded       bool
	Ended          domain.Time
	Sealed         map[string]int64 // path → the event that its personal value was kept with
	Subjects       []domain.SubjectRef
	Struck         bool   // what it said is gone
	Day            string `json:",omitempty"` // when it occurred, if only the day is known
}

// Interaction is one call, text, form or chat: all that its source told of it, as of a viewpoint.
type Interaction struct {
	Seq      int64
	ID       domain.ID
	Tenant   domain.ID
	Occurred domain.Time
	Actor    domain.ID
	InteractionDetail
	History []InteractionTelling // every telling, in the source's order; one where nothing more was told
}

// InteractionTelling is one state that the source told of.
type InteractionTelling struct {
	Seq    int64
	At     domain.Time // when the source had it so: by the record's own time of change, else when it was kept
	Actor  domain.ID
	Detail InteractionDetail
}

// fill lays what was told, as of a viewpoint, over one another.
func (i *Interaction) fill(all []told, v domain.Viewpoint) {
	var state domain.Telling
	i.Sealed, i.Struck = map[string]int64{}, true
	seen := all[:0]
	for n, t := range all {
		if n == 0 || t.Seq <= v.Known && t.Occurred <= v.AsOf {
			seen = append(seen, t)
		}
	}
	slices.SortFunc(seen, func(a, b told) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Seq, b.Seq)) })
	for _, t := range seen {
		i.History = append(i.History, InteractionTelling{t.Seq, t.Order, t.Actor, t.InteractionDetail})
		if t.Struck {
			continue
		}
		i.Struck = false
		next := domain.Telling{Actor: t.Actor, Event: domain.InteractionRecorded{Medium: t.Medium, Direction: t.Direction, Country: t.Country, TrackingNumber: t.TrackingNumber,
			Status: t.Status, Seconds: t.Seconds, Recorded: t.Recorded, Ended: t.Ended}}
		if _, has := t.Sealed["/number"]; has {
			next.Event.Number = domain.Sealed()
		}
		state = state.With(next)
		maps.Copy(i.Sealed, t.Sealed)
		i.Subjects = t.Subjects
	}
	if i.Struck { // nothing is left but that it was
		first := all[0]
		i.InteractionDetail, i.Actor = first.InteractionDetail, first.Actor
		return
	}
	e := state.Event
	i.Actor, i.Medium, i.Direction, i.Country, i.TrackingNumber = state.Actor, e.Medium, e.Direction, e.Country, e.TrackingNumber
	i.Status, i.Seconds, i.Recorded, i.Ended = e.Status, e.Seconds, e.Recorded, e.Ended
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

func scanInteraction(v domain.Viewpoint) func(scanner) (Interaction, error) {
	return func(s scanner) (i Interaction, err error) {
		var text string
		var all []told
		if err = s.Scan(&i.Seq, idOf(&i.ID), idOf(&i.Tenant), &i.Occurred, idOf(&i.Actor), &text); err == nil {
			err = json.Unmarshal([]byte(text), &all)
		}
		if err == nil {
			i.fill(all, v)
		}
		return i, err
	}
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
		i, err := scanInteraction(v)(s)
		return i, []any{int64(i.Occurred), i.Seq}, err
	})
}

// Interaction finds one by its id as of a viewpoint; nil when there is none.
func (r Reader) Interaction(ctx context.Context, id domain.ID, v domain.Viewpoint) (*Interaction, error) {
	q := factQuery("interactions", interactionColumns, "seq")
	q.where("f.interaction = ? AND f.seq <= ? AND f.occurred <= ?", id[:], v.Known, int64(v.AsOf))
	return one(ctx, r, q, scanInteraction(v))
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
