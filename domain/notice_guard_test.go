package domain

import "testing"

func TestNoticeDeem(t *testing.T) {
	deem := func(at string) func(Notice) ([]Event, *Refusal) {
		return func(n Notice) ([]Event, *Refusal) { return n.Deem(Subprocessor{}, moment(at)) }
	}
	silence := func(closed string) []Event { return []Event{DeemedAuthorised{moment(closed)}} }
	again := on{"2026-10-06T12:00:00Z", NoticeProven{ByEmail, Accepted}}
	weaker := on{"2026-10-06T12:00:00Z", NoticeProven{ByEmail, HandedOver}}
	readIt := on{"2026-10-06T12:00:00Z", NoticeProven{ByPage, Acknowledged}}
	decide(t, []row[Notice]{
		{name: "after window and grace", given: delivered(), when: deem("2026-10-20"), then: silence("2026-10-17")},
		{name: "not in the window", given: delivered(), when: deem("2026-10-16T23:59:59Z"), rule: "notice.window", says: "until the end of 2026-10-16"},
		{name: "not in the days of grace", given: delivered(), when: deem("2026-10-19T23:59:59Z"), rule: "notice.window", says: "late bounce may still arrive until the end of 2026-10-19"},
		{name: "not before it was delivered", given: []on{prepared(), mailed}, when: deem("2027-01-01"), rule: "notice.window", says: "ACCEPTED"},
		{name: "never under a specific authorisation", given: deliveredTo(prepared(model(Specific))), when: deem("2027-01-01"), rule: "notice.silence", says: "silence is a refusal"},
		{name: "never under an unknown one", given: deliveredTo(prepared(model(UnknownModel))), when: deem("2027-01-01"), rule: "notice.model", says: "never general"},
		{name: "a bounce suspends", given: delivered(bounced), when: deem("2027-01-01"), rule: "notice.bounced", says: "came back"},
		{name: "a weaker proof doesn't mend it", given: delivered(bounced, weaker), when: deem("2027-01-01"), rule: "notice.bounced"},
		{name: "delivered again, counted from there", given: delivered(bounced, again), when: deem("2026-10-24"), then: silence("2026-10-21")},
		{name: "and not earlier", given: delivered(bounced, again), when: deem("2026-10-20"), rule: "notice.window", says: "until the end of 2026-10-20"},
		{name: "acknowledged before the bounce, the bounce says nothing", given: delivered(readIt, bounced), when: deem("2026-10-24"), then: silence("2026-10-21")},
		{name: "not against an objection", given: delivered(objected), when: deem("2027-01-01"), rule: "notice.objection", says: "2026-10-10"},
		{name: "not against one that is only answered", given: delivered(objected, answered), when: deem("2027-01-01"), rule: "notice.objection"},
		{name: "after it was settled", given: delivered(objected, mitigated), when: deem("2026-11-01"), then: silence("2026-10-17")},
		{name: "after it was taken back", given: delivered(objected, tookBack), when: deem("2026-11-01"), then: silence("2026-10-17")},
		{name: "nor against a late one, answered or not", given: delivered(deemed, tooLate, answered), when: deem("2026-11-01"), rule: "notice.objection"},
		{name: "anew after a late one was taken back", given: delivered(deemed, tooLate, tookBack), when: deem("2026-11-01"), then: silence("2026-10-17")},
		{name: "in an emergency too", given: deliveredTo(prepared(clause), emergency), when: deem("2026-10-20"), then: silence("2026-10-17")},
		{name: "not after a yes", given: delivered(saidYes), when: deem("2026-10-20"), rule: "notice.once", says: "2026-10-12"},
		{name: "once", given: delivered(deemed), when: deem("2026-10-21"), rule: "notice.once"},
		{name: "a removal is only told", given: deliveredTo(prepared(removal)), when: deem("2026-10-21"), rule: "notice.told"},
		{name: "not after the change was withdrawn", given: delivered(withdrawn), when: deem("2026-11-01"), rule: "notice.over"},
		{name: "no notice", when: deem("2026-11-01"), rule: "notice.known"},
	})
}

