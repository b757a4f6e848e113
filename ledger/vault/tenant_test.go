package vault

import (
	"bytes"
	"errors"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestAdmit: admitting again makes nothing; all keys stay, also over a restart.
func TestAdmit(t *testing.T) {
	h := newHouse(t)
	keys := func() [][]byte {
		return [][]byte{must(h.vault.NamingKey(t.Context(), shop)), must(h.vault.Claim(t.Context(), shop, []byte("{}")))}
	}
	before, rows := keys(), h.count("secrets")
	for range 2 {
		for range 2 {
			h.ok(h.vault.Admit(t.Context(), shop))
			h.ok(h.vault.Admit(t.Context(), domain.Operator))
		}
		for i, key := range keys() {
			if !bytes.Equal(key, before[i]) {
				t.Errorf("key %d changed", i)
			}
		}
		if n := h.count("secrets"); n != rows {
			t.Errorf("%d secrets of %d", n, rows)
		}
		h.restart()
	}
	if bytes.Equal(before[0], must(h.vault.NamingKey(t.Context(), other))) {
		t.Error("two tenants share a naming key")
	}
}

// TestUnknownTenant: nothing is made for a tenant that was never admitted, whatever is asked.
func TestUnknownTenant(t *testing.T) {
	h := newHouse(t)
	ctx, nobody := t.Context(), domain.NewID()
	rows := h.count("secrets")
	for name, ask := range map[string]func() error{
		"NamingKey": func() error { _, err := h.vault.NamingKey(ctx, nobody); return err },
		"Claim":     func() error { _, err := h.vault.Claim(ctx, nobody, nil); return err },
		"Find":      func() error { _, _, err := h.vault.Find(ctx, nobody, phone(1)); return err },
		"Reserve":   func() error { _, _, err := h.vault.Reserve(ctx, nobody, phone(1), domain.ID{}); return err },
		"Release":   func() error { return h.vault.Release(ctx, nobody, phone(1)) },
		"Seal": func() error {
			e := domain.InteractionRecorded{Number: domain.Clear(phone(1).Value)}
			_, fields := domain.Split(e)
			f := &domain.Fact{Event: e, Envelope: domain.Envelope{Tenant: nobody, Subjects: []domain.SubjectRef{{ID: domain.NewID()}}}}
			return h.vault.Seal(ctx, []*ledger.Sealing{{Fact: f, Fields: fields}})
		},
	} {
		if err := ask(); !errors.Is(err, ledger.ErrUnknownTenant) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if h.count("secrets") != rows || h.count("pages") != 0 {
		t.Error("asking made keys")
	}
}
