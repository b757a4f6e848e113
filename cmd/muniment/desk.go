package main

import (
	"context"
	"net/http"
	"slices"

	"muniment/domain"
	"muniment/graphql/explorer"
	"muniment/notices/render"
	"muniment/projections"
)

// desk is the first page after signing in: what waits, what came last, and where to go on.
type desk struct {
	Role     string
	Events   int64
	Findings []deskFinding
	Notices  []deskNotice
	Gaps     []string // accounts without a policy of automatic redaction
	Latest   []deskEvent
	Explorer bool

	MoreFindings, MoreNotices bool // than are shown
}

// deskRows is how many rows a table of the desk shows; where there are more, it says so.
const deskRows = 20

type deskNotice struct {
	Tenant, Company, Status string // the status in words
	Effective               domain.Date
	Closes                  string // in words, by the days of the agreement
	Warn                    bool
}

type deskFinding struct {
	What, Place string
	At          domain.Time
}

// wrong says in words what was found.
var wrong = map[domain.FindingKind]string{
	"LOG_TRUNCATION": "a rule makes events of the log vanish", "LOG_DELETION": "a stream of the log was deleted",
	"LOG_TOMBSTONE": "a stream of the log was deleted for ever", "LOG_FOREIGN": "somebody else’s event stands in a stream of the log",
	"LOG_SCAVENGE": "the log’s engine removed events for good", "LOG_GAP": "an event of the log is missing",
	"LOG_REWRITTEN":     "an event of the log is another than it was",
	"LOG_FORGED":        "the log holds an event that Muniment didn’t write; nobody obeys it, and nothing is sealed from there on",
	"LOG_ROLLBACK":      "a witness has seen a longer log than this one: was an older backup restored?",
	"LOG_FORK":          "a witness was shown another history than this one",
	"LOG_TAIL_LOST":     "the ledger was restored without its newest events: enter the erasures among them again, then say so (muniment restore --erasures-entered); until then personal values stay closed",
	"EPOCH_WRONG":       "our own replay finds something else than an epoch says: whoever checks completeness will refuse it; withdraw it (muniment epoch --withdraw)",
	"REPORTED_DECISION": "another system reports a decision that people take here, and it binds nobody: look at what shows it, and decide here",
	"HOLD_OVERDUE":      "a hold’s day of review is over: keep on holding for a reason, or lift it",
}

type deskEvent struct {
	What   string // in words
	Kind   string
	At     domain.Time
	Source string
}

// waiting are the states of notices that somebody has to look at, in words.
var waiting = map[domain.NoticeStatus]string{
	"OBJECTED": "objection to answer", "ANSWERED": "objection answered, not settled", "BOUNCED": "came back", "EMERGENCY": "used before authorisation",
	"WINDOW_OPEN": "delivered, may object", "SENT": "sent, delivery not proven", "PREPARED": "not sent yet",
}

func (h *house) desk(w http.ResponseWriter, r *http.Request) {
	p, err := h.api.Principal(r)
	if err == nil {
		var d *desk
		var scope projections.Scope
		if scope, err = h.api.Scope(r.Context(), p); err == nil {
			d, err = h.deskOf(r.Context(), h.views.In(scope))
		}
		if err == nil {
			d.Role = string(p.Role)
			if scope.All { // how much others keep is nobody else's business
				d.Events = h.views.Seen()
			}
			h.page(w, http.StatusOK, "desk.html", d)
			return
		}
	}
	h.log.WithField("error", err.Error()).Error("desk")
	http.Error(w, "internal error", http.StatusInternalServerError)
}

func (h *house) deskOf(ctx context.Context, r projections.Reader) (*desk, error) {
	d := &desk{Explorer: explorer.Built()}
	at, err := r.Viewpoint(ctx, 0, 0, h.now())
	if err != nil {
		return nil, err
	}
	accounts, err := projections.Every(func(p projections.Page) (projections.Conn[projections.State[domain.Tenant]], error) {
		return r.Tenants(ctx, projections.StateFilter{}, at, p)
	})
	if err != nil {
		return nil, err
	}
	policies, err := projections.Every(func(p projections.Page) (projections.Conn[projections.State[domain.Retention]], error) {
		return r.Policies(ctx, projections.StateFilter{}, at, p)
	})
	if err != nil {
		return nil, err
	}
	redacts := map[domain.ID]domain.Retention{}
	for _, p := range policies {
		redacts[p.ID] = p.State
	}
	names := map[domain.ID]string{}
	for _, a := range accounts {
		names[a.ID] = a.State.Name
		if !a.State.Closed && redacts[a.ID].On(at.Day(a.State.Counting())).Window == "" {
			d.Gaps = append(d.Gaps, a.State.Name)
		}
	}
	if d.Findings, d.MoreFindings, err = deskFindings(ctx, r, at); err != nil {
		return nil, err
	}
	var statuses []string
	for status := range waiting {
		statuses = append(statuses, string(status))
	}
	slices.Sort(statuses)
	open, err := r.Notices(ctx, projections.StateFilter{Statuses: statuses}, at, projections.Page{First: deskRows})
	if err != nil {
		return nil, err
	}
	d.MoreNotices = open.HasNext
	for _, e := range open.Edges {
		n := e.Node.State
		company, err := r.Subprocessor(ctx, n.Terms.Subprocessor, at)
		if err != nil {
			return nil, err
		}
		row := deskNotice{Tenant: names[e.Node.Tenant], Status: waiting[n.Status], Effective: n.Terms.Effective, Warn: len(n.Findings()) > 0 || n.Objection.Holds()}
		if n.Window.Closes != 0 {
			row.Closes = render.End(n.Window.Closes, n.Terms.Counting())
		}
		if company != nil {
			row.Company = company.State.LegalName
		}
		d.Notices = append(d.Notices, row)
	}
	latest, err := r.Events(ctx, projections.EventFilter{}, at, projections.Page{Last: 10})
	if err != nil {
		return nil, err
	}
	for i := len(latest.Edges) - 1; i >= 0; i-- {
		e := latest.Edges[i].Node
		kind, _ := domain.Lookup(e.Kind)
		d.Latest = append(d.Latest, deskEvent{kind.Doc, e.Kind, e.Recorded, e.Source})
	}
	return d, nil
}

func deskFindings(ctx context.Context, r projections.Reader, at domain.Viewpoint) (rows []deskFinding, more bool, err error) {
	open, err := r.Findings(ctx, projections.StateFilter{Statuses: []string{string(domain.FindingOpen)}}, at, projections.Page{Last: deskRows})
	for _, e := range open.Edges {
		f := e.Node.State
		rows = append(rows, deskFinding{wrong[f.Finding], f.Place, f.Raised})
	}
	return rows, open.HasPrev, err
}
