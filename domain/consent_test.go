package domain

import "testing"

func TestConsentDecisions(t *testing.T) {
	grant := func(act Act) ConsentGranted {
		return ConsentGranted{Purpose: "RECORDING", Text: "v2", Channel: "IVR_KEY", Act: act, Giver: "SELF"}
	}
	give := func(act Act) func(Consent) ([]Event, *Refusal) {
		return func(c Consent) ([]Event, *Refusal) { return c.Grant(grant(act)) }
	}
	withdraw := func(c Consent) ([]Event, *Refusal) { return c.Withdraw("RECORDING", "VOICE") }
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
		{name: "a no without a yes", when: withdraw, then: withdrawn},
		{name: "a no after the end", given: []on{{"2026-01-01", grant(KeyPressed)}, {"2026-01-02", ConsentExpired{"RECORDING"}}}, when: withdraw, then: withdrawn},
		{name: "a no again", given: []on{{"2026-01-01", ConsentWithdrawn{"RECORDING", "VOICE"}}}, when: withdraw, then: withdrawn},
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

// TestNoIsKept: what a person refused or took back stays so, unless a later clear act says yes.
func TestNoIsKept(t *testing.T) {
	asked := ConsentRequested{Purpose: "RECORDING", Text: "v2", Channel: "IVR_KEY"}
	yes := ConsentGranted{Purpose: "RECORDING", Text: "v2", Channel: "IVR_KEY", Act: KeyPressed, Giver: "SELF"}
	other := yes
	other.Text, other.Act = "v3", PreTicked
	announced := other
	announced.Act = AnnouncementOnly
	back, no := ConsentWithdrawn{"RECORDING", "VOICE"}, ConsentRefused{"RECORDING", "v2", "IVR_KEY"}
	over, bad := ConsentExpired{"RECORDING"}, ConsentInvalidated{"RECORDING", "NO_TEXT"}
	for _, c := range []struct {
		name  string
		given []on
		want  ConsentStatus
		text  string
	}{
		{"asked again after a withdrawal", []on{{"2026-01-01T10:00:00Z", yes}, {"2026-01-02T10:00:00Z", back}, {"2026-01-03T10:00:00Z", asked}}, ConsentBack, "v2"},
		{"asked again after a no", []on{{"2026-01-02T10:00:00Z", no}, {"2026-01-03T10:00:00Z", asked}}, ConsentNo, "v2"},
		{"asked again after the end", []on{{"2026-01-02T10:00:00Z", over}, {"2026-01-03T10:00:00Z", asked}}, ConsentAsked, "v2"},
		{"the end after a withdrawal", []on{{"2026-01-01T10:00:00Z", back}, {"2026-01-02T10:00:00Z", over}}, ConsentBack, ""},
		{"the end of what never was valid", []on{{"2026-01-01T10:00:00Z", other}, {"2026-01-02T10:00:00Z", over}}, ConsentNotProven, "v3"},
		{"found invalid after a withdrawal", []on{{"2026-01-01T10:00:00Z", back}, {"2026-01-02T10:00:00Z", bad}}, ConsentBack, ""},
		{"pre-ticked after a yes", []on{{"2026-01-01T10:00:00Z", yes}, {"2026-01-02T10:00:00Z", other}}, ConsentActive, "v2"},
		{"announced after a no", []on{{"2026-01-01T10:00:00Z", back}, {"2026-01-02T10:00:00Z", announced}}, ConsentBack, ""},
		{"announced after the end", []on{{"2026-01-01T10:00:00Z", over}, {"2026-01-02T10:00:00Z", announced}}, ConsentOver, ""},
		{"a later yes", []on{{"2026-01-01T10:00:00Z", back}, {"2026-01-02T10:00:00Z", yes}}, ConsentActive, "v2"},
		{"yes and no at one instant", []on{{"2026-01-01T10:00:00Z", back}, {"2026-01-01T10:00:00Z", yes}}, ConsentBack, ""},
		{"no and yes at one instant", []on{{"2026-01-01T10:00:00Z", yes}, {"2026-01-01T10:00:00Z", back}}, ConsentBack, "v2"},
		{"a yes on the day of a no", []on{{"2026-01-01+02:00", back}, {"2026-01-01T21:00:00Z", yes}}, ConsentBack, ""},
		{"a yes on the day after a no", []on{{"2026-01-01+02:00", back}, {"2026-01-01T22:00:00Z", yes}}, ConsentActive, "v2"},
		{"a no at an instant of a yes's day", []on{{"2026-01-01", yes}, {"2026-01-01T23:00:00Z", back}}, ConsentBack, "v2"},
		{"a yes in a day that began before the last no", []on{{"2026-01-01", back}, {"2026-01-01T01:00:00Z", no}, {"2026-01-01T05:00:00Z", yes}}, ConsentNo, "v2"},
	} {
		var got Consent
		for i, f := range c.given {
			m, err := ParseMoment(f.when)
			if err != nil {
				t.Fatal(err)
			}
			got = got.Apply(Kept{Envelope: Envelope{Occurred: m, Subjects: []SubjectRef{{ID{0: 6}, Processor}}}, Event: f.event, Seq: int64(i)})
		}
		if got.Status != c.want || got.Text != c.text {
			t.Errorf("%s: %s on text %q, want %s on %q", c.name, got.Status, got.Text, c.want, c.text)
		}
	}
}
