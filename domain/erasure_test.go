package domain

import (
	"slices"
	"testing"
)

func TestErasureDecisions(t *testing.T) {
	all := ErasureRequested{Ground: "OBJECTED", Case: "DSR-1"}
	contact := ErasureRequested{Ground: "OBJECTED", Case: "DSR-1", Classes: []Class{Contact}}
	done := ErasureCompleted{}
	hold := HoldPlaced{Hold: ID{0: 1}, Classes: []Class{ConsentEvidence}, Ground: HoldDuty, Law: "§ 147 AO", Country: "DE", Authority: "Example Court", Review: "2027-01-01", Case: "H-1"}
	evidence := ErasureRequested{Ground: "OBJECTED", Case: "DSR-1", Classes: []Class{ConsentEvidence}}
	rest := ErasureRequested{Ground: "OBJECTED", Case: "DSR-1", Held: []Class{ConsentEvidence}}
	for _, c := range slices.Sorted(slices.Values(PersonClasses())) {
		if Class(c) != ConsentEvidence {
			rest.Classes = append(rest.Classes, Class(c))
		}
	}
	other := hold
	other.Hold = ID{0: 2}
	held := []on{{"2026-01-01", hold}}
	lifted := facts(held, []on{{"2026-02-01", HoldLifted{Hold: hold.Hold, Case: "H-1"}}})
	erase := func(e ErasureRequested) func(Subject) ([]Event, *Refusal) {
		return func(s Subject) ([]Event, *Refusal) { return s.Erase(e) }
	}
	place := func(s Subject) ([]Event, *Refusal) { return s.PlaceHold(hold, Processor, moment("2026-06-01")) }
	lift := func(s Subject) ([]Event, *Refusal) { return s.LiftHold(HoldLifted{Hold: hold.Hold, Case: "H-1"}) }
	partly := []on{{"2026-03-01", contact}, {"2026-03-01", done}}
	decide(t, []row[Subject]{
		{name: "erased", when: erase(all), then: []Event{all}},
		{name: "a class", when: erase(contact), then: []Event{contact}},
		{name: "the rest", given: partly, when: erase(all), then: []Event{all}},
		{name: "the class again", given: partly, when: erase(contact), rule: "erasure.once", says: "already"},
		{name: "all again", given: []on{{"2026-03-01", all}, {"2026-03-01", done}}, when: erase(all), rule: "erasure.once", says: "already"},
		{name: "under way", given: []on{{"2026-03-01", contact}}, when: erase(all), rule: "erasure.once", says: "under way"},
		{name: "all but what is held", given: held, when: erase(all), then: []Event{rest}},
		{name: "only what is held", given: held, when: erase(evidence), rule: "erasure.hold", says: "Example Court (LEGAL_OBLIGATION, § 147 AO)"},
		{name: "the rest once more", given: facts(held, []on{{"2026-03-01", rest}, {"2026-03-01", done}}), when: erase(all), rule: "erasure.hold"},
		{name: "lifted, what was held goes", given: facts(held, []on{{"2026-03-01", rest}, {"2026-03-01", done}}), when: lift,
			then: []Event{HoldLifted{Hold: hold.Hold, Case: "H-1"}, ErasureRequested{Ground: "OBJECTED", Case: "DSR-1", Classes: []Class{ConsentEvidence}}}},
		{name: "lifted, another hold keeps it", given: facts(held, []on{{"2026-01-02", other}, {"2026-03-01", rest}, {"2026-03-01", done}}), when: lift,
			then: []Event{HoldLifted{Hold: hold.Hold, Case: "H-1"}}},
		{name: "lifted while it is under way", given: facts(held, []on{{"2026-03-01", rest}}), when: lift, rule: "erasure.once"},
		{name: "beside what is held", given: held, when: erase(contact), then: []Event{contact}},
		{name: "held beyond its review", given: held, when: erase(evidence), rule: "erasure.hold", says: "2027-01-01"},
		{name: "no longer held", given: lifted, when: erase(all), then: []Event{all}},
		{name: "hold placed", when: place, then: []Event{hold}},
		{name: "hold on what is gone", given: []on{{"2026-03-01", all}}, when: place, rule: "hold.late"},
		{name: "hold lifted", given: held, when: lift, then: []Event{HoldLifted{Hold: hold.Hold, Case: "H-1"}}},
		{name: "hold lifted once", given: lifted, when: lift, rule: "hold.known"},
	})
}

func TestErasureFold(t *testing.T) {
	s := fold[Subject]([]on{
		{"2026-01-01", IdentifierAttached{Identifier: ID{0: 1}, Type: Phone, Confidence: SeenWith}},
		{"2026-01-02", IdentifierDetached{ID{0: 1}}},
		{"2026-03-01", ErasureRequested{Ground: "UNLAWFUL", Case: "DSR-1", Suppress: "OBJECTION"}},
		{"2026-03-01", IdentifiersSuppressed{Ground: "OBJECTION", Identifiers: 2}},
		{"2026-03-01", SubjectKeysDestroyed{Keys: []ID{{0: 7}}, Epoch: 3, Final: BytesGone}},
		{"2026-03-01", SubjectKeysDestroyed{Keys: []ID{{0: 8}}, Epoch: 4, Final: BytesGone}},
		{"2026-03-02", ErasureCompleted{Keys: 2}},
	})
	if len(s.Ever) != 1 || len(s.Erasures) != 1 || !s.Erased(Contact) || !s.Erased(Staff) {
		t.Fatalf("%+v", s)
	}
	e := s.Erasures[0]
	if len(e.Keys) != 2 || e.Epoch != 4 || e.Suppress != "OBJECTION" || e.Suppressed != 2 || e.Completed != moment("2026-03-02") || e.Seq != 2 {
		t.Errorf("%+v", e)
	}
}

func TestRedactionTakes(t *testing.T) {
	for field, want := range map[DataField]bool{"NUMBER": true, "NAME": true, "IP_ADDRESS": true, "AUDIO": false, "TRANSCRIPT": false, "DURATION": false} {
		if got := (InteractionRedacted{Fields: []DataField{field}}).Takes(); got != want {
			t.Errorf("%s: %t", field, got)
		}
	}
}
