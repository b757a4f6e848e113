package domain

import "testing"

func TestRetentionDecisions(t *testing.T) {
	set := func(w Window, acknowledged bool) func(Retention) ([]Event, *Refusal) {
		return func(r Retention) ([]Event, *Refusal) { return r.Set(w, acknowledged) }
	}
	disable := func(r Retention) ([]Event, *Refusal) { return r.Disable() }
	thirty := []on{{"2026-01-01", PolicySet{Days30, true}}}
	off := facts(thirty, []on{{"2026-02-01", PolicyDisabled{}}})
	decide(t, []row[Retention]{
		{name: "set", when: set(Days30, true), then: []Event{PolicySet{Days30, true}}},
		{name: "not without acknowledging", when: set(Days30, false), rule: "retention.acknowledged", says: "can't be undone"},
		{name: "another window", given: thirty, when: set(Daily, true), then: []Event{PolicySet{Daily, true}}},
		{name: "the same window", given: thirty, when: set(Days30, true), rule: "retention.change", says: "DAYS_30"},
		{name: "set again after a gap", given: off, when: set(Days30, true), then: []Event{PolicySet{Days30, true}}},
		{name: "disabled", given: thirty, when: disable, then: []Event{PolicyDisabled{}}},
		{name: "nothing to disable", when: disable, rule: "retention.change", says: "no policy"},
		{name: "disabled once", given: off, when: disable, rule: "retention.change"},
	})
	if run := fold[Retention](facts(thirty, []on{{"2026-02-03", RunCompleted{5, 4, 1}}})); run.LastRun != moment("2026-02-03") || run.Window != Days30 {
		t.Errorf("a run changed more than its date: %+v", run)
	}
	for w, days := range map[Window]int{Daily: 1, Days30: 30, Days60: 60, Days90: 90, "": 0} {
		if w.Days() != days {
			t.Errorf("%q is %d days, want %d", w, w.Days(), days)
		}
	}
}
