package graphql

import (
	"fmt"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/graphql/access"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
	"muniment/ledger/seal"
)

// prune fills the first bundle with calls of an account, and has it struck and pruned.
func (d *desk) prune(tenant domain.ID) (calls []ledger.Receipt) {
	d.t.Helper()
	for len(calls) == 0 || calls[len(calls)-1].Position < 270 {
		calls = append(calls, d.call(tenant, "+12025550143"))
	}
	records, err := d.Log.Read(d.t.Context(), 0, 256)
	for _, r := range records {
		k, bad := ledger.Decode(r)
		if bad != nil {
			d.t.Fatal(bad)
		}
		if kind, _ := domain.Lookup(k.Kind); !kind.Passing {
			continue
		}
		pay, bad := seal.PayloadCommitment(r.Payload)
		if bad == nil {
			_, bad = d.Log.(ledger.Striker).Strike(d.t.Context(), ledger.Removal{At: ledger.Key{Stream: r.Stream, ID: k.ID}, Stub: ledger.Stub(pay)})
		}
		if bad != nil {
			d.t.Fatal(bad)
		}
	}
	if err == nil {
		err = d.process.Prune(d.t.Context(), domain.ID{}, domain.Range{From: 0, To: 256})
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.seen()
	return calls
}

// TestPruned: what was pruned is in no list and no node; who may know is told that it was there, and what is
// left of it; counts go on counting it.
func TestPruned(t *testing.T) {
	d := newDesk(t)
	tenant := d.Tenant("Example Dental")
	calls := d.prune(tenant)
	dpo, own := d.token(access.Principal{Role: access.DPO}), d.token(access.Principal{Role: access.Customer, Tenants: []domain.ID{tenant}})
	gone, left := "event-"+calls[5].ID.String(), "event-"+calls[len(calls)-1].ID.String()
	for _, token := range []string{dpo, own} {
		demand(t, d.ask(token, fmt.Sprintf(`{ node(id: %q) { id } }`, gone)), `"node":null`)
		demand(t, d.ask(token, fmt.Sprintf(`{ node(id: %q) { id } }`, left)), left)
		demand(t, d.ask(token, `{ interactions { totalCount } }`), fmt.Sprintf(`"totalCount":%d`, len(calls)-int(d.pruned().Events)))
		if a := d.ask(token, `{ events(first: 100) { edges { node { id } } } }`); strings.Contains(a.text, gone) || len(a.Errors) > 0 {
			t.Errorf("the trail: %s", a.text)
		}
	}
	demand(t, d.ask(dpo, `{ pruned { from to events root until event prunedAt final } }`), `"from":0,"to":256`, fmt.Sprintf(`"events":%d`, d.pruned().Events), d.pruned().Root)
	demand(t, d.ask(own, `{ pruned { from } }`), `"pruned":[]`)
	prove := func(event string) string { return fmt.Sprintf(`{ proof(event: %q) { leaf } }`, event) }
	demand(t, d.ask(dpo, prove(gone)), `"rule":"evidence.pruned"`, "of its leaf only the hash is left")
	demand(t, d.ask(own, prove(gone)), `"proof":null`)
	demand(t, d.ask(dpo, prove("event-"+domain.NewID().String())), `"proof":null`)
	if err := d.api.Seals.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	demand(t, d.ask(dpo, prove(left)), `"leaf":"{`)
	complete := func(args string) string {
		return fmt.Sprintf(`{ completeness(tenant: "tenant-%s"%s) { count leaves } }`, tenant, args)
	}
	if _, err := d.api.Epochs.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	demand(t, d.ask(dpo, complete("")), `"leaves":null`, fmt.Sprintf(`"count":%d`, len(calls)+2))
	demand(t, d.ask(dpo, complete(`, from: "2020-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z"`)), `"rule":"evidence.pruned"`, "ask for one behind what was pruned")
	event := d.ask(dpo, fmt.Sprintf(`mutation { proposeStrike(input: {event: %q, reason: NAME, case: "DSR-2026-014"}) %s }`, gone, aboutStrike))
	demand(t, event, `NOT_FOUND`)
	if d.log.Len() > 0 {
		t.Errorf("logged: %s", &d.log)
	}
}

func (d *desk) pruned() domain.LogPruned {
	d.t.Helper()
	list, err := seal.Prunings(d.t.Context(), d.Log, d.ID)
	if err != nil || len(list) != 1 {
		d.t.Fatal(list, err)
	}
	return list[0].Event.(domain.LogPruned)
}

// TestStrikePruned: a strike that was proposed before its event was pruned has nothing to strike any more.
func TestStrikePruned(t *testing.T) {
	d := newDesk(t)
	tenant := d.Tenant("Example Dental")
	call := d.Keep(ledger.Submission{Tenant: tenant, Occurred: ledgertest.Day(10), Stream: ledger.StreamRef{Name: domain.Stream{Noun: "interaction", ID: domain.NewID()}},
		Event: domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Status: "JANE_EXAMPLE"}})
	d.seen()
	anna, bo := d.token(access.Principal{Role: access.DPO}), d.token(access.Principal{Role: access.DPO})
	event := "event-" + call.ID.String()
	demand(t, d.propose(anna, event), `"status":"PROPOSED"`)
	d.prune(tenant)
	demand(t, d.approve(bo, event), `"rule":"strike.nothing"`, "the event was pruned")
}