func TestNoticeGuard(t *testing.T) {
	activate := func(at string) func(Notice) ([]Event, *Refusal) {
		return func(n Notice) ([]Event, *Refusal) { return n.Activate(Subprocessor{}, moment(at)) }
	}
	inUse := []Event{Activated{}}
	early := prepared(effective("2026-10-15"), longer)
	decide(t, []row[Notice]{
		{name: "after silence", given: delivered(deemed), when: activate("2026-12-01"), then: inUse},
		{name: "after a yes", given: deliveredTo(prepared(model(Specific)), saidYes), when: activate("2026-12-01"), then: inUse},
		{name: "not before the effective date", given: delivered(deemed), when: activate("2026-11-30T23:59:59Z"), rule: "notice.effective", says: "2026-12-01"},
		{name: "not in the notice period", given: deliveredTo(early, deemed), when: activate("2026-10-21"), rule: "notice.period", says: "30 days runs until the end of 2026-11-01"},
		{name: "after the notice period", given: deliveredTo(early, deemed), when: activate("2026-11-02"), then: inUse},
		{name: "counted from the delivery when that is later", given: []on{prepared(effective("2026-10-15"), starts(OnPosting), longer), mailed, accepted,
			{"2026-10-02T12:00:00Z", window(OnPosting, "2026-10-02T12:00:00Z", "2026-10-01T08:00:00Z")}, deemed},
			when: activate("2026-11-01"), rule: "notice.period", says: "2026-11-01"},
		{name: "a yes waives it", given: deliveredTo(early, saidYes), when: activate("2026-10-21"), then: inUse},
		{name: "not before the window is over", given: delivered(), when: activate("2026-10-10"), rule: "notice.guard", says: "may object until the end of 2026-10-16"},
		{name: "not before silence is recorded", given: delivered(), when: activate("2026-12-01"), rule: "notice.guard", says: "record that first"},
		{name: "names who must say yes", given: deliveredTo(prepared(model(Specific))), when: activate("2026-10-10"), rule: "notice.guard", says: "(" + ID{0: 3}.String() + ")"},
		{name: "and until when", given: deliveredTo(prepared(model(Specific))), when: activate("2026-10-10"), rule: "notice.guard", says: "ends at the end of 2026-10-16"},
		{name: "nobody is named", given: deliveredTo(prepared(model(Specific), nobody)), when: activate("2026-10-10"), rule: "notice.guard", says: "has named no contact"},
		{name: "the effective date doesn't overrule silence", given: deliveredTo(prepared(model(Specific))), when: activate("2027-06-01"), rule: "notice.guard", says: "silence is a refusal"},
		{name: "nor an unknown model", given: deliveredTo(prepared(model(UnknownModel))), when: activate("2027-06-01"), rule: "notice.guard", says: "unknown is never general"},
		{name: "nor an objection", given: delivered(objected), when: activate("2027-06-01"), rule: "notice.guard", says: "objected on 2026-10-10 (LOCATION)"},
		{name: "nor a late one, after silence was deemed", given: delivered(deemed, tooLate), when: activate("2026-12-01"), rule: "notice.guard"},
		{name: "nor when that one is answered: our answer settles nothing", given: delivered(deemed, tooLate, answered), when: activate("2026-12-01"), rule: "notice.guard"},
		{name: "but when a measure is agreed, and silence deemed anew", given: delivered(deemed, tooLate, answered, mitigated, on{"2026-10-23", deemed.event}), when: activate("2026-12-01"), then: inUse},
		{name: "silence that an objection broke doesn't come back by itself", given: delivered(deemed, tooLate, tookBack), when: activate("2026-12-01"), rule: "notice.guard", says: "record that first"},
		{name: "nor an objection after a yes", given: delivered(saidYes, on{"2026-10-13", objected.event}), when: activate("2026-12-01"), rule: "notice.guard"},
		{name: "a bounce is told", given: delivered(bounced), when: activate("2026-12-01"), rule: "notice.guard", says: "came back"},
		{name: "not on an imported yes by link alone", given: delivered(on{"2026-10-12", NoticeAuthorised{By: ByLink}}), when: activate("2026-12-01"), rule: "notice.guard"},
		{name: "not on imported silence where a yes is needed", given: deliveredTo(prepared(model(Specific)), deemed), when: activate("2026-12-01"), rule: "notice.guard"},
		{name: "in emergency use, once authorised", given: deliveredTo(prepared(clause), emergency, deemed), when: activate("2026-12-01"), then: inUse},
		{name: "in emergency use, not yet", given: deliveredTo(prepared(clause), emergency), when: activate("2026-12-01"), rule: "notice.guard"},
		{name: "a removal needs nobody's yes", given: deliveredTo(prepared(removal), objected), when: activate("2026-12-01"), then: inUse},
		{name: "but its day", given: deliveredTo(prepared(removal)), when: activate("2026-11-30"), rule: "notice.effective"},
		{name: "once", given: delivered(deemed, activated), when: activate("2026-12-02"), rule: "notice.once", says: "2026-12-01"},
		{name: "not after it was blocked", given: delivered(deemed, blocked), when: activate("2026-12-01"), rule: "notice.over"},
		{name: "no notice", when: activate("2026-12-01"), rule: "notice.known"},
	})
	whole := func(given []on, at, want string) {
		t.Helper()
		if _, no := fold[Notice](given).Activate(Subprocessor{}, moment(at)); no.Message != want {
			t.Errorf("reads\n%s\nwant\n%s", no.Message, want)
		}
	}
	who := "this tenant's contact for notices (03000000000000000000000000000000) has not authorised it"
	whole(delivered(), "2026-10-10", who+": this tenant may object until the end of 2026-10-16 (24:00 UTC); wait, or ask for an explicit yes")
	yes := "this tenant authorises each change expressly, so silence is a refusal; ask its contact for an explicit yes"
	whole(deliveredTo(prepared(model(Specific))), "2026-10-10", who+" (its time to object ends at the end of 2026-10-16 (24:00 UTC)): "+yes)
	whole(deliveredTo(prepared(model(Specific))), "2026-10-17", who+": "+yes)
	whole([]on{prepared(model(Specific))}, "2026-10-17", who+": "+yes)
	_, no := fold[Notice](deliveredTo(prepared(scc))).Activate(Subprocessor{}, moment("2026-10-10"))
	if no.Article != "Art. 28(2) GDPR; SCC 2021/914 clause 9(a)" {
		t.Errorf("under SCC the guard cites clause 9 too, got %s", no.Article)
	}
}

