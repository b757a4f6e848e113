package erasure_test

import (
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/vault"
)

// TestGroundsOutliveTheContact: what a contact wrote in an objection is the notice's. It stays when the
// contact is erased and when the account's data goes; what is the contact's own goes with the contact.
func TestGroundsOutliveTheContact(t *testing.T) {
	h := newHouse(t)
	h.kept(call("CA1", phone(1)))
	contact, _ := h.find(phone(1))
	notice := domain.Stream{Noun: "notice", ID: domain.NewID()}
	once := func(s domain.Stream, e domain.Event) int64 {
		t.Helper()
		r, err := h.Once(t.Context(), ledger.Command{Name: "test", Stream: s, Input: map[string]any{}, Envelope: domain.Envelope{Tenant: shop, Source: "muniment",
			Actor: domain.Actor{Kind: domain.Person, ID: contact}, Subjects: []domain.SubjectRef{{ID: contact, Capacity: domain.Controller}}}}, e)
		h.ok(err)
		return r.Position
	}
	grounds := once(notice, domain.ObjectionRaised{Ground: "OTHER", By: domain.BySignIn, Text: domain.Clear("Not in that country.\n\nÅsa Example")})
	name := once(domain.Stream{Noun: "tenant", ID: shop}, domain.ContactDesignated{Role: "NOTICES", Contact: contact, Name: domain.Clear("Åsa Example"), Email: domain.Clear("asa@example.com")})
	h.ok(h.Keys.CatchUp(t.Context(), h.Log))
	values, err := h.Reveal(t.Context(), []ledger.Ref{{Seq: grounds, Path: "/text"}})
	h.ok(err)
	if v := values[0]; v.State != ledger.StateClear || !v.Subject.IsZero() || v.Capacity != domain.Controller || v.Text != "Not in that country.\n\nÅsa Example" {
		t.Errorf("%+v", v)
	}
	h.erase(contact, domain.ErasureRequested{Ground: "CONSENT_WITHDRAWN", Case: "DSR-1"})
	if got := h.state(name, "/name"); got != ledger.StateErased {
		t.Errorf("the contact's name is %s", got)
	}
	if got := h.state(grounds, "/text"); got != ledger.StateClear {
		t.Errorf("the contact gone, the grounds are %q", got)
	}
	if _, _, _, err := h.Keys.DestroyBranch(t.Context(), vault.Order{Seq: 1, Tenant: shop, Noun: "tenant", Entity: shop}); err != nil {
		t.Fatal(err)
	}
	if got := h.state(grounds, "/text"); got != ledger.StateClear {
		t.Errorf("the account's data gone, the grounds are %q", got)
	}
}
