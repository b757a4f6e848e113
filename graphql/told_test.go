package graphql

import (
	"testing"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
)

// TestToldAgain: an interaction shows what all tellings come to, and each of them with its values.
func TestToldAgain(t *testing.T) {
	d := newDesk(t)
	tenant, call, who := d.Tenant("Example Dental"), domain.Stream{Noun: "interaction", ID: domain.NewID()}, domain.NewID()
	missed := domain.InteractionRecorded{Medium: domain.Call, Direction: domain.Inbound, Status: "NO_ANSWER", Number: domain.Clear("+12025550143")}
	answered := domain.InteractionUpdated(missed)
	answered.Status, answered.Seconds, answered.Recorded, answered.Name, answered.Modified = "ANSWERED", 95, true, domain.Clear("Person Example"), ledgertest.Day(11).At
	missed.Modified = ledgertest.Day(10).At
	tell := func(e domain.Event, on int) {
		d.Keep(ledger.Submission{Tenant: tenant, Occurred: ledgertest.Day(on), Stream: ledger.StreamRef{Name: call}, Event: e, Subjects: []ledger.SubjectClaim{{ID: who, Capacity: domain.Processor}}})
	}
	tell(missed, 10)
	tell(answered, 11)
	anna := d.token(access.Principal{Role: access.DPO})
	a := d.ask(anna, `{ interactions { edges { node { status seconds recorded number { value } name { value } history { toldAt status seconds recorded struck number { value } name { value } } } } } }`,
		"Muniment-Purpose", "AUDIT", "Muniment-Case", "A-1")
	demand(t, a, `"node":{"status":"ANSWERED","seconds":95,"recorded":true,"number":{"value":"+12025550143"},"name":{"value":"Person Example"},"history":[{"toldAt":`,
		`"status":"NO_ANSWER","seconds":0,"recorded":false,"struck":false,"number":{"value":"+12025550143"},"name":null},{"toldAt":`,
		`"status":"ANSWERED","seconds":95,"recorded":true,"struck":false,"number":{"value":"+12025550143"},"name":{"value":"Person Example"}}]`)
}