func TestNoticeEmergencyBlockWithdraw(t *testing.T) {
	engage := func(n Notice) ([]Event, *Refusal) { return n.EmergencyEngage("OUTAGE", Subprocessor{}) }
	block := func(n Notice) ([]Event, *Refusal) { return n.Block("OBJECTION") }
	withdraw := func(n Notice) ([]Event, *Refusal) { return n.Withdraw() }
	out := []Event{EngagementBlocked{"OBJECTION"}}
	off := []Event{NoticeWithdrawn{}}
	decide(t, []row[Notice]{
		{name: "with the clause", given: []on{prepared(clause)}, when: engage, then: []Event{EmergencyInvoked{"OUTAGE", NoInstrument}}},
		{name: "under SCC it conflicts", given: []on{prepared(clause, scc)}, when: engage, then: []Event{EmergencyInvoked{"OUTAGE", SCCModule2}}},
		{name: "under the clauses for the Union, too", given: []on{prepared(clause, uses(SCCInUnion))}, when: engage, then: []Event{EmergencyInvoked{"OUTAGE", SCCInUnion}}},
		{name: "not under a module without sub-processors", given: []on{prepared(clause, uses(SCCModule4))}, when: engage, then: []Event{EmergencyInvoked{"OUTAGE", NoInstrument}}},
		{name: "under a specific authorisation with the clause", given: []on{prepared(clause, model(Specific))}, when: engage, then: []Event{EmergencyInvoked{"OUTAGE", NoInstrument}}},
		{name: "not under one without", given: []on{prepared(model(Specific))}, when: engage, rule: "notice.emergency", says: "no emergency clause"},
		{name: "not against an objection that is only answered", given: deliveredTo(prepared(clause), objected, answered), when: engage, rule: "notice.emergency"},
		{name: "not without the clause", given: delivered(), when: engage, rule: "notice.emergency", says: "no emergency clause"},
		{name: "not against an objection", given: deliveredTo(prepared(clause), objected), when: engage, rule: "notice.emergency", says: "doesn't outvote a no"},
		{name: "not twice", given: []on{prepared(clause), emergency}, when: engage, rule: "notice.once"},
		{name: "not when in use", given: deliveredTo(prepared(clause), deemed, activated), when: engage, rule: "notice.once"},
		{name: "not for a removal", given: []on{prepared(clause, removal)}, when: engage, rule: "notice.told"},
		{name: "not after it was blocked", given: []on{prepared(clause), blocked}, when: engage, rule: "notice.over"},

		{name: "blocked", given: delivered(objected), when: block, then: out},
		{name: "blocked in use", given: delivered(deemed, activated), when: block, then: out},
		{name: "blocked once", given: delivered(blocked), when: block, rule: "notice.over"},
		{name: "no notice to block", when: block, rule: "notice.known"},

		{name: "withdrawn", given: delivered(objected), when: withdraw, then: off},
		{name: "withdrawn after a block, so that it is told", given: delivered(blocked), when: withdraw, then: off},
		{name: "withdrawn once", given: delivered(withdrawn), when: withdraw, rule: "notice.once", says: "2026-10-26"},
		{name: "not when in use", given: delivered(deemed, activated), when: withdraw, rule: "notice.inUse", says: "announce a new change"},
		{name: "not in emergency use", given: []on{prepared(clause), emergency}, when: withdraw, rule: "notice.inUse"},
		{name: "not a removal that happened", given: deliveredTo(prepared(removal), activated), when: withdraw, rule: "notice.inUse"},
		{name: "a removal that didn't happen yet", given: deliveredTo(prepared(removal)), when: withdraw, then: off},
		{name: "no notice to withdraw", when: withdraw, rule: "notice.known"},
	})
}

