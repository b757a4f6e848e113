package projections

import (
	"context"
	"encoding/json"
	"strings"

	"muniment/domain"
)

// accesses lists who viewed, listened to, downloaded or edited what, and reads of this ledger.
type accesses struct{}

func (accesses) apply(_ context.Context, w *writer, k *domain.Kept) error {
	d := AccessDetail{Auth: k.Auth, Struck: k.Struck}
	switch e := k.Event.(type) {
	case domain.InteractionViewed:
		d.Fields = e.Fields
	case domain.InteractionListened:
		d.Seconds = e.Seconds
	case domain.InteractionDownloaded:
		if e.Field != "" { // else it was struck
			d.Fields = []domain.DataField{e.Field}
		}
	case domain.InteractionEdited:
		d.Fields = e.Fields
	case domain.LedgerQueried:
		d.Case = e.Case
	default:
		return nil
	}
	_, verb, _ := strings.Cut(k.Kind, ".")
	action := strings.ToUpper(verb)
	interaction := k.Stream.ID
	if action == LedgerRead {
		interaction = domain.ID{}
	}
	d.Role, d.Behalf, d.Day = k.Actor.Role, k.Actor.Behalf, dayOf(k.Occurred)
	w.facts.add("accesses", k.Seq, k.ID[:], k.Tenant[:], int64(k.Occurred.At), action, interaction[:], k.Actor.ID[:], k.Purpose, body(d))
	w.facts.about("accesses", k)
	return nil
}

// LedgerRead is the action of reads of personal values in this ledger.
const LedgerRead = "LEDGER_QUERIED"

// AccessActions are the actions an access can have.
var AccessActions = []string{"VIEWED", "LISTENED", "DOWNLOADED", "EDITED", LedgerRead}

// AccessDetail is what a row keeps beside its keys.
type AccessDetail struct {
	Fields  []domain.DataField
	Seconds int64
	Auth    []domain.Auth
	Role    domain.ActorRole
	Behalf  domain.ID
	Case    string
	Struck  bool   // what it said is gone
	Day     string `json:",omitempty"` // when it occurred, if only the day is known
}

// Access is one access to personal data.
type Access struct {
	ID          domain.ID // of the event
	Seq         int64
	Tenant      domain.ID
	Occurred    domain.Time
	Action      string
	Interaction domain.ID
	Actor       domain.ID
	Purpose     string
	AccessDetail
}

// AccessFilter narrows the list. Zero values ask for everything but reads of this ledger.
type AccessFilter struct {
	Tenant      domain.ID
	Subject     domain.ID
	Interaction domain.ID
	Actor       domain.ID
	Actions     []string
	From        domain.Time
	To          domain.Time
	LedgerReads bool // also reads of this ledger
}

// Accesses lists them by occurrence.
func (r Reader) Accesses(ctx context.Context, f AccessFilter, v domain.Viewpoint, p Page) (Conn[Access], error) {
	q := factQuery("accesses", accessColumns, "occurred", "seq")
	q.subject(f.Subject, "accesses", v)
	if !f.Interaction.IsZero() {
		q.where("f.interaction = ?", f.Interaction[:])
	}
	q.between(f.From, f.To)
	q.oneOf("f.action", f.Actions)
	if !f.Actor.IsZero() {
		q.filter("f.actor = ?", f.Actor[:])
	}
	if !f.LedgerReads {
		q.where("f.action <> ?", LedgerRead)
	}
	return list(ctx, r, q, f.Tenant, v, p, f, func(s scanner) (Access, []any, error) {
		a, err := scanAccess(s)
		return a, []any{int64(a.Occurred), a.Seq}, err
	})
}

const accessColumns = "seq, id, tenant, occurred, action, interaction, actor, purpose, body"

func scanAccess(s scanner) (a Access, err error) {
	var detail string
	if err = s.Scan(&a.Seq, idOf(&a.ID), idOf(&a.Tenant), &a.Occurred, &a.Action, idOf(&a.Interaction), idOf(&a.Actor), &a.Purpose, &detail); err == nil {
		err = json.Unmarshal([]byte(detail), &a.AccessDetail)
	}
	return a, err
}

// Access finds one by its id as of a viewpoint; nil when there is none.
func (r Reader) Access(ctx context.Context, id domain.ID, v domain.Viewpoint) (*Access, error) {
	return fact(ctx, r, "accesses", accessColumns, id, v, scanAccess)
}
