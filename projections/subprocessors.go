package projections

import (
	"cmp"
	"context"
	"time"

	"muniment/domain"
)

// Subprocessor is one entry of the register on a day: declared by a published list, or followed
// through the commands on its own stream.
type Subprocessor struct {
	LegalName         string
	Country           string
	Service           string
	Purposes          []string
	Locations         []string
	DataCategories    []string
	SubjectCategories []string
	Mechanism         domain.Mechanism
	Seat              string
	URL               string
	Status            string // LISTED, what a list says of a company not in use, or the state of its own stream
	List              string // the published list it stands on, "" for one followed by commands
	Version           domain.Date
	Standing          domain.Date         // the day since when it stands on that list as in use, without a gap
	Engagement        domain.Subprocessor // what its own stream tells, for one followed by commands
	Seq               int64               // of the event that made the state
}

// Listed is the status of an entry that a published list declares.
const Listed = "LISTED"

// subprocessors follows the companies put forward by command.
var subprocessors = stateView[Subprocessor]{
	name: "subprocessors", noun: "subprocessor", fold: Subprocessor.apply,
	shown: func(s Subprocessor) (string, string, domain.ID) { return s.LegalName, s.Status, domain.ID{} },
}

func (s Subprocessor) apply(k domain.Kept) Subprocessor {
	e := s.Engagement.Apply(k)
	p := e.Proposed
	return Subprocessor{LegalName: p.LegalName, Country: p.Country, Service: p.Service, Purposes: p.Purposes, Locations: p.Locations,
		DataCategories: p.DataCategories, SubjectCategories: p.SubjectCategories, Mechanism: p.Mechanism,
		Status: string(e.StatusAt(e.Since)), Engagement: e, Seq: k.Seq}
}

// On is the entry on a day: places, categories and status as the changes in effect by then say. What holds
// from a day that is still to come now is announced, not in use.
func (s Subprocessor) On(day, now domain.Time) Subprocessor {
	if s.List != "" {
		if s.Status == Listed && s.Standing.Start() > now {
			s.Status = string(domain.EntryAnnounced)
		}
		return s
	}
	p := s.Engagement.At(day)
	s.LegalName, s.Country, s.Service, s.Purposes, s.Locations = p.LegalName, p.Country, p.Service, p.Purposes, p.Locations
	s.DataCategories, s.SubjectCategories, s.Mechanism = p.DataCategories, p.SubjectCategories, p.Mechanism
	s.Status = string(s.Engagement.StatusAt(min(day, max(now, s.Engagement.Since))))
	return s
}

// register keeps the versions of published lists: state on a day = the latest snapshot on or before.
type register struct{}

func (register) apply(ctx context.Context, w *writer, k *domain.Kept) error {
	switch k.Event.(type) {
	case domain.ListPublished, domain.ListWithdrawn:
	default:
		return nil
	}
	kept, err := streamUpTo(ctx, w.log, k.Stream, k.Revision)
	if err != nil {
		return err
	}
	var h domain.ListHistory
	for _, v := range kept {
		h = h.Apply(v)
	}
	next := listed(h)
	// Everybody who stands on any version may change, not only who stands on this one.
	for _, v := range h.Versions {
		for _, e := range v.Entries {
			if _, stands := next[e.Key]; !stands {
				next[e.Key] = nil
			}
		}
	}
	for key, rectangles := range next {
		t, err := w.timeline(ctx, stateKey{"subprocessors", key}, k.Tenant)
		if err != nil {
			return err
		}
		t.replace(rectangles, k.Seq)
	}
	return nil
}

// listed says for each row when it stands on the list and as what. A row of a list that was published
// ahead is announced from then until the list holds, where no earlier version has it.
func listed(h domain.ListHistory) map[domain.ID][]rectangle {
	all := map[domain.ID][]rectangle{}
	standing := h.Standing()
	used := map[domain.ID]domain.Date{} // since when, of the rows in use on the version before
	for i, v := range standing {
		until := int64(forever)
		if i+1 < len(standing) {
			until = int64(standing[i+1].Effective.Start())
		}
		from := int64(v.Effective.Start())
		before := used
		used = map[domain.ID]domain.Date{}
		for _, e := range v.Entries {
			if e.Status == "" {
				used[e.Key] = cmp.Or(before[e.Key], v.Effective)
			}
			known := int64(v.Occurred.At)
			for _, earlier := range all[e.Key] {
				if earlier.validFrom <= known {
					known = max(known, earlier.validTo)
				}
			}
			if known < from && e.Status == "" {
				all[e.Key] = append(all[e.Key], listedAs(v, e, used[e.Key], string(domain.EntryAnnounced), known, from))
			}
			all[e.Key] = append(all[e.Key], listedAs(v, e, used[e.Key], cmp.Or(string(e.Status), Listed), from, until))
		}
	}
	return all
}

