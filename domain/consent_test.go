package domain

import "testing"

func TestConsentDecisions(t *testing.T) {
	grant := func(act Act) ConsentGranted {
		return ConsentGranted{Purpose: "RECORDING", Text: "v2", Channel: "IVR_KEY", Act: act, Giver: "SELF"}
	}
	give := func(act Act) func(Consent) ([]Event, *Refusal) {
		return func(c Consent) ([]Event, *Refusal) { return c.Grant(grant(act)) }
	}
	withdraw := func(c Consent) ([]Event, *Refusal) { return c.Withdraw("VOICE") }
	withdrawn := []Event{ConsentWithdrawn{Purpose: "RECORDING", Channel: "VOICE"}}
	decide(t, []row[Consent]{
		{name: "a key press is consent", when: give(KeyPressed), then: []Event{grant(KeyPressed)}},
		{name: "a ticked box is consent", when: give(BoxTicked), then: []Event{grant(BoxTicked)}},
		{name: "a pre-ticked box is not", when: give(PreTicked), rule: "consent.act", says: "PRE_TICKED"},
		{name: "an announcement is not", when: give(AnnouncementOnly), rule: "consent.act", says: "ask the person to act"},
		{name: "carrying on is not", when: give(CarriedOn), rule: "consent.act"},
		{name: "granted again after a withdrawal",
			given: []on{{"2026-01-01", grant(KeyPressed)}, {"2026-02-01", ConsentWithdrawn{"RECORDING", "VOICE"}}},
			when:  give(SaidYes), then: []Event{grant(SaidYes)}},
		{name: "what was given can be withdrawn", given: []on{{"2026-01-01", grant(KeyPressed)}}, when: withdraw, then: withdrawn},
		{name: "what was never proven too", given: []on{{"2026-01-01", grant(PreTicked)}}, when: withdraw, then: withdrawn},
		{name: "for no known purpose", when: withdraw, rule: "consent.withdraw", says: "purpose"},
		{name: "without a grant", given: []on{{"2026-01-01", ConsentRequested{Purpose: "RECORDING", Text: "v2", Channel: "VOICE"}}}, when: withdraw, then: withdrawn},
		{name: "after it expired",
			given: []on{{"2026-01-01", grant(KeyPressed)}, {"2026-01-02", ConsentExpired{"RECORDING"}}}, when: withdraw, then: withdrawn},
		{name: "again", given: []on{{"2026-01-01", ConsentWithdrawn{"RECORDING", "VOICE"}}}, when: withdraw, then: withdrawn},
	})
}

func TestConsentFold(t *testing.T) {
	asked := ConsentRequested{Purpose: "RECORDING", Text: "v2", Channel: "IVR_KEY"}
	granted := ConsentGranted{Purpose: "RECORDING", Text: "v2", Channel: "IVR_KEY", Act: KeyPressed, Giver: "SELF"}
	announced := granted
	announced.Act = AnnouncementOnly
	for _, c := range []struct {
		events []Event
		want   ConsentStatus
	}{
		{[]Event{asked}, ConsentAsked},
		{[]Event{asked, granted}, ConsentActive},
		{[]Event{granted, asked}, ConsentActive},
		{[]Event{announced}, ConsentNotProven},
		{[]Event{asked, ConsentRefused{"RECORDING", "v2", "IVR_KEY"}}, ConsentNo},
		{[]Event{granted, ConsentWithdrawn{"RECORDING", "VOICE"}}, ConsentBack},
		{[]Event{granted, ConsentExpired{"RECORDING"}}, ConsentOver},
		{[]Event{granted, ConsentInvalidated{"RECORDING", "NO_TEXT"}}, ConsentNotProven},
		{[]Event{granted, ConsentReceiptIssued{"RECORDING", "00"}}, ConsentActive},
	} {
		var given []on
		for _, e := range c.events {
			given = append(given, on{"2026-01-01", e})
		}
		if got := fold[Consent](given); got.Status != c.want || got.Subject.IsZero() || got.Purpose != "RECORDING" {
			t.Errorf("%v: got %s, want %s", c.events, got.Status, c.want)
		}
	}
}
