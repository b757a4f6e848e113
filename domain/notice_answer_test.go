package domain

import "testing"

func TestNoticeObjection(t *testing.T) {
	object := func(a Answer) func(Notice) ([]Event, *Refusal) {
		return func(n Notice) ([]Event, *Refusal) {
			return n.Object("LOCATION", Clear("Why abroad?"), a)
		}
	}
	raised := func(a Answer) []Event {
		return []Event{ObjectionRaised{Ground: "LOCATION", Text: Clear("Why abroad?"), By: a.By, OnTheir: a.OnBehalf}}
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
		{name: "by link alone", given: delivered(), when: object(byLink), then: raised(byLink)},
		{name: "before the notice arrived", given: []on{prepared()}, when: object(signedIn), then: raised(signedIn)},
		{name: "even when it is in use", given: delivered(deemed, activated), when: object(byLink), then: raised(byLink)},
		{name: "in time during an emergency", given: deliveredTo(prepared(clause), emergency), when: object(byLink), then: raised(byLink)},
		{name: "recorded by us for the tenant", given: delivered(), when: object(ourDPO), then: raised(ourDPO)},
		{name: "again after our answer", given: delivered(objected, answered), when: object(byLink), then: raised(byLink)},
		{name: "a new one after the first was taken back", given: delivered(objected, tookBack), when: object(byLink), then: raised(byLink)},
		{name: "one at a time", given: delivered(objected), when: object(byLink), rule: "notice.objection", says: "2026-10-10"},
		{name: "by a mandated agency", given: delivered(), when: object(mandated), then: raised(mandated)},
		{name: "not without its mandate", given: delivered(), when: object(claiming), rule: "notice.mandate"},
		{name: "not for another account", given: delivered(), when: object(stranger), rule: "notice.mandate", says: "another account"},
		{name: "not after the change was withdrawn", given: delivered(withdrawn), when: object(byLink), rule: "notice.over", says: "withdrawn on 2026-10-26"},
		{name: "not after it was blocked", given: delivered(blocked), when: object(byLink), rule: "notice.over", says: "blocked"},
		{name: "not after the tenant left", given: delivered(objected, terminated), when: object(byLink), rule: "notice.over", says: "termination"},
		{name: "no notice", when: object(byLink), rule: "notice.known"},

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

func TestObjectionIsEntered(t *testing.T) {
	letter := ObjectionRaised{Ground: "SECURITY", Text: Clear("Who holds the keys?"), By: ByLetter, Received: "2026-10-10", Evidence: sampleDigest}
	enter := func(change func(*ObjectionRaised)) func(Notice) ([]Event, *Refusal) {
		return func(n Notice) ([]Event, *Refusal) {
			e := letter
			change(&e)
			return n.EnterObjection(e, moment("2026-10-20"))
		}
	}
	asIs := func(*ObjectionRaised) {}
	decide(t, []row[Notice]{
		{name: "a letter", given: delivered(), when: enter(asIs), then: []Event{letter}},
		{name: "after silence was deemed", given: delivered(deemed), when: enter(asIs), then: []Event{letter}},
		{name: "a link answers for itself", given: delivered(), when: enter(func(e *ObjectionRaised) { e.By = ByLink }), rule: "input.form"},
		{name: "without evidence", given: delivered(), when: enter(func(e *ObjectionRaised) { e.Evidence = "" }), rule: "notice.evidence", says: "digest"},
		{name: "received tomorrow", given: delivered(), when: enter(func(e *ObjectionRaised) { e.Received = "2026-10-21" }), rule: "input.form", says: "future"},
		{name: "received before the notice", given: delivered(), when: enter(func(e *ObjectionRaised) { e.Received = "2026-09-30" }), rule: "input.form", says: "2026-10-01"},
		{name: "received on its day", given: delivered(), when: enter(func(e *ObjectionRaised) { e.Received = "2026-10-01" }),
			then: []Event{func() Event { e := letter; e.Received = "2026-10-01"; return e }()}},
		{name: "while one is open", given: delivered(objected), when: enter(asIs), rule: "notice.objection"},
		{name: "after it ended", given: delivered(blocked), when: enter(asIs), rule: "notice.over"},
	})
}

// Nobody states that an objection was late: that follows from when it was received.
func TestLatenessIsComputed(t *testing.T) {
	object := func(when string) on { return on{when, ObjectionRaised{Ground: "SECURITY", By: ByLink}} }
	for _, c := range []struct {
		name  string
		given []on
		late  bool
		basis AuthorityBasis
	}{
		{"in the window", delivered(object("2026-10-10")), false, NoAuthority},
		{"in its last instant", delivered(object("2026-10-16T23:59:59.999999Z")), false, NoAuthority},
		{"in the days of grace: deeming has begun", delivered(object("2026-10-17")), true, NoAuthority},
		{"once silence can be deemed", delivered(object("2026-10-20")), true, NoAuthority},
		{"after silence was deemed, which it breaks", delivered(deemed, object("2026-10-21")), true, NoAuthority},
		{"received in time, entered after silence was deemed", delivered(object("2026-10-15"), deemed), false, NoAuthority},
		{"after the notice came back", delivered(bounced, object("2026-10-25")), false, NoAuthority},
		{"where silence is a refusal", deliveredTo(prepared(model(Specific)), object("2026-12-25")), true, NoAuthority},
		{"in use on the word of silence", delivered(deemed, activated, object("2026-12-24")), true, DeemedAuthority},
		{"again after our answer, as timely as the first", delivered(objected, answered, object("2026-10-24")), false, NoAuthority},
		{"again, late as the first", delivered(tooLate, answered, object("2026-10-24")), true, NoAuthority},
		{"a new one after the first was taken back", delivered(objected, tookBack, object("2026-10-24")), true, NoAuthority},
		{"before the notice was prepared, on its day", append([]on{object("2026-10-01")}, delivered()...), false, NoAuthority},
	} {
		n := fold[Notice](c.given)
		if n.Objection.Late != c.late || !n.Objection.Holds() || n.Authority.Basis != c.basis {
			t.Errorf("%s: got late %v, %s, %s", c.name, n.Objection.Late, n.Objection.State, n.Authority.Basis)
		}
		if _, no := n.Activate(Subprocessor{}, moment("2027-01-01")); no == nil {
			t.Errorf("%s: it was activated over an objection", c.name)
		}
	}
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
		{name: "not against a late one that is only answered", given: delivered(tooLate, answered), when: authorise(signedIn), rule: "notice.objection"},
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