func listedAs(v domain.ListVersion, e domain.Entry, since domain.Date, status string, from, until int64) rectangle {
	return rectangle{validFrom: from, validTo: until, sort: e.Name + " " + e.Purpose, status: status, body: body(Subprocessor{
		LegalName: e.Name, Purposes: []string{e.Purpose}, Service: e.Service, Locations: e.Locations, Seat: e.Seat, URL: e.URL,
		Status: status, List: v.List, Version: v.Effective, Standing: since, Seq: v.Seq})}
}

// Subprocessors lists the register as of a viewpoint, by name. Everybody may read it.
func (r Reader) Subprocessors(ctx context.Context, f StateFilter, v domain.Viewpoint, p Page) (Conn[State[Subprocessor]], error) {
	f.Tenant = domain.Operator
	return states[Subprocessor](ctx, r.public(), "subprocessors", f, v, p)
}

// Subprocessor finds one entry; nil when there is none at the viewpoint.
func (r Reader) Subprocessor(ctx context.Context, id domain.ID, v domain.Viewpoint) (*State[Subprocessor], error) {
	return state[Subprocessor](ctx, r.public(), "subprocessors", id, v)
}

// RegisterVersion is a day on which a published list changed.
type RegisterVersion struct {
	Day      domain.Date
	Recorded domain.Time // when the ledger last learned of it
}

// RegisterVersions lists the days from which published lists hold, as known at the viewpoint.
func (r Reader) RegisterVersions(ctx context.Context, v domain.Viewpoint) ([]RegisterVersion, error) {
	rows, err := r.views.db.Reader().QueryContext(ctx, `SELECT s.valid_from, MAX(t.recorded) FROM states s JOIN trail t ON t.seq = s.known_from
		WHERE s.view = 'subprocessors' AND s.status = 'LISTED' AND s.known_from <= $1 AND s.known_to > $1 GROUP BY s.valid_from ORDER BY s.valid_from`, v.Known)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []RegisterVersion
	for rows.Next() {
		var day, recorded domain.Time
		if err := rows.Scan(&day, &recorded); err != nil {
			return nil, err
		}
		out = append(out, RegisterVersion{domain.Date(day.Std().Format(time.DateOnly)), recorded})
	}
	return out, rows.Err()
}

// ListEvents are the events by which versions of lists were published and taken back, as known at the
// viewpoint, in the order they were kept.
func (r Reader) ListEvents(ctx context.Context, v domain.Viewpoint) (seqs []int64, err error) {
	rows, err := r.views.db.Reader().QueryContext(ctx, `SELECT seq FROM trail WHERE tenant = $1 AND seq <= $2
		AND kind IN ('subprocessor.list_published', 'subprocessor.list_withdrawn') ORDER BY seq`, domain.Operator[:], v.Known)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, err
		}
		seqs = append(seqs, seq)
	}
	return seqs, rows.Err()
}

// RegisterDays lists the days on which the register changed, as known at the viewpoint, the latest first.
func (r Reader) RegisterDays(ctx context.Context, v domain.Viewpoint) ([]domain.Time, error) {
	rows, err := r.views.db.Reader().QueryContext(ctx, `SELECT DISTINCT valid_from FROM states
		WHERE view = 'subprocessors' AND known_from <= $1 AND known_to > $1 AND valid_from <= $2 ORDER BY valid_from DESC`, v.Known, int64(v.AsOf))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var days []domain.Time
	for rows.Next() {
		var t domain.Time
		if err := rows.Scan(&t); err != nil {
			return nil, err
		}
		days = append(days, t)
	}
	return days, rows.Err()
}
