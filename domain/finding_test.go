package domain

import "testing"

func TestFindingDecisions(t *testing.T) {
	raised := []on{{"2026-03-01", FindingRaised{Finding: "LOG_TRUNCATION", Place: "muniment.tenant-1", Position: 7}}}
	mended := FindingClosed{Outcome: "MENDED", Case: "SEC-2026-014"}
	closeIt := func(e FindingClosed) func(Finding) ([]Event, *Refusal) {
		return func(f Finding) ([]Event, *Refusal) { return f.Close(e) }
	}
	decide(t, []row[Finding]{
		{name: "closed with an outcome", given: raised, when: closeIt(mended), then: []Event{mended}},
		{name: "not without saying where it is written down", given: raised, when: closeIt(FindingClosed{Outcome: "MENDED"}), rule: "input.form", says: "SEC-2026-014"},
		{name: "closed once", given: facts(raised, []on{{"2026-03-02", mended}}), when: closeIt(mended), rule: "finding.open", says: "MENDED"},
		{name: "no finding", when: closeIt(mended), rule: "finding.open", says: "no such finding"},
	})
}
