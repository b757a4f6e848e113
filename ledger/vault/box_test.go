package vault

import (
	"maps"
	"slices"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// party is a call with a second person on the line, each with values of their own.
func party(id string) *ledger.Submission {
	s := call(id, phone(1))
	s.Event = domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear(phone(1).Value),
		Name: domain.Clear("Åsa Example"), Counterpart: domain.Clear(phone(2).Value), Seconds: 107}
	s.Subjects = append(s.Subjects, person(phone(2)))
	return s
}

// TestRoundTrip: what goes in by Take comes out of the boxes, each person's in a box of their own.
func TestRoundTrip(t *testing.T) {
	h := newHouse(t)
	seq := h.take(party("CA1")).Position
	for _, when := range []string{"before", "after"} {
		k := h.at(seq)
		if len(k.boxes) != 2 {
			t.Fatalf("%s the restart: %d boxes", when, len(k.boxes))
		}
		want := map[domain.ID]map[string]string{
			k.Subjects[0].ID: {"/name": "Åsa Example", "/number": phone(1).Value},
			k.Subjects[1].ID: {"/counterpart": phone(2).Value},
		}
		for _, b := range k.boxes {
			got, err := h.vault.Open(t.Context(), &k.Envelope, &b)
			if err != nil || !maps.Equal(got, want[b.Owner]) {
				t.Errorf("%s the restart: %v, %v", when, got, err)
			}
			if n := len(b.Ciphertext) - 16; n < 32 || n&(n-1) != 0 {
				t.Errorf("a box of %d bytes tells the length of its values", len(b.Ciphertext))
			}
		}
		h.restart()
	}
}

// TestTampering: a box opens only as it was sealed and where it was sealed.
func TestTampering(t *testing.T) {
	h := newHouse(t)
	seq := h.take(party("CA1")).Position
	elsewhere := h.at(h.take(call("CA2", phone(1))).Position)
	k := h.at(seq)
	box := k.boxes[slices.IndexFunc(k.boxes, func(b ledger.Box) bool { return b.Owner == k.Subjects[0].ID })]
	flip := func(b []byte, i int) { b[(i+len(b))%len(b)] ^= 1 }
	for _, c := range []struct {
		name   string
		change func(*domain.Envelope, *ledger.Box)
	}{
		{"ciphertext, first byte", func(_ *domain.Envelope, b *ledger.Box) { flip(b.Ciphertext, 0) }},
		{"ciphertext, padding", func(_ *domain.Envelope, b *ledger.Box) { flip(b.Ciphertext, -17) }},
		{"tag", func(_ *domain.Envelope, b *ledger.Box) { flip(b.Ciphertext, -1) }},
		{"cut short", func(_ *domain.Envelope, b *ledger.Box) { b.Ciphertext = b.Ciphertext[:len(b.Ciphertext)-32] }},
		{"shorter than a tag", func(_ *domain.Envelope, b *ledger.Box) { b.Ciphertext = b.Ciphertext[:3] }},
		{"longer", func(_ *domain.Envelope, b *ledger.Box) { b.Ciphertext = append(b.Ciphertext, make([]byte, 32)...) }},
		{"nonce, derivation", func(_ *domain.Envelope, b *ledger.Box) { flip(b.Nonce[:], 0) }},
		{"nonce, counter", func(_ *domain.Envelope, b *ledger.Box) { flip(b.Nonce[:], -1) }},
		{"commitment", func(_ *domain.Envelope, b *ledger.Box) { flip(b.Commitments[1].Hash[:], 0) }},
		{"commitments swapped", func(_ *domain.Envelope, b *ledger.Box) {
			b.Commitments[0].Hash, b.Commitments[1].Hash = b.Commitments[1].Hash, b.Commitments[0].Hash
		}},
		{"commitment dropped", func(_ *domain.Envelope, b *ledger.Box) { b.Commitments = b.Commitments[:1] }},
		{"commitment of another path", func(_ *domain.Envelope, b *ledger.Box) { b.Commitments[1].Path = "/other" }},
		{"commitment added", func(_ *domain.Envelope, b *ledger.Box) {
			b.Commitments = append(b.Commitments, ledger.Commitment{Path: "/zip"})
		}},
		{"another event", func(e *domain.Envelope, _ *ledger.Box) { e.ID = elsewhere.ID }},
		{"another stream", func(e *domain.Envelope, _ *ledger.Box) { e.Stream.ID = elsewhere.Stream.ID }},
		{"another noun", func(e *domain.Envelope, _ *ledger.Box) { e.Stream.Noun = "subject" }},
		{"another tenant", func(e *domain.Envelope, _ *ledger.Box) { e.Tenant = other }},
		{"another schema version", func(e *domain.Envelope, _ *ledger.Box) { e.Version++ }},
		{"another key", func(_ *domain.Envelope, b *ledger.Box) { b.Key = elsewhere.boxes[0].Key }},
		{"a key there is not", func(_ *domain.Envelope, b *ledger.Box) { b.Key = domain.NewID() }},
		{"another owner", func(e *domain.Envelope, b *ledger.Box) { b.Owner = e.Subjects[1].ID }},
		{"another class", func(_ *domain.Envelope, b *ledger.Box) { b.Class = domain.Contact }},
		{"another event's box", func(_ *domain.Envelope, b *ledger.Box) { *b = elsewhere.boxes[0] }},
	} {
		e, b := k.Envelope, box
		b.Ciphertext, b.Commitments = slices.Clone(b.Ciphertext), slices.Clone(b.Commitments)
		c.change(&e, &b)
		if got, err := h.vault.Open(t.Context(), &e, &b); err == nil || got != nil {
			t.Errorf("%s: opened", c.name)
		}
	}
	if _, err := h.vault.Open(t.Context(), &k.Envelope, &box); err != nil {
		t.Errorf("unchanged: %v", err)
	}
	h.vault.ledger = domain.NewID()
	if _, err := h.vault.Open(t.Context(), &k.Envelope, &box); err == nil {
		t.Error("another ledger: opened")
	}
}

// TestUnpad: only what pad writes, for every length up to some powers of two.
func TestUnpad(t *testing.T) {
	for n, want := range map[int]int{0: 32, 31: 32, 32: 64, 63: 64, 64: 128, 127: 128, 128: 256, 16 << 10: 32 << 10} {
		if got := len(pad(make([]byte, n))); got != want {
			t.Errorf("%d bytes are padded to %d, not %d", n, got, want)
		}
	}
	for n := range 300 {
		text := slices.Repeat([]byte{0x80}, n) // the padding's own first byte, so that its end is looked for from behind
		padded := pad(slices.Clone(text))
		if got, ok := unpad(padded); !ok || !slices.Equal(got, text) || len(padded)&(len(padded)-1) != 0 {
			t.Fatalf("%d bytes: %x, %t", n, got, ok)
		}
	}
	for _, b := range [][]byte{append(pad(nil), make([]byte, 32)...), append(pad(make([]byte, 40)), make([]byte, 32)...), nil, make([]byte, 32), slices.Repeat([]byte{1}, 32)} {
		if _, ok := unpad(b); ok {
			t.Errorf("%x is no padding", b)
		}
	}
}
