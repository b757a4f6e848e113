package domain

import "testing"

func TestExportDecisions(t *testing.T) {
	sftp := ExportRequested{Channel: "SFTP", Categories: []DataField{"NUMBER"}}
	mail := ExportRequested{Channel: "EMAIL", Categories: []DataField{"NUMBER"}}
	reasoned := mail
	reasoned.Reason = "NO_SFTP"
	delivered := ExportDelivered{Channel: "SFTP", Recipient: "Aktiebolaget Exempel", Country: "SE", Encrypted: true}
	generated := ExportGenerated{Rows: 3, Digest: sampleDigest}
	request := func(e ExportRequested) func(Export) ([]Event, *Refusal) {
		return func(x Export) ([]Event, *Refusal) { return x.Request(e) }
	}
	approve := func(who ID) func(Export) ([]Event, *Refusal) {
		return func(x Export) ([]Event, *Refusal) { return x.Approve(who) }
	}
	advance := func(e Event) func(Export) ([]Event, *Refusal) {
		return func(x Export) ([]Event, *Refusal) { return x.Advance(e) }
	}
	asked := []on{{"2026-03-01", sftp}}
	agreed := facts(asked, []on{{"2026-03-02", ExportApproved{}}})
	made := facts(agreed, []on{{"2026-03-03", generated}})
	sent := facts(made, []on{{"2026-03-04", delivered}})
	over := facts(sent, []on{{"2026-03-09", ExportExpired{}}})
	decide(t, []row[Export]{
		{name: "by SFTP", when: request(sftp), then: []Event{sftp}},
		{name: "by e-mail needs a reason", when: request(mail), rule: "export.channel", says: "EMAIL"},
		{name: "by e-mail with a reason", when: request(reasoned), then: []Event{reasoned}},
		{name: "asked once", given: asked, when: request(sftp), rule: "export.once"},
		{name: "a second person approves", given: asked, when: approve(anotherActor), then: []Event{ExportApproved{}}},
		{name: "not the first", given: asked, when: approve(someActor), rule: "export.fourEyes", says: "second person"},
		{name: "nothing to approve", when: approve(anotherActor), rule: "export.order", says: "UNKNOWN"},
		{name: "approved once", given: agreed, when: approve(anotherActor), rule: "export.order", says: "APPROVED"},
		{name: "generated after approval", given: agreed, when: advance(generated), then: []Event{generated}},
		{name: "not before", given: asked, when: advance(generated), rule: "export.order", says: "export.generated is not possible"},
		{name: "delivered", given: made, when: advance(delivered), then: []Event{delivered}},
		{name: "delivered to a second recipient", given: sent, when: advance(delivered), then: []Event{delivered}},
		{name: "not delivered before it was made", given: agreed, when: advance(delivered), rule: "export.order"},
		{name: "downloaded", given: made, when: advance(ExportDownloaded{}), then: []Event{ExportDownloaded{}}},
		{name: "expired", given: sent, when: advance(ExportExpired{}), then: []Event{ExportExpired{}}},
		{name: "not downloaded after it expired", given: over, when: advance(ExportDownloaded{}), rule: "export.order", says: "EXPIRED"},
		{name: "a request is no later step", given: made, when: advance(sftp), rule: "export.order"},
	})
}

// TestExportFirstEyes: given who asked for an export, when a second person agrees, then only where the first is a
// person who is known and asked here.
func TestExportFirstEyes(t *testing.T) {
	for name, c := range map[string]struct {
		asked Envelope
		ok    bool
	}{
		"a person":                   {Envelope{Actor: Actor{ID: someActor, Kind: Person}}, true},
		"a person, another's word":   {Envelope{Actor: Actor{ID: someActor, Kind: Person}, Reported: true}, false},
		"somebody, nobody knows who": {Envelope{Actor: Actor{Kind: Person}}, false},
		"a service":                  {Envelope{Actor: Actor{ID: someActor, Kind: Service}}, false},
		"Muniment itself":            {Envelope{Actor: Actor{ID: someActor, Kind: System}}, false},
	} {
		x := Export{}.Apply(Kept{Envelope: c.asked, Event: ExportRequested{Channel: "API"}})
		events, no := x.Approve(anotherActor)
		if c.ok != (no == nil) || c.ok != (len(events) == 1) || no != nil && no.Rule != "export.fourEyes" {
			t.Errorf("%s: %v, %v", name, events, no)
		}
	}
}
