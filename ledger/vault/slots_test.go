package vault

import (
	"testing"

	"muniment/domain"
)

// TestEmptiedSlots: the slot of a destroyed key is never handed out again, not even one that this copy of the
// vault had not handed out yet: what is sealed next would be sealed under zeros. A journal beside an older
// copy names such slots.
func TestEmptiedSlots(t *testing.T) {
	h := newHouse(t)
	first := h.take(call("CA1", phone(1)))
	h.follow()
	page, _ := h.vault.pageOf(h.at(first.Position).boxes[0].Key)
	every := make([]domain.ID, pageSlots)
	for n := range every {
		every[n] = h.vault.keyID(page, n)
	}
	_, _, err := h.vault.Destroy(t.Context(), every, Order{Seq: 1, Noun: subjectNoun})
	h.ok(err)
	h.restart()
	second := h.take(call("CA2", phone(2)))
	h.follow()
	boxes := h.at(second.Position).boxes
	if len(boxes) == 0 {
		t.Fatal("nothing was sealed")
	}
	for _, b := range boxes {
		if p, n := h.vault.pageOf(b.Key); p == page {
			t.Errorf("slot %d was handed out again", n)
		}
	}
}

// TestStraysOfRedacted: keys that were taken for a redacted interaction, and are in no kept event, die with it.
func TestStraysOfRedacted(t *testing.T) {
	h := newHouse(t)
	first := h.take(call("CA1", phone(1)))
	h.follow()
	other := domain.Stream{Noun: interactionNoun, ID: domain.NewID()}
	for _, s := range []domain.Stream{first.Stream, other} {
		h.vault.mu.Lock()
		h.vault.inUse[want{tenant: shop, owner: domain.NewID(), class: domain.InteractionData, scope: s.ID}] = slot{id: domain.NewID()}
		h.vault.mu.Unlock()
	}
	if n := len(h.vault.strays([]Order{{Noun: interactionNoun, Entity: first.Stream.ID}})); n != 1 {
		t.Errorf("%d keys were taken for the interaction, want 1", n)
	}
	if n := len(h.vault.strays([]Order{{Noun: interactionNoun, Entity: first.Stream.ID}})); n != 0 {
		t.Errorf("%d are there again", n)
	}
	if n := len(h.vault.strays([]Order{{Noun: interactionNoun, Entity: other.ID}})); n != 1 {
		t.Errorf("another's were %d, want 1", n)
	}
}
