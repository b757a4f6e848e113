package erasure_test

import (
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestForgedOrders: whoever can write the log's database, and has no key, orders nothing: no erasure, no
// strike, no disposal, no redaction, no deletion of an account.
func TestForgedOrders(t *testing.T) {
	for _, c := range []struct {
		event  domain.Event
		noun   string
		tenant domain.ID
	}{
		{domain.ErasureRequested{}, "subject", shop},
		{domain.StrikeApproved{}, "strike", shop},
		{domain.DeletionRequested{}, "tenant", shop},
		{domain.InteractionRedacted{Trigger: "MANUAL", Fields: []domain.DataField{"NUMBER"}}, "interaction", shop},
		{domain.DisposalOrdered{}, "disposal", domain.Operator},
	} {
		t.Run(c.event.Kind(), func(t *testing.T) {
			h := newHouse(t)
			kept := h.kept(call("CA1", phone(1)))
			person, _ := h.find(phone(1))
			s := domain.Stream{Noun: c.noun, ID: map[string]domain.ID{"subject": person, "strike": kept.ID, "tenant": shop, "interaction": kept.Stream.ID, "disposal": h.ID}[c.noun]}
			f := &domain.Fact{Event: c.event}
			f.ID, f.Tenant, f.Stream, f.Source, f.Occurred = domain.NewEventID(h.Clock()), c.tenant, s, "muniment", domain.At(domain.TimeOf(h.Clock()))
			f.Actor.Kind = domain.System
			plain, _ := domain.Split(c.event)
			e, err := ledger.Encode(f, domain.TimeOf(h.Clock()), plain, nil, make([]byte, 32))
			h.ok(err)
			e.MAC = func(int64) []byte { return make([]byte, 37) }
			if r := h.Raw.Append(t.Context(), ledger.Batch{Stream: s, Expected: ledger.Any, Entries: []ledger.Entry{e}})[0]; r.Err != nil {
				t.Fatal(r.Err)
			}
			h.ok(h.process.Run(t.Context()))
			if state := h.state(kept.Position, "/number"); state != ledger.StateClear {
				t.Errorf("the caller's number reads %s: the forged order was obeyed", state)
			}
			if orders, err := h.Keys.Orders(t.Context()); err != nil || len(orders) > 0 {
				t.Errorf("%+v, %v", orders, err)
			}
		})
	}
}