// A suspended or ended company is neither activated nor deemed nor engaged in an emergency, and one
// announced anew asks anew.
func TestNoticeOfAnUnusableCompany(t *testing.T) {
	change := ChangeAnnounced{Change: ID{0: 1}, Type: AddSubprocessor, Effective: "2026-12-01", Summary: "texts"}
	anew := change
	anew.Change = ID{0: 9}
	engaged := []on{{"2026-09-01", SubprocessorProposed{LegalName: "Texting Ltd"}}, {"2026-10-01", change}}
	suspended := facts(engaged, []on{{"2026-10-05", SubprocessorSuspended{"INCIDENT"}}})
	for _, c := range []struct {
		name    string
		company []on
		rule    string
	}{
		{"in good standing", engaged, ""},
		{"suspended", suspended, "subprocessor.suspended"},
		{"announced anew since", facts(suspended, []on{{"2026-10-06", anew}}), "subprocessor.suspended"},
		{"ended", facts(engaged, []on{{"2026-10-05", SubprocessorEnded{"REPLACED"}}}), "subprocessor.ended"},
	} {
		company := fold[Subprocessor](c.company)
		for what, decided := range map[string]func() ([]Event, *Refusal){
			"deem": func() ([]Event, *Refusal) { return fold[Notice](delivered()).Deem(company, moment("2026-10-20")) },
			"activate": func() ([]Event, *Refusal) {
				return fold[Notice](delivered(saidYes)).Activate(company, moment("2026-12-01"))
			},
			"engage": func() ([]Event, *Refusal) {
				return fold[Notice](deliveredTo(prepared(clause))).EmergencyEngage("OUTAGE", company)
			},
		} {
			events, no := decided()
			if c.rule == "" && (no != nil || len(events) == 0) || c.rule != "" && (no == nil || no.Rule != c.rule) {
				t.Errorf("%s, %s: got %v, %v", c.name, what, events, no)
			}
		}
		if _, no := fold[Notice](deliveredTo(prepared(removal))).Activate(company, moment("2026-12-01")); no != nil {
			t.Errorf("%s: a removal takes effect all the same, got %v", c.name, no)
		}
	}
}
