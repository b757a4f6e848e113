package domain

import (
	"errors"
	"slices"
)

// MandateScope is what an agency may do for the account that mandated it.
type MandateScope string

// The scopes. ACT is to decide what the account may decide itself, notices apart.
const (
	MandateRead    MandateScope = "READ"
	MandateNotices MandateScope = "NOTICES"
	MandateAct     MandateScope = "ACT"
)

// Values lists the scopes.
func (MandateScope) Values() []string { return []string{"READ", "NOTICES", "ACT"} }

// MandateRecorded: an agency may act for this account, under the written mandate that the digest names.
type MandateRecorded struct {
	Agency    ID             `json:"agency"`
	Scope     []MandateScope `json:"scope"`
	Effective Date           `json:"effective"`       // first day
	Until     Date           `json:"until,omitempty"` // last day; none: until either side ends it
	Digest    string         `json:"digest" plain:"digest"`
}

// Validate reports a mandate that could never be used.
func (e MandateRecorded) Validate() error {
	switch {
	case len(e.Scope) == 0:
		return at("scope", errors.New("expected at least one of READ, NOTICES, ACT"))
	case e.Until != "" && e.Until < e.Effective:
		return at("until", errors.New("the last day lies before the first"))
	}
	return nil
}

// MandateEnded: the agency may not act for it any more. Either side can end it.
type MandateEnded struct {
	Agency    ID   `json:"agency"`
	Effective Date `json:"effective"` // the first day without
}

// Kind is the wire name.
func (MandateRecorded) Kind() string { return "tenant.mandate_recorded" }

// Kind is the wire name.
func (MandateEnded) Kind() string { return "tenant.mandate_ended" }

// Mandate is one mandate and what became of it.
type Mandate struct {
	MandateRecorded
	Ended Date `json:"ended,omitempty"` // the first day without
}

// On reports whether it holds on a day.
func (m Mandate) On(day Date) bool {
	return m.Effective <= day && (m.Until == "" || day <= m.Until) && (m.Ended == "" || day < m.Ended)
}

// over reports whether it holds neither on a day nor later.
func (m Mandate) over(day Date) bool { return !m.On(max(day, m.Effective)) }

// mandates folds a mandate. A mandate of oneself is none.
func (t Tenant) mandates(event Event) []Mandate {
	list := slices.Clone(t.Mandates) // folds never share a slice
	switch e := event.(type) {
	case MandateRecorded:
		if e.Agency != t.ID {
			list = append(list, Mandate{MandateRecorded: e})
		}
	case MandateEnded:
		for i, m := range list {
			if m.Agency == e.Agency && (m.Ended == "" || m.Ended > e.Effective) {
				list[i].Ended = e.Effective
			}
		}
	}
	return list
}

// Counting is how days are counted that no agreement counts.
func (t Tenant) Counting() Counting { return Counting{Zone: t.Zone} }

// Mandated reports whether an agency may do something for this account at a time. Only an account whose
// declared role is AGENCY can: agency is that account.
func (t Tenant) Mandated(agency Tenant, scope MandateScope, now Time) bool {
	day := t.Counting().Day(now)
	return agency.Role == RoleAgency && slices.ContainsFunc(t.Mandates, func(m Mandate) bool {
		return m.Agency == agency.ID && m.On(day) && slices.Contains(m.Scope, scope)
	})
}

// RecordMandate decides to record that an agency may act for this account. agency is that account.
func (t Tenant) RecordMandate(e MandateRecorded, agency Tenant, now Time) ([]Event, *Refusal) {
	const law = "Art. 28(3)(a), 29 GDPR"
	if _, no := t.Change(e); no != nil {
		return nil, no
	}
	switch {
	case e.Agency == t.ID:
		return nil, Refuse("mandate.self", law, "an account needs no mandate for itself and can't give one; name the agency")
	case agency.Role != RoleAgency:
		return nil, Refuse("mandate.agency", law, "only an account whose declared role is AGENCY can hold a mandate; declare its role first")
	case e.Until != "" && e.Until < t.Counting().Day(now):
		return nil, Malformed("until", "is past; a mandate is recorded while it holds")
	}
	return []Event{e}, nil
}

// EndMandate decides to record that the agency's mandate ends, whichever side ended it.
func (t Tenant) EndMandate(e MandateEnded, now Time) ([]Event, *Refusal) {
	if !t.Exists() {
		return t.Change(e)
	}
	day := t.Counting().Day(now)
	if !slices.ContainsFunc(t.Mandates, func(m Mandate) bool { return m.Agency == e.Agency && !m.over(max(day, e.Effective)) }) {
		return nil, Refuse("mandate.known", "Art. 28(3)(a), 29 GDPR", "this agency has no mandate that would hold on that day; there is nothing to end")
	}
	return []Event{e}, nil
}
