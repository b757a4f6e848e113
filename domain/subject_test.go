package domain

import "testing"

func TestSubjectDecisions(t *testing.T) {
	number := ID{0: 1}
	attached := []on{{"2026-01-01", IdentifierAttached{Identifier: number, Type: Phone, Confidence: SeenWith}}}
	detached := facts(attached, []on{{"2026-01-02", IdentifierDetached{number}}})
	detach := func(s Subject) ([]Event, *Refusal) { return s.Detach(number) }
	decide(t, []row[Subject]{
		{name: "detached", given: attached, when: detach, then: []Event{IdentifierDetached{number}}},
		{name: "never attached", when: detach, rule: "subject.identifier"},
		{name: "detached once", given: detached, when: detach, rule: "subject.identifier", says: "no such identifier"},
	})
}
