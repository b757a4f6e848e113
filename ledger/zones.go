package ledger

import (
	"context"
	"time"

	"muniment/domain"
)

// zones are the zones of accounts, as far as they were asked for. A day that a source reports without a
// zone is a day where its account is.
type zones map[domain.ID]*time.Location

// Dated is a moment with the zone of an account, if it is a day without one. An account whose zone nobody
// stated gives none.
func (l *Ledger) Dated(ctx context.Context, tenant domain.ID, m domain.Moment) (domain.Moment, error) {
	return zones{}.dated(ctx, l, tenant, m)
}

func (z zones) dated(ctx context.Context, l *Ledger, tenant domain.ID, m domain.Moment) (domain.Moment, error) {
	if m.Precision != domain.Day || m.Zone != "" || tenant == domain.Operator {
		return m, nil
	}
	place, known := z[tenant]
	if !known {
		history, err := l.History(ctx, domain.Stream{Noun: "tenant", ID: tenant})
		if err != nil {
			return m, err
		}
		for _, k := range history {
			if e, ok := k.Event.(domain.TenantOnboarded); ok && k.Tenant == tenant && e.Zone != "" {
				place = placeOf(e.Zone)
			}
		}
		z[tenant] = place
	}
	return m.In(place), nil
}

// note remembers where an account is that is opened in the same list.
func (z zones) note(s *Submission) {
	if e, ok := s.Event.(domain.TenantOnboarded); ok && e.Zone != "" {
		z[s.Tenant] = placeOf(e.Zone)
	}
}

// placed are the zones that a list before knows, which may not be kept yet.
func (p *Prepared) placed() zones {
	z := zones{}
	if p != nil {
		for tenant, place := range p.zones {
			if place != nil {
				z[tenant] = place
			}
		}
	}
	return z
}

// placeOf is nil for a zone that this build doesn't know.
func placeOf(name string) *time.Location {
	place, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return place
}
