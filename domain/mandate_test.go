package domain

import "testing"

func TestMandates(t *testing.T) {
	opened := TenantOnboarded{Name: "Exempel AB", Role: RoleController, Country: "SE", Zone: "Europe/Stockholm"}
	known, now := []on{{"2026-01-01", opened}}, moment("2026-06-01T12:00:00Z")
	agency, controller := Tenant{ID: ID{0: 2}, Role: RoleAgency}, Tenant{ID: ID{0: 2}, Role: RoleController}
	given := MandateRecorded{Agency: agency.ID, Scope: []MandateScope{MandateRead, MandateNotices}, Effective: "2026-06-01", Digest: sampleDigest}
	record := func(agency Tenant, change func(*MandateRecorded)) func(Tenant) ([]Event, *Refusal) {
		return func(x Tenant) ([]Event, *Refusal) {
			e := given
			change(&e)
			return x.RecordMandate(e, agency, now)
		}
	}
	asIs := func(*MandateRecorded) {}
	over := MandateEnded{agency.ID, "2026-07-01"}
	end := func(x Tenant) ([]Event, *Refusal) { return x.EndMandate(over, now) }
	held := facts(known, []on{{"2026-05-01", MandateRecorded{Agency: agency.ID, Scope: []MandateScope{MandateRead}, Effective: "2026-05-01", Digest: sampleDigest}}})
	closed := facts(held, []on{{"2026-05-02", TenantOffboarded{"DELETE"}}})
	decide(t, []row[Tenant]{
		{name: "recorded", given: known, when: record(agency, asIs), then: []Event{given}},
		{name: "of somebody who is no agency", given: known, when: record(controller, asIs), rule: "mandate.agency", says: "AGENCY"},
		{name: "of nobody we know", given: known, when: record(Tenant{}, asIs), rule: "mandate.agency"},
		{name: "of itself", given: known, when: record(Tenant{ID: someStream.ID, Role: RoleAgency}, func(e *MandateRecorded) { e.Agency = someTenant }), rule: "mandate.self"},
		{name: "that is over", given: known, when: record(agency, func(e *MandateRecorded) { e.Effective, e.Until = "2026-01-01", "2026-05-31" }), rule: "input.form", says: "past"},
		{name: "unknown account", when: record(agency, asIs), rule: "tenant.known"},
		{name: "closed account", given: closed, when: record(agency, asIs), rule: "tenant.closed"},
		{name: "ended", given: held, when: end, then: []Event{over}},
		{name: "ended after off-boarding", given: closed, when: end, then: []Event{over}},
		{name: "ended twice", given: facts(held, []on{{"2026-05-05", MandateEnded{agency.ID, "2026-06-30"}}}), when: end, rule: "mandate.known"},
		{name: "ended earlier than was said", given: facts(held, []on{{"2026-05-05", MandateEnded{agency.ID, "2026-08-01"}}}), when: end, then: []Event{over}},
		{name: "nothing to end", given: known, when: end, rule: "mandate.known"},
	})
	for _, spoil := range []func(*MandateRecorded){
		func(e *MandateRecorded) { e.Scope = nil }, func(e *MandateRecorded) { e.Scope = []MandateScope{"ALL"} }, func(e *MandateRecorded) { e.Digest = "" },
		func(e *MandateRecorded) { e.Until = "2026-05-31" }, func(e *MandateRecorded) { e.Effective = "" },
	} {
		e := given
		spoil(&e)
		if Check(e) == nil {
			t.Errorf("it can be kept: %+v", e)
		}
	}
}

func TestMandated(t *testing.T) {
	agency := Tenant{ID: ID{0: 2}, Role: RoleAgency}
	lasts := MandateRecorded{Agency: agency.ID, Scope: []MandateScope{MandateRead}, Effective: "2026-06-01", Until: "2026-06-30"}
	account := fold[Tenant]([]on{{"2026-01-01", TenantOnboarded{Name: "Exempel AB", Zone: "Europe/Stockholm"}}, {"2026-05-01", lasts}})
	ended := account.Apply(Kept{Event: MandateEnded{agency.ID, "2026-06-10"}})
	other := account.Apply(Kept{Event: MandateEnded{ID{0: 3}, "2026-06-10"}})
	for _, c := range []struct {
		name    string
		account Tenant
		agency  Tenant
		scope   MandateScope
		at      string
		want    bool
	}{
		{"from its first day, in the account's zone", account, agency, MandateRead, "2026-05-31T22:00:00Z", true},
		{"not before", account, agency, MandateRead, "2026-05-31T21:59:59Z", false},
		{"to its last", account, agency, MandateRead, "2026-06-30T21:59:59Z", true},
		{"not after", account, agency, MandateRead, "2026-06-30T22:00:00Z", false},
		{"not for more than it says", account, agency, MandateNotices, "2026-06-15", false},
		{"not another agency", account, Tenant{ID: ID{0: 3}, Role: RoleAgency}, MandateRead, "2026-06-15", false},
		{"not once it is no agency any more", account, Tenant{ID: agency.ID, Role: RoleController}, MandateRead, "2026-06-15", false},
		{"before its end", ended, agency, MandateRead, "2026-06-09", true},
		{"not after its end", ended, agency, MandateRead, "2026-06-10", false},
		{"whatever another's end", other, agency, MandateRead, "2026-06-15", true},
	} {
		if got := c.account.Mandated(c.agency, c.scope, moment(c.at)); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}
