package domain

import "testing"

func TestNoticePrepare(t *testing.T) {
	posted := moment("2026-10-01T08:00:00Z")
	change := ChangeAnnounced{Change: ID{0: 1}, Type: AddSubprocessor, Effective: "2026-12-01", Summary: "text messages"}
	terms := AgreementSigned{
		Model: Specific, List: "public", NoticeDays: 30, ObjectionDays: 14, WindowStart: OnSending, Proof: HandedOver, GraceDays: 3, Emergency: true, SCC: SCCModule2,
		Effective: "2026-01-01", Law: "DE", Zone: "Europe/Berlin",
	}
	unproven := terms
	unproven.Proof = Fetched
	agreed := func(t AgreementSigned) Agreement { return fold[Agreement]([]on{{"2026-01-01", t}}) }
	ended := fold[Agreement]([]on{{"2026-01-01", terms}, {"2026-09-01", AgreementEnded{"2026-10-01"}}})
	ahead := terms
	ahead.Effective = "2026-12-01"
	module3 := terms
	module3.SCC = SCCModule3
	prepare := func(to Recipient) func(Notice) ([]Event, *Refusal) {
		return func(n Notice) ([]Event, *Refusal) { return n.Prepare(ID{0: 2}, change, posted, to) }
	}
	want := func(proof Proof, scc Instrument, second ID) []Event {
		return []Event{NoticePrepared{
			Change: ID{0: 1}, Subprocessor: ID{0: 2}, Type: AddSubprocessor, Effective: "2026-12-01", Posted: posted, Addressee: ID{0: 3}, Second: second,
			Model: Specific, NoticeDays: 30, ObjectionDays: 14, WindowStart: OnSending, Proof: proof, GraceDays: 3, Emergency: true, SCC: scc, Law: "DE", Zone: "Europe/Berlin",
		}}
	}
	unknown := []Event{NoticePrepared{
		Change: ID{0: 1}, Subprocessor: ID{0: 2}, Type: AddSubprocessor, Effective: "2026-12-01", Posted: posted, Addressee: ID{0: 3},
		Model: UnknownModel, WindowStart: OnDelivery, Proof: Accepted, SCC: NoInstrument,
	}}
	decide(t, []row[Notice]{
		{name: "under the terms of the agreement", when: prepare(Recipient{Agreement: agreed(terms), Addressee: ID{0: 3}}), then: want(HandedOver, SCCModule2, ID{})},
		{name: "the controller behind an agency, on the agency's terms under module 3", when: prepare(Recipient{Agency: agreed(module3), Addressee: ID{0: 3}, Second: ID{0: 4}}), then: want(HandedOver, SCCModule3, ID{0: 4})},
		{name: "not under another", when: prepare(Recipient{Agency: agreed(terms), Addressee: ID{0: 3}}), then: unknown},
		{name: "one that holds before the change does", when: prepare(Recipient{Agreement: agreed(ahead), Addressee: ID{0: 3}}), then: want(HandedOver, SCCModule2, ID{})},
		{name: "not one that ended on that day", when: prepare(Recipient{Agreement: ended, Addressee: ID{0: 3}}), then: unknown},
		{name: "FETCHED is no level to ask for", when: prepare(Recipient{Agreement: agreed(unproven), Addressee: ID{0: 3}}), then: want(Accepted, SCCModule2, ID{})},
		{name: "without an agreement the model is unknown", when: prepare(Recipient{Addressee: ID{0: 3}}), then: unknown},
		{name: "once", given: []on{prepared()}, when: prepare(Recipient{}), rule: "notice.once", says: "2026-10-01"},
	})
}

