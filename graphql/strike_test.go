package graphql

import (
	"fmt"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
)

const aboutStrike = `{ strike { id event status reason case proposer { id } approver { id } completedAt final } refusal { code rule message field } receipt { position } }`

func (d *desk) propose(token, event string) answered {
	return d.ask(token, fmt.Sprintf(`mutation { proposeStrike(input: {event: %q, reason: NAME, case: "DSR-2026-014"}) %s }`, event, aboutStrike))
}

func (d *desk) approve(token, event string) answered {
	return d.ask(token, fmt.Sprintf(`mutation { approveStrike(input: {strike: %q}) %s }`, strings.Replace(event, "event-", "strike-", 1), aboutStrike))
}

func demand(t *testing.T, a answered, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(a.text, p) {
			t.Errorf("%q is missing in %s", p, a.text)
		}
	}
}

// TestStrike: proposed by one, approved by another, the payload is gone, and every answer says so.
func TestStrike(t *testing.T) {
	d := newDesk(t)
	tenant := d.Tenant("Example Dental")
	call := d.Keep(ledger.Submission{Tenant: tenant, Occurred: ledgertest.Day(10), Stream: ledger.StreamRef{Name: domain.Stream{Noun: "interaction", ID: domain.NewID()}},
		Event:    domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear("+12025550143"), Status: "JANE_EXAMPLE"},
		Subjects: []ledger.SubjectClaim{{Identifiers: []ledger.Identifier{{Type: domain.Phone, Value: "+12025550143"}}, Capacity: domain.Processor}}})
	event := "event-" + call.ID.String()
	anna, bo := d.token(access.Principal{Role: access.DPO}), d.token(access.Principal{Role: access.DPO})
	demand(t, d.approve(bo, event), `"rule":"input.known"`)
	demand(t, d.propose(anna, "event-"+domain.NewID().String()), `"code":"NOT_FOUND"`)
	demand(t, d.propose(anna, event), `"status":"PROPOSED"`, `"case":"DSR-2026-014"`, `"refusal":null`)
	demand(t, d.propose(bo, event), `"rule":"strike.once"`)
	demand(t, d.approve(anna, event), `"rule":"strike.fourEyes"`, "another person must")
	demand(t, d.ask(anna, `{ interactions { edges { node { status number { state } } } } }`), "JANE_EXAMPLE")
	if err := d.api.Seals.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	prove := fmt.Sprintf(`{ proof(event: %q) { leaf text } }`, event)
	proof := d.ask(anna, prove)
	demand(t, d.approve(bo, event), `"status":"COMPLETED"`, `"refusal":null`)
	demand(t, d.approve(bo, event), `"rule":"strike.once"`)
	a := d.ask(anna, `{ interactions { edges { node { id occurredAt medium status number { value state } name { state } } } } }`, "Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1")
	demand(t, a, `"medium":null`, `"status":null`, `"number":{"value":null,"state":"STRUCK"}`, `"name":{"state":"STRUCK"}`)
	demand(t, d.ask(anna, fmt.Sprintf(`{ node(id: %q) { ... on Event { kind struck } } }`, event)), `"struck":true`)
	if after := d.ask(anna, prove); !strings.Contains(proof.text, `"leaf"`) || after.text != proof.text {
		t.Errorf("the proof was %s, and is %s", proof.text, after.text)
	}
	demand(t, d.ask(anna, `{ strikes(filter: {status: [COMPLETED]}) { totalCount edges { node { event } } } }`), `"totalCount":1`, event)
	own := d.token(access.Principal{Role: access.Customer, Tenants: []domain.ID{tenant}})
	demand(t, d.ask(own, fmt.Sprintf(`{ node(id: %q) { ... on Event { struck } } strikes { totalCount } }`, event)), `"struck":true`, `"totalCount":1`)
	for _, role := range []access.Role{access.Operator, access.Customer, access.Regulator} {
		demand(t, d.propose(d.token(access.Principal{Role: role, Tenants: []domain.ID{tenant}}), event), `UNAUTHORISED`)
	}
}

// TestStrikeRefused: what is held is not struck, nor what nobody wrote into, nor what decides about others.
func TestStrikeRefused(t *testing.T) {
	d := newDesk(t)
	tenant := d.Tenant("Example Dental")
	call := d.call(tenant, "+12025550143")
	d.seen()
	person, _, err := d.Vault.Find(t.Context(), tenant, ledger.Identifier{Type: domain.Phone, Value: "+12025550143"})
	if err != nil {
		t.Fatal(err)
	}
	anna, bo := d.token(access.Principal{Role: access.DPO}), d.token(access.Principal{Role: access.DPO})
	event := "event-" + call.ID.String()
	able := d.api.Ledger
	unable := *able
	unable.Log = struct{ ledger.Log }{able.Log} // an engine that can't
	d.api.Ledger = &unable
	demand(t, d.propose(anna, event), `"rule":"strike.engine"`)
	d.api.Ledger = able
	demand(t, d.propose(anna, event), `"status":"PROPOSED"`)
	of := func(kind string) string {
		a := d.ask(anna, `{ events(filter: {kind: [`+kind+`]}, first: 1) { edges { node { id } } } }`)
		return a.Data["events"].(map[string]any)["edges"].([]any)[0].(map[string]any)["node"].(map[string]any)["id"].(string)
	}
	d.seen()
	demand(t, d.propose(anna, of("SUBJECT_IDENTIFIER_ATTACHED")), `"rule":"strike.nothing"`)
	a := d.ask(anna, fmt.Sprintf(`mutation { placeHold(input: {subject: "subject-%s", classes: [INTERACTION], ground: LEGAL_OBLIGATION, law: "§ 147 AO", country: "DE", authority: "Example Court", case: "HOLD-1", review: "2099-01-01"}) { subject { holds { id } } receipt { eventId } refusal { message } } }`, person))
	demand(t, a, `"refusal":null`)
	demand(t, d.approve(bo, event), `"rule":"strike.hold"`)
	demand(t, d.propose(anna, of("SUBJECT_HOLD_PLACED")), `"rule":"strike.hold"`)
	hold := a.Data["placeHold"].(map[string]any)["subject"].(map[string]any)["holds"].([]any)[0].(map[string]any)["id"].(string)
	demand(t, d.ask(anna, fmt.Sprintf(`mutation { liftHold(input: {subject: "subject-%s", hold: %q, case: "HOLD-1"}) { refusal { message } } }`, person, hold)), `"refusal":null`)
	demand(t, d.propose(anna, of("SUBJECT_HOLD_PLACED")), `"rule":"strike.steers"`)
	demand(t, d.approve(bo, event), `"status":"COMPLETED"`)
}
