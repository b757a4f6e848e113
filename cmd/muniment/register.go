package main

import (
	"cmp"
	"context"
	"slices"

	"muniment/domain"
	"muniment/notices"
	"muniment/projections"
)

// registerOf is what notices need of the views: whom to tell, and the public register.
type registerOf struct{ *house }

var (
	_ notices.Directory = registerOf{}
	_ notices.Register  = registerOf{}
)

// Wait returns when the views have seen the event.
func (r registerOf) Wait(ctx context.Context, seq int64) error { return r.views.Wait(ctx, seq) }

// Accounts lists every account with its agreement at a viewpoint.
func (r registerOf) Accounts(ctx context.Context, v domain.Viewpoint) ([]notices.Account, error) {
	reader := r.views.In(projections.Scope{All: true})
	tenants, err := projections.Every(func(p projections.Page) (projections.Conn[projections.State[domain.Tenant]], error) {
		return reader.Tenants(ctx, projections.StateFilter{}, v, p)
	})
	if err != nil {
		return nil, err
	}
	agreements, err := projections.Every(func(p projections.Page) (projections.Conn[projections.State[domain.Agreement]], error) {
		return reader.Agreements(ctx, projections.StateFilter{}, v, p)
	})
	if err != nil {
		return nil, err
	}
	terms := map[domain.ID]domain.Agreement{}
	for _, a := range agreements {
		terms[a.Tenant] = a.State
	}
	out := make([]notices.Account, len(tenants))
	for i, t := range tenants {
		out[i] = notices.Account{Tenant: t.State, Agreement: terms[t.ID]}
	}
	return out, nil
}

// entries lists the whole register as of a time.
func (r registerOf) entries(ctx context.Context, asOf domain.Time) ([]projections.State[projections.Subprocessor], error) {
	reader := r.views.In(projections.Scope{All: true})
	v, err := reader.Viewpoint(ctx, asOf, 0, r.now())
	if err != nil {
		return nil, err
	}
	return projections.Every(func(p projections.Page) (projections.Conn[projections.State[projections.Subprocessor]], error) {
		return reader.Subprocessors(ctx, projections.StateFilter{}, v, p)
	})
}

// On lists what stands on the register on a day: declared by a list, or in use.
func (r registerOf) On(ctx context.Context, day domain.Date) ([]notices.Row, error) {
	end := day.Start() + 24*60*60*1_000_000 - 1
	entries, err := r.entries(ctx, end)
	if err != nil {
		return nil, err
	}
	var rows []notices.Row
	stands := map[string]bool{}
	slices.SortStableFunc(entries, func(a, b projections.State[projections.Subprocessor]) int { // what a list declares comes first
		return cmp.Compare(b.State.List, a.State.List)
	})
	for _, e := range entries {
		s := e.State.On(end, end) // as it will be by then, if nothing else changes
		if s.Status != projections.Listed && s.Status != string(domain.SubprocessorIsActive) {
			continue
		}
		var key domain.ID
		if s.Status == projections.Listed {
			key = e.ID
		}
		for _, purpose := range s.Purposes {
			same := domain.NormalisedKey(s.LegalName, purpose)
			of := same + "/" // rows of one list that only their service tells apart
			if s.List != "" {
				of += s.Service
			}
			if stands[of] || s.List == "" && stands[same] {
				continue // it stands on two lists, or was put forward here and declared on a list since
			}
			stands[same], stands[of] = true, true
			rows = append(rows, notices.Row{Key: key, Name: s.LegalName, Purpose: purpose, Service: s.Service, Locations: s.Locations, Seat: cmp.Or(s.Seat, s.Country),
				DataCategories: s.DataCategories, Mechanism: s.Mechanism, URL: s.URL,
				Announced: e.State.On(end, domain.TimeOf(r.now())).Status == string(domain.SubprocessorIsAnnounced)})
		}
	}
	slices.SortStableFunc(rows, func(a, b notices.Row) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Purpose, b.Purpose))
	})
	return rows, nil
}

// Versions lists the days on which the register changed: when lists were published, and when
// announced changes took effect.
func (r registerOf) Versions(ctx context.Context) ([]notices.Version, error) {
	reader := r.views.In(projections.Scope{All: true})
	v, err := reader.Viewpoint(ctx, 0, 0, r.now())
	if err != nil {
		return nil, err
	}
	published, err := reader.RegisterVersions(ctx, v)
	if err != nil {
		return nil, err
	}
	learned := map[domain.Date]domain.Time{}
	note := func(day domain.Date, at domain.Time) { learned[day] = max(learned[day], at) }
	for _, p := range published {
		note(p.Day, p.Recorded)
	}
	announced, err := r.Announcements(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range announced {
		if a.Withdrawn == 0 {
			note(a.Effective, a.Announced)
		}
	}
	var out []notices.Version
	for day, at := range learned {
		out = append(out, notices.Version{Day: day, Recorded: at})
	}
	slices.SortFunc(out, func(a, b notices.Version) int { return cmp.Compare(b.Day, a.Day) })
	return out, nil
}

// Announcements lists the changes announced to all customers.
func (r registerOf) Announcements(ctx context.Context) ([]notices.Announcement, error) {
	entries, err := r.entries(ctx, 0)
	if err != nil {
		return nil, err
	}
	names := map[domain.ID]string{}
	for _, e := range entries {
		names[e.ID] = e.State.LegalName
	}
	var out []notices.Announcement
	for _, e := range entries {
		for _, c := range e.State.Engagement.Changes {
			if len(c.Tenants) > 0 {
				continue // for some customers only: not for the public
			}
			out = append(out, notices.Announcement{AnnouncedChange: c, Name: e.State.LegalName, Country: e.State.Country, Replaces: names[c.Replaces]})
		}
	}
	slices.SortStableFunc(out, func(a, b notices.Announcement) int { return cmp.Compare(b.Effective, a.Effective) })
	return out, nil
}
