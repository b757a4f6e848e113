package domain

import "testing"

// TestStops: a no stops whatever the basis; what rests on consent needs one, for these means.
func TestStops(t *testing.T) {
	yes := ConsentGranted{Purpose: "MARKETING", Text: "v1", Channel: "WEB_FORM", Act: BoxTicked, Giver: "SELF"}
	mail := yes
	mail.Means = []Means{"EMAIL"}
	announced := yes
	announced.Act = AnnouncementOnly
	for _, c := range []struct {
		name  string
		given []Event
		basis Basis
		means Means
		want  Stop
	}{
		{"a yes", []Event{yes}, "", "PHONE", ""},
		{"a yes, by what isn't asked", []Event{mail}, "CONSENT", "", ""},
		{"a yes to these means", []Event{mail}, "CONSENT", "EMAIL", ""},
		{"a yes to other means", []Event{mail}, "CONSENT", "PHONE", StopMeans},
		{"nothing said", nil, "", "PHONE", StopMissing},
		{"nothing said, by contract", nil, "CONTRACT", "PHONE", ""},
		{"only asked", []Event{ConsentRequested{Purpose: "MARKETING", Text: "v1", Channel: "WEB_FORM"}}, "CONSENT", "", StopMissing},
		{"no clear act", []Event{announced}, "CONSENT", "", StopInvalid},
		{"over", []Event{ConsentExpired{"MARKETING"}}, "", "", StopExpired},
		{"over, by contract", []Event{ConsentExpired{"MARKETING"}}, "CONTRACT", "", ""},
		{"taken back", []Event{ConsentWithdrawn{"MARKETING", "VOICE"}}, "CONSENT", "", StopWithdrawn},
		{"taken back, other basis", []Event{ConsentWithdrawn{"MARKETING", "VOICE"}}, "LEGITIMATE_INTERESTS", "", StopWithdrawn},
		{"refused, other basis", []Event{ConsentRefused{"MARKETING", "v1", "VOICE"}}, "CONTRACT", "SMS", StopRefused},
	} {
		var given []on
		for _, e := range c.given {
			given = append(given, on{"2026-01-01", e})
		}
		if got := fold[Consent](given).Stops(c.basis, c.means); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
