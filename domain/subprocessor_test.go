package domain

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

func TestSubprocessorDecisions(t *testing.T) {
	now := moment("2026-10-01T12:00:00Z")
	company := SubprocessorProposed{LegalName: "Texting Ltd", Country: "IE", Service: "text messages", Purposes: []string{"sending texts"}, Locations: []string{"Ireland"}, Mechanism: "NONE_NEEDED"}
	checked := DueDiligenceCompleted{"PASSED", "PASSED_WITH_CONDITIONS", "PASSED", sampleDigest, "2027-06-30"}
	failed := checked
	failed.Privacy = "FAILED"
	short := checked
	short.Expires = "2026-11-01"
	contract := FlowDownSigned{sampleDigest}
	add := ChangeAnnounced{Change: ID{0: 1}, Type: AddSubprocessor, Effective: "2026-12-01", Summary: "text messages"}
	other := func(f func(*ChangeAnnounced)) ChangeAnnounced {
		c := add
		f(&c)
		return c
	}
	replace := other(func(c *ChangeAnnounced) { c.Type, c.Replaces = ReplaceBy, ID{0: 4} })
	headless := other(func(c *ChangeAnnounced) { c.Type = ReplaceBy })
	itself := other(func(c *ChangeAnnounced) { c.Type, c.Replaces = ReplaceBy, someStream.ID })
	relocate := other(func(c *ChangeAnnounced) { c.Type, c.Locations = Relocate, []string{"India"} })
	past := other(func(c *ChangeAnnounced) { c.Effective = "2026-09-30" })
	today := other(func(c *ChangeAnnounced) { c.Effective = "2026-10-01" })

	proposed := []on{{"2026-01-01", company}}
	ready := facts(proposed, []on{{"2026-01-02", checked}, {"2026-01-03", contract}})
	announced := facts(ready, []on{{"2026-09-01", add}})
	suspended := facts(announced, []on{{"2026-12-02", SubprocessorSuspended{"INCIDENT"}}})
	ended := facts(announced, []on{{"2026-09-30", SubprocessorEnded{"REPLACED"}}})
	deleted := facts(ended, []on{{"2026-10-01", DeletionConfirmed{sampleDigest}}})

	propose := func(s Subprocessor) ([]Event, *Refusal) { return s.Propose(company) }
	diligence := func(e DueDiligenceCompleted) func(Subprocessor) ([]Event, *Refusal) {
		return func(s Subprocessor) ([]Event, *Refusal) { return s.CompleteDueDiligence(e, now) }
	}
	sign := func(s Subprocessor) ([]Event, *Refusal) { return s.SignFlowDown(contract) }
	announce := func(e ChangeAnnounced) func(Subprocessor) ([]Event, *Refusal) {
		return func(s Subprocessor) ([]Event, *Refusal) { return s.Announce(e, now) }
	}
	withdraw := func(change ID) func(Subprocessor) ([]Event, *Refusal) {
		return func(s Subprocessor) ([]Event, *Refusal) { return s.WithdrawChange(change) }
	}
	suspend := func(s Subprocessor) ([]Event, *Refusal) { return s.Suspend("INCIDENT", moment("2026-12-02")) }
	end := func(s Subprocessor) ([]Event, *Refusal) { return s.End("REPLACED") }
	confirm := func(s Subprocessor) ([]Event, *Refusal) { return s.ConfirmDeletion(sampleDigest) }
	lapsed := checked
	lapsed.Expires = "2026-09-30"
	lastDay := checked
	lastDay.Expires = "2026-10-01"
	enough := checked
	enough.Expires = add.Effective

	decide(t, []row[Subprocessor]{
		{name: "proposed", when: propose, then: []Event{company}},
		{name: "proposed once", given: proposed, when: propose, rule: "subprocessor.once", says: "announce a change"},

		{name: "checked", given: proposed, when: diligence(checked), then: []Event{checked}},
		{name: "a failed check is kept too", given: proposed, when: diligence(failed), then: []Event{failed}},
		{name: "one that holds today still", given: proposed, when: diligence(lastDay), then: []Event{lastDay}},
		{name: "a lapsed one is none", given: proposed, when: diligence(lapsed), rule: "subprocessor.diligence", says: "2026-09-30"},
		{name: "nobody to check", when: diligence(checked), rule: "subprocessor.known", says: "propose it first"},
		{name: "not after its end", given: ended, when: diligence(checked), rule: "subprocessor.ended"},

		{name: "bound", given: proposed, when: sign, then: []Event{contract}},
		{name: "nobody to bind", when: sign, rule: "subprocessor.known"},

		{name: "announced", given: ready, when: announce(add), then: []Event{add}},
		{name: "announced for today", given: ready, when: announce(today), then: []Event{today}},
		{name: "not for the past", given: ready, when: announce(past), rule: "subprocessor.effective", says: "2026-09-30 is past"},
		{name: "not unchecked", given: proposed, when: announce(add), rule: "subprocessor.diligence", says: "due diligence first"},
		{name: "not after a failed check", given: facts(ready, []on{{"2026-02-01", failed}}), when: announce(add), rule: "subprocessor.diligence", says: "its privacy on 2026-02-01"},
		{name: "not when the check lapses before", given: facts(ready, []on{{"2026-02-01", short}}), when: announce(add), rule: "subprocessor.diligence", says: "ends on 2026-11-01"},
		{name: "it may lapse on the day", given: facts(ready, []on{{"2026-02-01", enough}}), when: announce(add), then: []Event{add}},
		{name: "not unbound", given: facts(proposed, []on{{"2026-01-02", checked}}), when: announce(add), rule: "subprocessor.flowDown", says: "record the signed one"},
		{name: "nor as a replacement", given: proposed, when: announce(replace), rule: "subprocessor.diligence"},
		{name: "a replacement", given: ready, when: announce(replace), then: []Event{replace}},
		{name: "of whom?", given: ready, when: announce(headless), rule: "subprocessor.replaces", says: "name which one"},
		{name: "not of itself", given: ready, when: announce(itself), rule: "subprocessor.replaces"},
		{name: "a relocation of one engaged long ago", given: proposed, when: announce(relocate), then: []Event{relocate}},
		{name: "announced once", given: announced, when: announce(add), rule: "subprocessor.once"},
		{name: "announced anew after a suspension", given: suspended, when: announce(other(func(c *ChangeAnnounced) { c.Change = ID{0: 2} })),
			then: []Event{other(func(c *ChangeAnnounced) { c.Change = ID{0: 2} })}},
		{name: "nobody to announce", when: announce(add), rule: "subprocessor.known"},
		{name: "not after its end", given: ended, when: announce(relocate), rule: "subprocessor.ended", says: "propose it anew"},

		{name: "withdrawn", given: announced, when: withdraw(add.Change), then: []Event{ChangeWithdrawn{add.Change}}},
		{name: "withdrawn once", given: facts(announced, []on{{"2026-09-02", ChangeWithdrawn{add.Change}}}), when: withdraw(add.Change), rule: "subprocessor.once", says: "2026-09-02"},
		{name: "no such change", given: announced, when: withdraw(ID{0: 99}), rule: "subprocessor.change"},
		{name: "no such company", when: withdraw(add.Change), rule: "subprocessor.known"},

		{name: "suspended", given: announced, when: suspend, then: []Event{SubprocessorSuspended{"INCIDENT"}}},
		{name: "no use to suspend", given: ready, when: suspend, rule: "subprocessor.use", says: "PROPOSED"},
		{name: "suspended once", given: suspended, when: suspend, rule: "subprocessor.use", says: "SUSPENDED"},
		{name: "nobody to suspend", when: suspend, rule: "subprocessor.known"},

		{name: "ended", given: announced, when: end, then: []Event{SubprocessorEnded{"REPLACED"}}},
		{name: "ended once", given: ended, when: end, rule: "subprocessor.ended"},
		{name: "nobody to end", when: end, rule: "subprocessor.known"},

		{name: "deletion confirmed", given: ended, when: confirm, then: []Event{DeletionConfirmed{sampleDigest}}},
		{name: "confirmed once", given: deleted, when: confirm, rule: "subprocessor.deletion", says: "2026-10-01"},
		{name: "not while it is engaged", given: announced, when: confirm, rule: "subprocessor.deletion", says: "end the engagement"},
		{name: "nobody to confirm", when: confirm, rule: "subprocessor.known"},
	})

	again := ChangeAnnounced{Change: ID{0: 2}, Type: AddSubprocessor, Effective: "2027-03-01", Summary: "text messages"}
	remove := ChangeAnnounced{Change: ID{0: 3}, Type: Remove, Effective: "2027-03-01", Summary: "text messages"}
	renewed := facts(suspended, []on{{"2027-01-01", again}})
	for _, c := range []struct {
		name  string
		given []on
		at    string
		want  SubprocessorStatus
	}{
		{"proposed", ready, "2026-12-31", SubprocessorIsProposed},
		{"announced", announced, "2026-11-30T23:59:59Z", SubprocessorIsAnnounced},
		{"its day has come", announced, "2026-12-01", SubprocessorIsActive},
		{"withdrawn", facts(announced, []on{{"2026-10-02", ChangeWithdrawn{add.Change}}}), "2026-12-31", SubprocessorIsProposed},
		{"what is relocated is there", facts(proposed, []on{{"2026-10-02", relocate}}), "2026-10-02", SubprocessorIsActive},
		{"to be removed", facts(announced, []on{{"2027-01-01", remove}}), "2027-04-01", SubprocessorIsActive},
		{"suspended", suspended, "2026-12-31", SubprocessorIsSuspended},
		{"a relocation doesn't bring it back", facts(suspended, []on{{"2027-01-01", relocate}}), "2027-01-31", SubprocessorIsSuspended},
		{"announced anew", renewed, "2027-02-28", SubprocessorIsAnnounced},
		{"and its day has come", renewed, "2027-03-01", SubprocessorIsActive},
		{"ended", ended, "2026-12-31", SubprocessorIsEnded},
	} {
		s := fold[Subprocessor](c.given)
		if got := s.StatusAt(moment(c.at)); got != c.want || !slices.Contains(got.Values(), string(got)) {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		kept, _ := json.Marshal(s)
		var read Subprocessor
		if err := json.Unmarshal(kept, &read); err != nil || !reflect.DeepEqual(read, s) {
			t.Errorf("%s: read back from JSON it differs (%v):\n%+v\n%+v", c.name, err, read, s)
		}
	}
}

func TestSubprocessorAt(t *testing.T) {
	company := SubprocessorProposed{LegalName: "Texting Ltd", Country: "IE", Service: "text messages", Purposes: []string{"sending texts"},
		Locations: []string{"Ireland"}, DataCategories: []string{"NUMBER"}, Mechanism: "NONE_NEEDED"}
	later := ChangeAnnounced{Change: ID{0: 1}, Type: Relocate, Effective: "2026-12-01", Summary: "moves", Locations: []string{"India"}, Mechanism: "SCC_2021_914"}
	sooner := ChangeAnnounced{Change: ID{0: 2}, Type: Repurpose, Effective: "2026-11-01", Summary: "more", DataCategories: []string{"MESSAGE_TEXT"}, Locations: []string{"Malta"}}
	silent := ChangeAnnounced{Change: ID{0: 3}, Type: Rename, Effective: "2026-11-15", Summary: "new name"}
	given := []on{{"2026-01-01", company}, {"2026-09-01", later}, {"2026-09-02", sooner}, {"2026-09-03", silent}}
	for _, c := range []struct {
		given               []on
		at, place, category string
		mechanism           Mechanism
	}{
		{given, "2026-10-31", "Ireland", "NUMBER", "NONE_NEEDED"},
		{given, "2026-11-01", "Malta", "MESSAGE_TEXT", "NONE_NEEDED"},
		{given, "2026-11-15", "Malta", "MESSAGE_TEXT", "NONE_NEEDED"}, // says nothing, changes nothing
		{given, "2026-12-01", "India", "MESSAGE_TEXT", "SCC_2021_914"},
		{facts(given, []on{{"2026-09-03", ChangeWithdrawn{later.Change}}}), "2026-12-01", "Malta", "MESSAGE_TEXT", "NONE_NEEDED"},
	} {
		got := fold[Subprocessor](c.given).At(moment(c.at))
		if got.Locations[0] != c.place || got.DataCategories[0] != c.category || got.Mechanism != c.mechanism {
			t.Errorf("at %s: got %+v", c.at, got)
		}
	}
}

func TestMayAnnounce(t *testing.T) {
	for _, c := range []struct {
		name, address string
		no            bool
	}{{"", "", true}, {"Example AB", "", true}, {"", "privacy@example.com", true}, {"Example AB", "privacy@example.com", false}} {
		no := MayAnnounce(c.name, c.address)
		if (no != nil) != c.no || no != nil && no.Rule != "subprocessor.sender" {
			t.Errorf("%q, %q: got %v", c.name, c.address, no)
		}
	}
}
