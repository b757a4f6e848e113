package vault

import (
	"fmt"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestFailedCalls: given a vault that has just been opened, when one call of its database fails, then whatever
// was asked of it says so; asked again it does it.
func TestFailedCalls(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	seqs := h.people(6)
	first, second := h.at(seqs[1]), h.at(seqs[2]) // both of the shop
	of := first.Subjects[0].ID
	about := func(e domain.Event) *ledger.Submission {
		return &ledger.Submission{Source: "test", ID: domain.NewEventID(noon), Tenant: shop, Occurred: domain.At(domain.TimeOf(noon)), Event: e,
			Subjects: []ledger.SubjectClaim{{ID: of, Capacity: domain.Processor}}, Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.System}}}
	}
	h.take(about(domain.HoldPlaced{Hold: domain.NewID(), Ground: "LEGAL_CLAIMS", Classes: []domain.Class{domain.InteractionData}}))
	h.take(about(domain.ErasureRequested{Classes: []domain.Class{domain.InteractionData}}))
	h.follow()
	erasure, redaction := Order{Tenant: shop, Noun: subjectNoun, Entity: of, Seq: seqs[0]}, Order{Tenant: shop, Noun: interactionNoun, Entity: first.Stream.ID, Seq: seqs[0]}
	gone := Order{Tenant: other, Noun: tenantNoun, Entity: other, Seq: seqs[0]}
	n := 0
	fresh := func() ledger.Identifier {
		n++
		return ledger.Identifier{Type: domain.Email, Value: fmt.Sprint("somebody", n, "@example.com")}
	}
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"open the vault", func() error { _, err := Open(ctx, h.db, must(OpenKeysDir(h.keysDir(), h.ID)), h.ID); return err }},
		{"admit", func() error { return h.vault.Admit(ctx, domain.NewID()) }},
		{"find", func() error { _, _, err := h.vault.Find(ctx, shop, phone(1)); return err }},
		{"reserve", func() error { _, _, err := h.vault.Reserve(ctx, shop, fresh(), domain.NewID()); return err }},
		{"release", func() error { return h.vault.Release(ctx, shop, phone(1)) }},
		{"naming key", func() error { _, err := h.vault.NamingKey(ctx, shop); return err }},
		{"claim", func() error { _, err := h.vault.Claim(ctx, shop, make([]byte, 32)); return err }},
		{"open", func() error { _, err := h.vault.Open(ctx, &second.Envelope, &second.boxes[0]); return err }},
		{"openings", func() error { _, _, err := h.vault.Openings(ctx, &second.Envelope, &second.boxes[0]); return err }},
		{"open what is condemned", func() error { _, err := h.vault.OpenCondemned(ctx, &first.Envelope, &first.boxes[0]); return err }},
		{"keys of", func() error { _, err := h.vault.KeysOf(ctx, erasure); return err }},
		{"living", func() error { _, err := h.vault.Living(ctx, []domain.ID{first.boxes[0].Key}); return err }},
		{"hold on", func() error { _, err := h.vault.HoldOn(ctx, redaction); return err }},
		{"postpone", func() error { _, err := h.vault.Postpone(ctx, []Order{redaction}); return err }},
		{"held", func() error { _, err := h.vault.Held(ctx); return err }},
		{"all holds", func() error { _, err := h.vault.AllHolds(ctx); return err }},
		{"held people", func() error { _, err := h.vault.HeldPeople(ctx); return err }},
		{"keys beside", func() error { _, err := h.vault.KeysBeside(ctx, shop); return err }},
		{"forget beside", func() error { return h.vault.ForgetBeside(ctx, other) }},
		{"pending", func() error { _, err := h.vault.Pending(ctx, of); return err }},
		{"orders", func() error { _, err := h.vault.Orders(ctx); return err }},
		{"lost", func() error { _, err := h.vault.Lost(ctx); return err }},
		{"blocked", func() error { _, _, err := h.vault.Blocked(ctx, shop, phone(1)); return err }},
		{"suppress", func() error { return h.vault.Suppress(ctx, shop, "OBJECTION", 1, []ledger.Identifier{fresh()}) }},
		{"take and follow", func() error {
			n++
			s := about(domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear(phone(20 + n%50).Value)})
			s.Stream, s.Subjects = ledger.StreamRef{Name: domain.Stream{Noun: "interaction", ID: domain.NewID()}}, []ledger.SubjectClaim{person(phone(20 + n%50))}
			if o := h.Take(ctx, ledger.Own(), []*ledger.Submission{s})[0]; o.Err != nil {
				return o.Err
			}
			return h.vault.CatchUp(ctx, h.log)
		}},
		{"note a strike", func() error {
			n++
			return h.vault.NoteStrike(ctx, Order{Seq: seqs[0], Entity: domain.NewID(), Tenant: shop, Noun: strikeNoun})
		}},
		{"forget", func() error { return h.vault.Forget(ctx, erasure, nil) }},
		{"destroy", func() error { _, _, err := h.vault.Destroy(ctx, []domain.ID{first.boxes[0].Key}, erasure); return err }},
		{"done", func() error { return h.vault.Done(ctx, erasure) }},
		{"rotate", func() error { _, err := h.vault.Rotate(ctx); return err }},
		{"destroy a branch", func() error { _, _, _, err := h.vault.DestroyBranch(ctx, gone); return err }},
		{"leave", func() error { return h.vault.Leave(ctx, other) }},
	} {
		h.faults.EachAfter(t, c.name, h.restart, c.do)
	}
}
