package domain

import "testing"

func TestTenantDecisions(t *testing.T) {
	opened := TenantOnboarded{Name: "Exempel AB", Role: RoleController, Country: "SE"}
	agency := TenantRoleDeclared{RoleAgency}
	onboard := func(x Tenant) ([]Event, *Refusal) { return x.Onboard(opened) }
	change := func(e Event) func(Tenant) ([]Event, *Refusal) {
		return func(x Tenant) ([]Event, *Refusal) { return x.Change(e) }
	}
	erase := func(returned string) func(Tenant) ([]Event, *Refusal) {
		return func(x Tenant) ([]Event, *Refusal) {
			return x.Delete(DeletionRequested{Case: "OFF-1", Returned: returned})
		}
	}
	known := []on{{"2026-01-01", opened}}
	closed := facts(known, []on{{"2026-06-01", TenantOffboarded{"DELETE"}}})
	decide(t, []row[Tenant]{
		{name: "onboarded", when: onboard, then: []Event{opened}},
		{name: "onboarded once", given: known, when: onboard, rule: "tenant.once"},
		{name: "changed", given: known, when: change(agency), then: []Event{agency}},
		{name: "unknown", when: change(agency), rule: "tenant.known", says: "onboard it first"},
		{name: "deleted", given: closed, when: erase(""), then: []Event{DeletionRequested{Case: "OFF-1"}}},
		{name: "deleted while open", given: known, when: erase(""), rule: "tenant.open"},
		{name: "deleted unknown", when: erase(""), rule: "tenant.known"},
		{name: "deleted once", given: facts(closed, []on{{"2026-06-02", DeletionRequested{Case: "OFF-1"}}}), when: erase(""), rule: "tenant.deleted"},
		{name: "deleted before it was returned", given: facts(known, []on{{"2026-06-01", TenantOffboarded{"RETURN"}}}), when: erase(""), rule: "tenant.returned"},
		{name: "returned and deleted", given: facts(known, []on{{"2026-06-01", TenantOffboarded{"RETURN"}}}), when: erase(sampleDigest), then: []Event{DeletionRequested{Case: "OFF-1", Returned: sampleDigest}}},
		{name: "a contact of a closed one", given: closed, when: change(ContactDesignated{Contact: ID{0: 3}, Role: NoticesContact}), then: []Event{ContactDesignated{Contact: ID{0: 3}, Role: NoticesContact}}},
		{name: "closed", given: closed, when: change(agency), rule: "tenant.closed", says: "off-boarded"},
	})
}

func TestTenantFold(t *testing.T) {
	given := []on{
		{"2026-01-01", TenantOnboarded{Name: "Exempel AB", Role: RoleController, Country: "SE"}},
		{"2026-01-02", TenantRoleDeclared{RoleAgency}},
		{"2026-01-03", MandateRecorded{Agency: ID{0: 2}}},
		{"2026-01-03", MandateRecorded{Agency: someTenant}},
		{"2026-01-04", ContactDesignated{Contact: ID{0: 3}, Role: NoticesContact}},
		{"2026-01-05", LegalBasisDeclared{Purpose: "RECORDING", Basis: "CONSENT"}},
	}
	early := fold[Tenant](given)
	late := fold[Tenant](facts(given, []on{{"2026-01-06", ContactDesignated{Contact: ID{0: 4}, Role: NoticesContact}}}))
	if early.Contacts[NoticesContact] != (ID{0: 3}) || late.Contacts[NoticesContact] != (ID{0: 4}) || late.ContactAt[NoticesContact] != 6 {
		t.Errorf("a later contact replaces the earlier one: %+v, %+v", early.Contacts, late.Contacts)
	}
	if early.Role != RoleAgency || len(early.Mandates) != 1 || early.Bases["RECORDING"] != "CONSENT" || early.Closed {
		t.Errorf("got %+v", early)
	}
}