func TestNoticeDelivery(t *testing.T) {
	at := moment("2026-10-02T12:00:00Z")
	attempt := func(c NoticeChannel) func(Notice) ([]Event, *Refusal) {
		return func(n Notice) ([]Event, *Refusal) { return n.Attempted(c) }
	}
	prove := func(p Proof, c NoticeChannel) func(Notice) ([]Event, *Refusal) {
		return func(n Notice) ([]Event, *Refusal) { return n.Proven(p, c, at) }
	}
	fail := func(n Notice) ([]Event, *Refusal) { return n.Failed(ByEmail, "REFUSED", true) }
	bounce := func(n Notice) ([]Event, *Refusal) { return n.Bounced(ByEmail, "5.1.1") }
	acknowledge := func(a Answer) func(Notice) ([]Event, *Refusal) {
		return func(n Notice) ([]Event, *Refusal) { return n.Acknowledge(a, at) }
	}
	sent := []on{prepared(), mailed}
	ack := NoticeProven{ByPage, Acknowledged}
	ok := NoticeProven{ByEmail, Accepted}
	decide(t, []row[Notice]{
		{name: "first attempt", given: []on{prepared()}, when: attempt(ByEmail), then: []Event{NoticeSent{ByEmail, 1}}},
		{name: "second attempt", given: sent, when: attempt(ByEmail), then: []Event{NoticeSent{ByEmail, 2}}},
		{name: "another channel counts for itself", given: sent, when: attempt(ByWebhook), then: []Event{NoticeSent{ByWebhook, 1}}},
		{name: "no notice to send", when: attempt(ByEmail), rule: "notice.known"},
		{name: "the withdrawal is told to who was told", given: delivered(withdrawn), when: attempt(ByEmail), then: []Event{NoticeSent{ByEmail, 2}}},
		{name: "and to nobody else", given: []on{prepared(), withdrawn}, when: attempt(ByEmail), rule: "notice.over", says: "nothing to send"},

		{name: "failed", given: sent, when: fail, then: []Event{NoticeFailed{ByEmail, 1, "REFUSED", true}}},
		{name: "nothing sent that could fail", given: []on{prepared()}, when: fail, rule: "notice.sent", says: "EMAIL"},
		{name: "no notice that could fail", when: fail, rule: "notice.known"},

		{name: "accepted opens the window", given: sent, when: prove(Accepted, ByEmail), then: []Event{ok, opened.event}},
		{name: "handed over does not", given: sent, when: prove(HandedOver, ByEmail), then: []Event{NoticeProven{ByEmail, HandedOver}}},
		{name: "unless the agreement says so", given: []on{prepared(asks(HandedOver)), mailed}, when: prove(HandedOver, ByEmail),
			then: []Event{NoticeProven{ByEmail, HandedOver}, opened.event}},
		{name: "accepted is too little where acknowledging is agreed", given: []on{prepared(asks(Acknowledged)), mailed}, when: prove(Accepted, ByEmail), then: []Event{ok}},
		{name: "fetched never opens it", given: []on{prepared(asks(HandedOver)), mailed}, when: prove(Fetched, ByPage), then: []Event{NoticeProven{ByPage, Fetched}}},
		{name: "not even where an imported agreement asks for it", given: []on{prepared(asks(Fetched)), mailed}, when: prove(Fetched, ByEmail), then: []Event{NoticeProven{ByEmail, Fetched}}},
		{name: "the second proof opens nothing", given: delivered(), when: prove(Accepted, ByEmail), then: []Event{ok}},
		{name: "counted from posting, the delivery is later", given: []on{prepared(starts(OnPosting)), mailed}, when: prove(Accepted, ByEmail),
			then: []Event{ok, window(OnPosting, "2026-10-02T12:00:00Z", "2026-10-01T08:00:00Z")}},
		{name: "counted from sending", given: []on{prepared(starts(OnSending)), mailed}, when: prove(Accepted, ByEmail),
			then: []Event{ok, window(OnSending, "2026-10-02T12:00:00Z", "2026-10-01T10:00:00Z")}},
		{name: "the outbox is no sending", given: []on{prepared(starts(OnSending)), {"2026-10-01T10:00:00Z", NoticeSent{ToOutbox, 1}}}, when: acknowledge(byLink),
			then: []Event{ack, window(OnSending, "2026-10-02T12:00:00Z")}},
		{name: "a withdrawn change opens no window", given: []on{prepared(), mailed, withdrawn}, when: prove(Accepted, ByEmail), then: []Event{ok}},
		{name: "nor does a blocked one", given: []on{prepared(), mailed, blocked}, when: prove(Accepted, ByEmail), then: []Event{ok}},
		{name: "nor one over which the tenant left", given: []on{prepared(), mailed, terminated}, when: prove(Accepted, ByEmail), then: []Event{ok}},
		{name: "a machine can't acknowledge", given: sent, when: prove(Acknowledged, ByEmail), rule: "notice.proof", says: "person"},
		{name: "no proof is no proof", given: sent, when: prove(NoProof, ByEmail), rule: "notice.proof"},
		{name: "the outbox delivers to nobody", given: []on{prepared(), {"2026-10-01T10:00:00Z", NoticeSent{ToOutbox, 1}}}, when: prove(HandedOver, ToOutbox), rule: "notice.proof", says: "OUTBOX"},
		{name: "posting delivers to nobody", given: sent, when: prove(Accepted, ByPage), rule: "notice.proof", says: "PAGE"},
		{name: "nothing sent that could arrive", given: sent, when: prove(Accepted, ByWebhook), rule: "notice.sent", says: "WEBHOOK"},
		{name: "no notice that could arrive", when: prove(Fetched, ByPage), rule: "notice.known"},

		{name: "bounced", given: sent, when: bounce, then: []Event{bounced.event}},
		{name: "nothing sent that could come back", given: []on{prepared()}, when: bounce, rule: "notice.sent"},

		{name: "acknowledged by link", given: sent, when: acknowledge(byLink), then: []Event{ack, opened.event}},
		{name: "acknowledged after acceptance", given: delivered(), when: acknowledge(byLink), then: []Event{ack}},
		{name: "acknowledged by a mandated agency", given: sent, when: acknowledge(mandated), then: []Event{ack, opened.event}},
		{name: "not without its mandate", given: sent, when: acknowledge(claiming), rule: "notice.mandate", says: "record the mandate"},
		{name: "not by ourselves", given: sent, when: acknowledge(ourDPO), rule: "notice.person"},
		{name: "not by a program", given: sent, when: acknowledge(theirBot), rule: "notice.person", says: "a person of this tenant"},
		{name: "acknowledged once", given: facts(sent, []on{{"2026-10-02", ack}}), when: acknowledge(byLink), rule: "notice.once"},
		{name: "no notice to acknowledge", when: acknowledge(byLink), rule: "notice.known"},
	})
}
