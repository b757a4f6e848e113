package domain

import "testing"

func TestUserDecisions(t *testing.T) {
	enrolled := UserEnrolled{Employer: "ORGANISATION", System: "ctm"}
	disable := func(u User) ([]Event, *Refusal) { return u.Disable() }
	decide(t, []row[User]{
		{name: "ended", given: []on{{"2026-01-01", enrolled}}, when: disable, then: []Event{UserDisabled{}}},
		{name: "one who was only seen", when: disable, then: []Event{UserDisabled{}}},
		{name: "ended once", given: []on{{"2026-01-01", enrolled}, {"2026-02-01", UserDisabled{}}}, when: disable, rule: "user.disabled"},
		{name: "enrolled anew", given: []on{{"2026-01-01", enrolled}, {"2026-02-01", UserDisabled{}}, {"2026-03-01", enrolled}}, when: disable, then: []Event{UserDisabled{}}},
	})
}
