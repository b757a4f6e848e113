package domain

import "testing"

func TestRetentionDecisions(t *testing.T) {
	set := func(e PolicySet) func(Retention) ([]Event, *Refusal) {
		return func(r Retention) ([]Event, *Refusal) { return r.Set(e, "2026-03-01") }
	}
	disable := func(e PolicyDisabled) func(Retention) ([]Event, *Refusal) {
		return func(r Retention) ([]Event, *Refusal) { return r.Disable(e, "2026-03-01") }
	}
	days30 := PolicySet{Window: Days30, Acknowledged: true}
	from := func(e PolicySet, first, last Date) PolicySet { e.Effective, e.Until = first, last; return e }
	thirty := []on{{"2026-01-01", days30}}
	off := facts(thirty, []on{{"2026-02-01", PolicyDisabled{}}})
	ahead := []on{{"2026-02-01", from(days30, "2026-04-01", "2026-06-30")}}
	decide(t, []row[Retention]{
		{name: "set", when: set(days30), then: []Event{days30}},
		{name: "not without acknowledging", when: set(PolicySet{Window: Days30}), rule: "retention.acknowledged", says: "can't be undone"},
		{name: "another window", given: thirty, when: set(PolicySet{Window: Daily, Acknowledged: true}), then: []Event{PolicySet{Window: Daily, Acknowledged: true}}},
		{name: "the same window", given: thirty, when: set(days30), rule: "retention.change", says: "DAYS_30"},
		{name: "the same window, with an end", given: thirty, when: set(from(days30, "", "2026-12-31")), then: []Event{from(days30, "", "2026-12-31")}},
		{name: "an end that is past", when: set(from(days30, "", "2026-02-28")), rule: "input.form", says: "before the first day, 2026-03-01"},
		{name: "set again after a gap", given: off, when: set(days30), then: []Event{days30}},
		{name: "now, before one that begins later", given: ahead, when: set(days30), then: []Event{days30}},
		{name: "the same from the same later day", given: ahead, when: set(from(days30, "2026-04-01", "2026-06-30")), rule: "retention.change", says: "on 2026-04-01"},
		{name: "disabled", given: thirty, when: disable(PolicyDisabled{}), then: []Event{PolicyDisabled{}}},
		{name: "disabled from a later day", given: ahead, when: disable(PolicyDisabled{"2026-05-01"}), then: []Event{PolicyDisabled{"2026-05-01"}}},
		{name: "nothing to disable", when: disable(PolicyDisabled{}), rule: "retention.change", says: "no policy"},
		{name: "nothing to disable yet", given: ahead, when: disable(PolicyDisabled{}), rule: "retention.change", says: "on 2026-03-01"},
		{name: "disabled once", given: off, when: disable(PolicyDisabled{}), rule: "retention.change"},
	})
	for _, c := range []struct {
		name  string
		given []on
		day   Date
		want  Window
	}{
		{"nothing was set", nil, "2026-01-01", ""},
		{"before the day it was set", thirty, "2025-12-31", ""},
		{"from the day it was set", thirty, "2026-01-01", Days30},
		{"a gap", off, "2026-02-01", ""},
		{"the day before the gap", off, "2026-01-31", Days30},
		{"decided, not in effect yet", ahead, "2026-03-31", ""},
		{"its first day", ahead, "2026-04-01", Days30},
		{"its last day", ahead, "2026-06-30", Days30},
		{"after its last day", ahead, "2026-07-01", ""},
		{"a later one begins later", facts(thirty, ahead), "2026-03-31", Days30},
		{"one with an end takes the place of one without", facts(thirty, ahead), "2026-07-01", ""},
		{"of two that begin together the later", facts(thirty, []on{{"2026-01-15", from(PolicySet{Window: Daily, Acknowledged: true}, "2026-01-01", "")}}), "2026-01-01", Daily},
	} {
		if p := fold[Retention](c.given).On(c.day); p.Window != c.want || p.Acknowledged != (c.want != "") {
			t.Errorf("%s: %s is %+v, want %q", c.name, c.day, p, c.want)
		}
	}
	if run := fold[Retention](facts(thirty, []on{{"2026-02-03", RunCompleted{5, 4, 1}}})); run.LastRun != moment("2026-02-03") || run.On("2026-02-03").Window != Days30 {
		t.Errorf("a run changed more than its date: %+v", run)
	}
	for w, days := range map[Window]int{Daily: 1, Days30: 30, Days60: 60, Days90: 90, "": 0} {
		if w.Days() != days {
			t.Errorf("%q is %d days, want %d", w, w.Days(), days)
		}
	}
}
