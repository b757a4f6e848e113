package vault

import (
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestFind: an identifier leads to its person at once (overlay), after the follower wrote it, and
// after a restart.
func TestFind(t *testing.T) {
	identifiers := []ledger.Identifier{phone(1), {Type: domain.Email, Value: "person@example.com"}}
	h := newHouse(t)
	who := h.at(h.take(call("CA1", identifiers...)).Position).Subjects[0].ID
	if h.count("lookups") != 0 {
		t.Fatal("the follower was quicker than the overlay could be tested")
	}
	check := func(when string) {
		t.Helper()
		for _, i := range identifiers {
			if got, ok := h.find(shop, i); !ok || got != who {
				t.Errorf("%s: %s leads to %s, %t", when, i.Type, got, ok)
			}
			if _, ok := h.find(other, i); ok {
				t.Errorf("%s: %s leads to somebody in another tenant", when, i.Type)
			}
		}
		if _, ok := h.find(shop, ledger.Identifier{Type: domain.Email, Value: phone(1).Value}); ok {
			t.Errorf("%s: a number was found as an address", when)
		}
	}
	check("before the follower wrote it")
	h.follow()
	if n := len(h.vault.reserved); n != 0 {
		t.Errorf("the overlay still holds %d", n)
	}
	check("after")
	h.restart()
	check("after a restart")
	h.exec(`DELETE FROM checkpoint`)
	h.exec(`DELETE FROM lookups`)
	h.restart()
	check("written anew from the log")
	if n := h.count("lookups"); n != 2 {
		t.Errorf("%d look-up rows", n)
	}
}

// TestAnySpelling: an address is found, and blocked, in any spelling with capitals; another address isn't.
func TestAnySpelling(t *testing.T) {
	address := func(s string) ledger.Identifier { return ledger.Identifier{Type: domain.Email, Value: s} }
	h := newHouse(t)
	who := h.at(h.take(call("CA1", address("Ana.Person@example.com"))).Position).Subjects[0].ID
	again := h.at(h.take(call("CA2", address("ana.person@example.com"))).Position).Subjects[0].ID
	h.ok(h.vault.Suppress(t.Context(), shop, "OBJECTION", 1, []ledger.Identifier{address("Ana.Person@example.com")}))
	if again != who {
		t.Error("another spelling made another person")
	}
	for spelling, want := range map[string]bool{"ana.person@example.com": true, "ANA.PERSON@example.com": true, "anaperson@example.com": false} {
		got, ok := h.find(shop, address(spelling))
		_, blocked, err := h.vault.Blocked(t.Context(), shop, address(spelling))
		h.ok(err)
		if ok != want || ok && got != who || blocked != want {
			t.Errorf("%s: found %t, blocked %t", spelling, ok, blocked)
		}
	}
}

// TestTwoTenants: the same number is two persons to two tenants.
func TestTwoTenants(t *testing.T) {
	h := newHouse(t)
	theirs := call("CA1", phone(1))
	theirs.Tenant = other
	a, b := h.at(h.take(call("CA1", phone(1))).Position), h.at(h.take(theirs).Position)
	if a.Subjects[0].ID == b.Subjects[0].ID || a.ID == b.ID || a.Stream == b.Stream {
		t.Error("two tenants share a person, an event id or a stream")
	}
	h.restart()
	for tenant, want := range map[domain.ID]domain.ID{shop: a.Subjects[0].ID, other: b.Subjects[0].ID} {
		if got, ok := h.find(tenant, phone(1)); !ok || got != want {
			t.Errorf("got %s, %t", got, ok)
		}
	}
}

// TestDetach: a detached number leads to nobody, and its next caller is somebody new.
func TestDetach(t *testing.T) {
	for _, at := range []string{"in one batch", "in two", "after a restart"} {
		t.Run(at, func(t *testing.T) {
			h := newHouse(t)
			who := h.at(h.take(call("CA1", phone(1), phone(2))).Position).Subjects[0].ID
			if at != "in one batch" {
				h.follow()
			}
			if at == "after a restart" {
				h.restart()
			}
			var identifier domain.ID
			for _, k := range h.all() {
				if e, ok := k.Event.(domain.IdentifierAttached); ok && identifier.IsZero() {
					identifier = e.Identifier // of the first number
				}
			}
			h.take(&ledger.Submission{
				Source: "ctm", SourceID: "D1", Tenant: shop, Occurred: domain.At(domain.TimeOf(noon)), Event: domain.IdentifierDetached{Identifier: identifier},
				Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.System}}, Subjects: []ledger.SubjectClaim{{ID: who, Capacity: domain.Processor}},
			})
			h.follow()
			for range 2 {
				if _, ok := h.find(shop, phone(1)); ok {
					t.Error("the detached number still leads to somebody")
				}
				if got, ok := h.find(shop, phone(2)); !ok || got != who {
					t.Error("the other number leads nowhere")
				}
				h.restart()
			}
			if again := h.at(h.take(call("CA2", phone(1))).Position).Subjects[0].ID; again == who {
				t.Error("the next caller is taken for the one before")
			}
		})
	}
}

// TestReserve: fresh is said once, to the one who has to attach it; a release makes it free again.
func TestReserve(t *testing.T) {
	h := newHouse(t)
	reserve := func(subject domain.ID) (domain.ID, bool) {
		id, fresh, err := h.vault.Reserve(t.Context(), shop, phone(1), subject)
		h.ok(err)
		return id, fresh
	}
	first, fresh := reserve(domain.ID{})
	if !fresh || first.IsZero() {
		t.Fatalf("first: %s, %t", first, fresh)
	}
	if id, fresh := reserve(domain.NewID()); fresh || id != first {
		t.Errorf("second: %s, %t", id, fresh)
	}
	h.ok(h.vault.Release(t.Context(), shop, phone(1)))
	if _, ok := h.find(shop, phone(1)); ok {
		t.Error("found after its release")
	}
	mine := domain.NewID()
	if id, fresh := reserve(mine); !fresh || id != mine {
		t.Errorf("after the release: %s, %t", id, fresh)
	}
}

// TestLookupRow: a row changed in the file is an error, not another person.
func TestLookupRow(t *testing.T) {
	h := newHouse(t)
	h.take(call("CA1", phone(1)))
	h.take(call("CA2", phone(2)))
	h.follow()
	h.exec(`UPDATE lookups SET value = (SELECT value FROM lookups ORDER BY tag LIMIT 1)`) // one is moved, one stays
	refused := 0
	for n := range 2 {
		if _, _, err := h.vault.Find(t.Context(), shop, phone(n+1)); err != nil {
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("%d of 1 moved row refused", refused)
	}
}
