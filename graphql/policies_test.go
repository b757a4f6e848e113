package graphql

import (
	"testing"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
)

// TestDaysOfAnAccount: given an account in Berlin whose terms and policy change on a day, then a question about a
// day is answered for that day there, and one about an instant for the day that it is there.
func TestDaysOfAnAccount(t *testing.T) {
	d := newDesk(t)
	account := domain.NewID()
	keep := func(e domain.Event, on int) {
		d.Keep(ledger.Submission{Tenant: account, Occurred: ledgertest.Day(on), Event: e})
	}
	keep(domain.TenantOnboarded{Name: "Example Dental", Role: domain.RoleController, Country: "DE", Zone: "Europe/Berlin"}, 1)
	keep(domain.PolicySet{Window: domain.Days30, Acknowledged: true}, 2)
	keep(domain.PolicySet{Window: domain.Daily, Acknowledged: true, Effective: "2026-01-11", Until: "2026-01-20"}, 3)
	terms := domain.AgreementSigned{Effective: "2026-01-02", Law: "DE", Zone: "Europe/Berlin", Model: domain.General, NoticeDays: 30, ObjectionDays: 14,
		WindowStart: domain.OnDelivery, Proof: domain.Accepted, SCC: domain.NoInstrument}
	keep(terms, 3)
	terms.Effective, terms.NoticeDays = "2026-01-11", 60
	keep(domain.AgreementAmended(terms), 4)

	anna := d.token(access.Principal{Role: access.DPO})
	for _, c := range []struct{ asOf, policy, notice string }{
		{"2026-01-10", `"window":"DAYS_30","effective":"2026-01-03","until":null,"ahead":[{"effective":"2026-01-11","window":"DAILY","until":"2026-01-20"}]`, "30"},
		{"2026-01-10T22:59:59Z", `"window":"DAYS_30","effective":"2026-01-03","until":null,"ahead":[{"effective":"2026-01-11","window":"DAILY","until":"2026-01-20"}]`, "30"},
		{"2026-01-10T23:00:00Z", `"window":"DAILY","effective":"2026-01-11","until":"2026-01-20","ahead":[]`, "60"},
		{"2026-01-11", `"window":"DAILY","effective":"2026-01-11","until":"2026-01-20","ahead":[]`, "60"},
		{"2026-01-20", `"window":"DAILY","effective":"2026-01-11","until":"2026-01-20","ahead":[]`, "60"},
		{"2026-01-21", `"window":null,"effective":"2026-01-11","until":"2026-01-20","ahead":[]`, "60"},
	} {
		a := d.ask(anna, `{ policies(asOf: "`+c.asOf+`") { edges { node { window effective until ahead { effective window until } } } }
			agreements(asOf: "`+c.asOf+`") { edges { node { noticeDays } } } }`)
		demand(t, a, `{"policies":{"edges":[{"node":{`+c.policy+`}}]},"agreements":{"edges":[{"node":{"noticeDays":`+c.notice+`}}]}}`)
	}
}
