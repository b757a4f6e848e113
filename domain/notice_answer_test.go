package domain

import "testing"

func TestNoticeObjection(t *testing.T) {
	object := func(a Answer, day string) func(Notice) ([]Event, *Refusal) {
		return func(n Notice) ([]Event, *Refusal) {
			return n.Object("LOCATION", Clear("Why abroad?"), a, moment(day))
		}
	}
	raised := func(a Answer, late bool) []Event {
		return []Event{ObjectionRaised{Ground: "LOCATION", Text: Clear("Why abroad?"), By: a.By, Late: late, OnTheir: a.OnBehalf}}
	}
	answer := func(n Notice) ([]Event, *Refusal) { return n.AnswerObjection(sampleDigest) }
	mitigate := func(digest string) func(Notice) ([]Event, *Refusal) {
		return func(n Notice) ([]Event, *Refusal) { return n.AgreeMitigation(digest) }
	}
	takeBack := func(a Answer) func(Notice) ([]Event, *Refusal) {
		return func(n Notice) ([]Event, *Refusal) { return n.WithdrawObjection(a) }
	}
	leave := func(a Answer) func(Notice) ([]Event, *Refusal) {
		return func(n Notice) ([]Event, *Refusal) { return n.Terminate(a) }
	}
	decide(t, []row[Notice]{
		{name: "by link alone", given: delivered(), when: object(byLink, "2026-10-10"), then: raised(byLink, false)},
		{name: "until the last instant of the window", given: delivered(), when: object(byLink, "2026-10-16T23:59:59.999999Z"), then: raised(byLink, false)},
		{name: "late from the next one on", given: delivered(), when: object(byLink, "2026-10-17"), then: raised(byLink, true)},
		{name: "before the notice arrived", given: []on{prepared()}, when: object(signedIn, "2026-10-01"), then: raised(signedIn, false)},
		{name: "even when it is in use", given: delivered(deemed, activated), when: object(byLink, "2026-12-24"), then: raised(byLink, true)},
		{name: "in time during an emergency", given: deliveredTo(prepared(clause), emergency), when: object(byLink, "2026-10-10"), then: raised(byLink, false)},
		{name: "recorded by us for the tenant", given: delivered(), when: object(ourDPO, "2026-10-10"), then: raised(ourDPO, false)},
		{name: "again after our answer, as timely as the first", given: delivered(objected, answered), when: object(byLink, "2026-10-24"), then: raised(byLink, false)},
		{name: "again, late as the first", given: delivered(tooLate, answered), when: object(byLink, "2026-10-24"), then: raised(byLink, true)},
		{name: "a new one after the first was taken back", given: delivered(objected, tookBack), when: object(byLink, "2026-10-24"), then: raised(byLink, true)},
		{name: "one at a time", given: delivered(objected), when: object(byLink, "2026-10-11"), rule: "notice.objection", says: "2026-10-10"},
		{name: "by a mandated agency", given: delivered(), when: object(mandated, "2026-10-10"), then: raised(mandated, false)},
		{name: "not without its mandate", given: delivered(), when: object(claiming, "2026-10-10"), rule: "notice.mandate"},
		{name: "not for another account", given: delivered(), when: object(stranger, "2026-10-10"), rule: "notice.mandate", says: "another account"},
		{name: "not after the change was withdrawn", given: delivered(withdrawn), when: object(byLink, "2026-10-27"), rule: "notice.over", says: "withdrawn on 2026-10-26"},
		{name: "not after it was blocked", given: delivered(blocked), when: object(byLink, "2026-10-27"), rule: "notice.over", says: "blocked"},
		{name: "not after the tenant left", given: delivered(objected, terminated), when: object(byLink, "2026-10-27"), rule: "notice.over", says: "termination"},
		{name: "no notice", when: object(byLink, "2026-10-10"), rule: "notice.known"},

		{name: "answered", given: delivered(objected), when: answer, then: []Event{ObjectionAnswered{sampleDigest}}},
		{name: "nothing to answer", given: delivered(), when: answer, rule: "notice.objection", says: "waits"},
		{name: "answered once", given: delivered(objected, answered), when: answer, rule: "notice.objection"},
		{name: "over before it was answered", given: delivered(objected, blocked), when: answer, rule: "notice.over"},

		{name: "settled after our answer", given: delivered(objected, answered), when: mitigate(sampleDigest), then: []Event{MitigationAgreed{sampleDigest}}},
		{name: "settled at once", given: delivered(objected), when: mitigate(sampleDigest), then: []Event{MitigationAgreed{sampleDigest}}},
		{name: "not on our word alone", given: delivered(objected), when: mitigate(""), rule: "notice.mitigation", says: "digest"},
		{name: "nothing to settle", given: delivered(), when: mitigate(sampleDigest), rule: "notice.objection"},
		{name: "settled once", given: delivered(objected, mitigated), when: mitigate(sampleDigest), rule: "notice.objection"},

		{name: "taken back, signed in", given: delivered(objected), when: takeBack(signedIn), then: []Event{ObjectionWithdrawn{BySignIn}}},
		{name: "taken back with a code", given: delivered(objected, answered), when: takeBack(byCode), then: []Event{ObjectionWithdrawn{ByLinkCode}}},
		{name: "not by link alone", given: delivered(objected), when: takeBack(byLink), rule: "notice.identity", says: "one-time code"},
		{name: "not by ourselves", given: delivered(objected), when: takeBack(ourDPO), rule: "notice.person"},
		{name: "not without a mandate", given: delivered(objected), when: takeBack(claiming), rule: "notice.mandate"},
		{name: "nothing to take back", given: delivered(), when: takeBack(signedIn), rule: "notice.objection"},

		{name: "leaves over it", given: delivered(objected, answered), when: leave(signedIn), then: []Event{TerminationExercised{}}},
		{name: "not for a sub-account without a mandate", given: delivered(objected), when: leave(claiming), rule: "notice.mandate"},
		{name: "not without an objection", given: delivered(), when: leave(signedIn), rule: "notice.objection", says: "raised first"},
		{name: "not after it was settled", given: delivered(objected, mitigated), when: leave(signedIn), rule: "notice.objection"},
		{name: "leaves once", given: delivered(objected, terminated), when: leave(signedIn), rule: "notice.over"},
	})
}

