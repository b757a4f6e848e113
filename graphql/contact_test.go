package graphql

import (
	"fmt"
	"testing"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
)

// TestContactCheck: every reason is named, an unknown number is an answer, and nobody asks about another's.
func TestContactCheck(t *testing.T) {
	d := newDesk(t)
	tenant, nodes := d.world("Example Dental", "+12025550143")
	other, _ := d.world("Example Clinic", "+12025550144")
	person := nodes["subject"]
	dpo := d.token(access.Principal{Role: access.DPO})
	own := d.token(access.Principal{Role: access.Customer, Tenants: []domain.ID{tenant}})
	check := func(token, args string) answered {
		t.Helper()
		return d.ask(token, fmt.Sprintf(`{ contactCheck(tenant: "tenant-%s", %s) { blocked known ground reasons { reason purpose } } }`, tenant, args))
	}
	demand(t, check(own, `phone: "+12025550199"`), `"blocked":false,"known":false`, `"reasons":[]`)
	demand(t, check(own, `phone: "+12025550199", purpose: "SURVEYS", means: PHONE`), `"blocked":true,"known":false`, `"reason":"CONSENT_MISSING","purpose":"SURVEYS"`)
	d.Keep(ledger.Submission{Tenant: tenant, Occurred: ledgertest.Day(20), Event: domain.LegalBasisDeclared{Purpose: "SURVEYS", Basis: "LEGITIMATE_INTERESTS"}})
	demand(t, check(own, `phone: "+12025550199", purpose: "SURVEYS", means: PHONE`), `"blocked":false`)

	grant := func(means string) string {
		return fmt.Sprintf(`mutation { grantConsent(input: {subject: %q, purpose: "NEWS", textVersion: "v1", channel: WEB_FORM, act: BOX_TICKED, giver: SELF, occurredAt: "2026-10-01", means: [%s]}) { refusal { message } consent { status since means } } }`, person, means)
	}
	demand(t, d.ask(dpo, grant("EMAIL")), `"status":"GRANTED","since":"2026-10-01","means":["EMAIL"]`)
	demand(t, check(own, `phone: "+12025550143", purpose: "NEWS", means: EMAIL`), `"blocked":false,"known":true`)
	demand(t, check(own, `phone: "+12025550143", purpose: "NEWS", means: PHONE`), `"reason":"CONSENT_FOR_OTHER_MEANS"`)
	demand(t, d.ask(dpo, fmt.Sprintf(`mutation { withdrawConsent(input: {subject: %q, purpose: "NEWS", occurredAt: "2026-10-01"}) { refusal { message } consent { status } } }`, person)), `"status":"WITHDRAWN"`)
	demand(t, check(own, `phone: "+12025550143", purpose: "NEWS", means: EMAIL`), `"reason":"CONSENT_WITHDRAWN","purpose":"NEWS"`)
	demand(t, check(own, fmt.Sprintf(`subject: %q`, person)), `"blocked":true,"known":true`, `"reason":"CONSENT_WITHDRAWN","purpose":"NEWS"`)
	demand(t, check(own, fmt.Sprintf(`subject: %q, phone: "+12025550143"`, person)), `give one of`)
	foreign := d.token(access.Principal{Role: access.Customer, Tenants: []domain.ID{other}})
	demand(t, check(foreign, `phone: "+12025550143"`), `there is no such tenant`)
}

// TestDisableUser: a login is ended once, and is shown as ended from then on.
func TestDisableUser(t *testing.T) {
	d := newDesk(t)
	_, nodes := d.world("Example Dental", "+12025550143")
	dpo := d.token(access.Principal{Role: access.DPO})
	disable := fmt.Sprintf(`mutation { disableUser(input: {user: %q}) { refusal { rule } user { disabled secondFactor employer } } }`, nodes["user"])
	demand(t, d.ask(dpo, disable), `"refusal":null`, `"disabled":true,"secondFactor":false,"employer":"TENANT"`)
	demand(t, d.ask(dpo, disable), `"rule":"user.disabled"`)
	demand(t, d.ask(dpo, fmt.Sprintf(`{ users(filter: {id: %q}) { edges { node { disabled name { state } } } } }`, nodes["user"])), `"disabled":true,"name":{"state":"WITHHELD"}`)
	demand(t, d.ask(dpo, `{ events(filter: {kind: [USER_DISABLED]}) { edges { node { subjects { subject capacity } } } } }`), `"capacity":"CONTROLLER"`)
}
