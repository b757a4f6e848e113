package domain

import "testing"

// TestHoldGrounds: Art. 17(3)(b) means the law of the Union and its Member States, (e) legal claims.
func TestHoldGrounds(t *testing.T) {
	duty := HoldPlaced{Hold: ID{0: 1}, Classes: []Class{Contact}, Ground: HoldDuty, Law: "§ 147 AO", Country: "DE", Authority: "Example Court", Review: "2027-01-01", Case: "H-1"}
	claims := HoldPlaced{Hold: ID{0: 1}, Classes: []Class{Contact}, Ground: HoldClaims, Authority: "Example Shop", Review: "2027-01-01", Case: "H-1"}
	change := func(e HoldPlaced, f func(*HoldPlaced)) HoldPlaced { f(&e); return e }
	instructed := change(claims, func(e *HoldPlaced) { e.Instruction = "INS-2026-4" })
	task := change(duty, func(e *HoldPlaced) { e.Ground, e.Law, e.Country = HoldTask, "Regulation (EU) 2021/784", "EU" })
	place := func(e HoldPlaced, as Capacity, day string) func(Subject) ([]Event, *Refusal) {
		return func(s Subject) ([]Event, *Refusal) { return s.PlaceHold(e, as, moment(day)) }
	}
	decide(t, []row[Subject]{
		{name: "a Member State's law", when: place(duty, Processor, "2026-06-01"), then: []Event{duty}},
		{name: "the Union's law", when: place(task, Processor, "2026-06-01"), then: []Event{task}},
		{name: "no law", when: place(change(duty, func(e *HoldPlaced) { e.Law = "" }), Processor, "2026-06-01"), rule: "input.form", says: "cite the law"},
		{name: "nobody's law", when: place(change(duty, func(e *HoldPlaced) { e.Country = "" }), Processor, "2026-06-01"), rule: "hold.ground"},
		{name: "a foreign law", when: place(change(duty, func(e *HoldPlaced) { e.Country, e.Law = "US", "18 U.S.C. 2703" }), Processor, "2026-06-01"), rule: "hold.ground", says: "US"},
		{name: "a foreign task", when: place(change(task, func(e *HoldPlaced) { e.Country = "GB" }), Controller, "2026-06-01"), rule: "hold.ground", says: "GB"},
		{name: "claims of a customer", when: place(claims, Processor, "2026-06-01"), rule: "hold.instruction"},
		{name: "claims of a customer's customer", when: place(claims, SubProcessor, "2026-06-01"), rule: "hold.instruction"},
		{name: "claims on its instruction", when: place(instructed, Processor, "2026-06-01"), then: []Event{instructed}},
		{name: "claims of our own", when: place(claims, Controller, "2026-06-01"), then: []Event{claims}},
		{name: "on its last day", when: place(duty, Processor, "2027-01-01T23:00:00Z"), then: []Event{duty}},
		{name: "looked at again in the past", when: place(duty, Processor, "2027-01-02"), rule: "input.form", says: "looked at again"},
	})
	for day, want := range map[string]bool{"2026-12-31": false, "2027-01-01T23:59:59Z": false, "2027-01-02": true} {
		if duty.Overdue(moment(day)) != want {
			t.Errorf("on %s overdue: %t", day, !want)
		}
	}
}