func TestNoticeAuthorise(t *testing.T) {
	authorise := func(a Answer) func(Notice) ([]Event, *Refusal) {
		return func(n Notice) ([]Event, *Refusal) { return n.Authorise(a) }
	}
	yes := func(a Answer) []Event { return []Event{NoticeAuthorised{By: a.By, OnTheir: a.OnBehalf}} }
	decide(t, []row[Notice]{
		{name: "signed in", given: deliveredTo(prepared(model(Specific))), when: authorise(signedIn), then: yes(signedIn)},
		{name: "by link and code", given: delivered(), when: authorise(byCode), then: yes(byCode)},
		{name: "where the model is unknown", given: []on{prepared(model(UnknownModel))}, when: authorise(signedIn), then: yes(signedIn)},
		{name: "a yes is more than silence", given: delivered(deemed), when: authorise(signedIn), then: yes(signedIn)},
		{name: "after an objection was settled", given: delivered(objected, mitigated), when: authorise(signedIn), then: yes(signedIn)},
		{name: "after a late objection was answered", given: delivered(tooLate, answered), when: authorise(signedIn), then: yes(signedIn)},
		{name: "by a mandated agency", given: delivered(), when: authorise(mandated), then: yes(mandated)},
		{name: "not by link alone", given: delivered(), when: authorise(byLink), rule: "notice.identity", says: "sign in"},
		{name: "not by ourselves", given: delivered(), when: authorise(ourDPO), rule: "notice.person", says: "contact for notices"},
		{name: "not by a program", given: delivered(), when: authorise(theirBot), rule: "notice.person"},
		{name: "not without a mandate", given: delivered(), when: authorise(claiming), rule: "notice.mandate"},
		{name: "not for another account", given: delivered(), when: authorise(stranger), rule: "notice.mandate"},
		{name: "not against an objection", given: delivered(objected), when: authorise(signedIn), rule: "notice.objection", says: "withdraw it first"},
		{name: "not against one that is only answered", given: delivered(objected, answered), when: authorise(signedIn), rule: "notice.objection"},
		{name: "once", given: delivered(saidYes), when: authorise(signedIn), rule: "notice.once", says: "2026-10-12"},
		{name: "a removal is only told", given: deliveredTo(prepared(removal)), when: authorise(signedIn), rule: "notice.told", says: "2026-12-01"},
		{name: "not after it was blocked", given: delivered(blocked), when: authorise(signedIn), rule: "notice.over"},
	})
}
