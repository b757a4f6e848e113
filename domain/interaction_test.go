package domain

import "testing"

func TestInteractionDecisions(t *testing.T) {
	byHand := InteractionRedacted{Trigger: Manual, Fields: []DataField{"NAME"}, Acknowledged: true}
	unaware := byHand
	unaware.Acknowledged = false
	redact := func(e InteractionRedacted) func(Interaction) ([]Event, *Refusal) {
		return func(i Interaction) ([]Event, *Refusal) { return i.Redact(e) }
	}
	recorded := []on{{"2026-01-01", InteractionRecorded{Medium: Call, Direction: "INBOUND"}}}
	decide(t, []row[Interaction]{
		{name: "redacted", given: recorded, when: redact(byHand), then: []Event{byHand}},
		{name: "not without acknowledging", given: recorded, when: redact(unaware), rule: "redaction.acknowledged", says: "can't be undone"},
		{name: "nothing to redact", when: redact(byHand), rule: "interaction.known"},
	})
}
