package graphql

import (
	"fmt"
	"testing"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
)

const aboutSchedule = `{ schedule { rules { family class period case } } receipt { position } refusal { code rule message field article } }`

func (d *desk) setPeriod(token, input string) answered {
	return d.ask(token, fmt.Sprintf(`mutation { setRetentionPeriod(input: {%s, ground: "Art. 5(1)(e) GDPR", case: "RET-1"}) %s }`, input, aboutSchedule))
}

// TestRetentionSchedule: a DPO reads and changes it, as of any day; nobody else does.
func TestRetentionSchedule(t *testing.T) {
	d := newDesk(t)
	tenant := d.Tenant("Example Dental")
	dpo := d.token(access.Principal{Role: access.DPO})
	const ask = `{ retentionSchedule { rules { family class ends period ground case since kinds reached } lastDisposal { keys } } }`
	demand(t, d.ask(dpo, ask), `"family":"ACCESSES","class":null,"ends":"ONE_BY_ONE","period":"P3Y"`, `"family":"ACCOUNTS","class":null,"ends":"NEVER","period":null`, `"INTERACTION_VIEWED"`, `"lastDisposal":null`)
	demand(t, d.setPeriod(dpo, `family: ACCESSES, period: "P1Y", acknowledged: true`), `"refusal":null`, `"family":"ACCESSES","class":null,"period":"P1Y","case":"RET-1"`)
	demand(t, d.setPeriod(dpo, `family: INTERACTIONS, class: INTERACTION, period: "P90D", acknowledged: true`), `"family":"INTERACTIONS","class":"INTERACTION","period":"P90D"`)
	demand(t, d.ask(dpo, `{ retentionSchedule(asOf: "2026-10-01") { rules { family period } } }`), `"family":"ACCESSES","period":"P3Y"`)
	for input, rule := range map[string]string{
		`family: ACCOUNTS, period: "P1Y", acknowledged: true`:                         "disposal.kept",
		`family: ACCESSES, period: "P1Y", acknowledged: true`:                         "disposal.change",
		`family: ACCESSES, period: "1 year", acknowledged: true`:                      "input.form",
		`family: ACCESSES, period: "P2Y", acknowledged: false`:                        "disposal.acknowledged",
		`family: CONSENTS, class: CONTACT, period: "P6Y", acknowledged: true`:         "disposal.class",
		`family: INTERACTIONS, period: "P30D", acknowledged: true`:                    "disposal.class",
		`family: INTERACTIONS, class: INTERACTION, period: "P9Y", acknowledged: true`: "disposal.class",
	} {
		demand(t, d.setPeriod(dpo, input), fmt.Sprintf(`"rule":%q`, rule))
	}
	for _, role := range []access.Role{access.Operator, access.Customer, access.Regulator} {
		token := d.token(access.Principal{Role: role, Tenants: []domain.ID{tenant}})
		demand(t, d.setPeriod(token, `family: SIGN_INS, period: "P2Y", acknowledged: true`), "UNAUTHORISED")
		if role != access.Operator {
			demand(t, d.ask(token, ask), `"retentionSchedule":null`)
		}
	}
}

// TestStruckBy: what was disposed of reads like what was struck, and says by what it went, to a customer
// too; a day before, it is there.
func TestStruckBy(t *testing.T) {
	d := newDesk(t)
	tenant := d.Tenant("Example Dental")
	old := d.Keep(ledger.Submission{Tenant: tenant, Occurred: domain.At(domain.TimeOf(d.Clock().AddDate(-4, 0, 0))), Stream: ledger.StreamRef{Name: domain.Stream{Noun: "interaction", ID: domain.NewID()}},
		Event: domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear("+12025550143"), Status: "COMPLETED"}, Subjects: []ledger.SubjectClaim{{ID: domain.NewID(), Capacity: domain.Processor}}})
	recent := d.call(tenant, "+12025550144")
	done, err := d.process.Dispose(t.Context())
	if err != nil || done == nil {
		t.Fatal(done, err)
	}
	if err := d.api.Views.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	var reached domain.Time // so far back, of interactions
	for _, c := range done.Cuts {
		if c.Family == "INTERACTIONS" && c.Class == "" {
			reached = c.OccurredBefore
		}
	}
	by := func(token string, r ledger.Receipt) answered {
		return d.ask(token, fmt.Sprintf(`{ node(id: "event-%s") { ... on Event { struck struckBy } } }`, r.ID))
	}
	dpo := d.token(access.Principal{Role: access.DPO})
	for _, token := range []string{dpo, d.token(access.Principal{Role: access.Customer, Tenants: []domain.ID{tenant}})} {
		demand(t, by(token, old), `"struck":true,"struckBy":"DISPOSAL"`)
		demand(t, by(token, recent), `"struck":false,"struckBy":null`)
	}
	demand(t, d.ask(dpo, fmt.Sprintf(`{ events(first: 50, knownAt: %q) { edges { node { kind struckBy } } } }`, old.Recorded)), `"kind":"INTERACTION_RECORDED","struckBy":null`)
	demand(t, d.ask(dpo, `{ interactions(first: 5) { edges { node { status number { state } } } } }`, "Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1"), `"status":null,"number":{"state":"STRUCK"}`)
	demand(t, d.ask(dpo, `{ retentionSchedule { rules { family reached } lastDisposal { keys final cuts { family struck hold } } } }`), `"keys":1`, `"final":`, `"family":"INTERACTIONS","struck":1,"hold":0`,
		`{"family":"ACCOUNTS","reached":null}`, fmt.Sprintf(`{"family":"INTERACTIONS","reached":%q}`, reached))
	demand(t, d.propose(dpo, "event-"+old.ID.String()), `"rule":"strike.once"`, "disposed of")
}
