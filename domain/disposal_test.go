package domain

import (
	"slices"
	"testing"
)

// TestFamilies: every kind of the catalogue is in exactly one family, none is foreign to it, and what
// never ends has no period.
func TestFamilies(t *testing.T) {
	in := map[string]Family{}
	for _, terms := range families {
		if (terms.Ends == Never) != (terms.Period == "") || terms.Ground == "" {
			t.Errorf("%s: a family ends after a period, for a reason, or never: %+v", terms.Family, terms)
		}
		if terms.Ends != Never && terms.Period.Validate() != nil {
			t.Errorf("%s: %q", terms.Family, terms.Period)
		}
		if !slices.IsSorted(terms.Kinds) {
			t.Errorf("%s: its kinds are not sorted", terms.Family)
		}
		for _, kind := range terms.Kinds {
			if _, known := Lookup(kind); !known {
				t.Errorf("%s: there is no kind %s", terms.Family, kind)
			}
			if in[kind] != "" {
				t.Errorf("%s is in %s and %s", kind, in[kind], terms.Family)
			}
			in[kind] = terms.Family
		}
	}
	for _, k := range Catalogue {
		if in[k.Kind] == "" {
			t.Errorf("%s is in no family: say in family.go how long it is kept, and why", k.Kind)
		}
	}
}

func TestPeriods(t *testing.T) {
	for _, p := range []Period{"", "P", "P3", "3Y", "P0D", "P-1Y", "P03Y", "P+3Y", "P1Y6M", "P3W", "PT3H", "p3y", "P3Y ", "P101Y", "P1201M", "P36526D", "P99999999999999999999D"} {
		if p.Validate() == nil {
			t.Errorf("%q is taken for a period", p)
		}
	}
	for _, c := range []struct {
		p        Period
		at, then string
	}{
		{"P90D", "2026-11-24T08:00:00Z", "2026-08-26T08:00:00Z"},
		{"P3Y", "2026-11-24T08:00:00Z", "2023-11-24T08:00:00Z"},
		{"P18M", "2026-11-24T08:00:00Z", "2025-05-24T08:00:00Z"},
		{"P1M", "2026-03-31T08:00:00Z", "2026-03-03T08:00:00Z"}, // there is no 31 February
		{"P1Y", "2028-02-29T08:00:00Z", "2027-03-01T08:00:00Z"},
	} {
		if got := c.p.Before(moment(c.at)); got != moment(c.then) {
			t.Errorf("%s before %s is %s, want %s", c.p, c.at, got, c.then)
		}
	}
	if got := Period("P100Y").Before(moment("2026-11-24T08:00:00Z")); got != 1 {
		t.Errorf("before the beginning of time: %s", got)
	}
	if !Period("P35M").Shorter("P3Y") || Period("P36M").Shorter("P3Y") || Period("P3Y").Shorter("P36M") {
		t.Error("months and years are not compared by the calendar")
	}
}

func set(f Family, c Class, period string) PeriodSet {
	return PeriodSet{Family: f, Class: c, Period: period, Ground: "Art. 5(1)(e) GDPR", Case: "RET-1", Acknowledged: true}
}

// TestSetPeriod: a DPO changes what may be changed, and no more.
func TestSetPeriod(t *testing.T) {
	when := func(e PeriodSet) func(Disposal) ([]Event, *Refusal) {
		return func(d Disposal) ([]Event, *Refusal) { return d.Set(e) }
	}
	unsaid := set(Accesses, "", "P1Y")
	unsaid.Acknowledged = false
	keysIn := []on{{"2026-01-01", set(Interactions, InteractionData, "P1Y")}}
	decide(t, []row[Disposal]{
		{name: "shorter", when: when(set(Accesses, "", "P1Y")), then: []Event{set(Accesses, "", "P1Y")}},
		{name: "longer", when: when(set(SignIns, "", "P2Y")), then: []Event{set(SignIns, "", "P2Y")}},
		{name: "keys earlier", when: when(set(Interactions, InteractionData, "P90D")), then: []Event{set(Interactions, InteractionData, "P90D")}},
		{name: "what exists", when: when(set(Accounts, "", "P10Y")), rule: "disposal.kept", says: "as long as the ledger"},
		{name: "the evidence itself", when: when(set(Integrity, "", "P10Y")), rule: "disposal.kept"},
		{name: "no family", when: when(set("CALLS", "", "P10Y")), rule: "input.form"},
		{name: "no period", when: when(set(Accesses, "", "3 years")), rule: "input.form", says: "such as P90D"},
		{name: "the same", when: when(set(Accesses, "", "P3Y")), rule: "disposal.change"},
		{name: "the same again", given: []on{{"2026-01-01", set(Accesses, "", "P1Y")}}, when: when(set(Accesses, "", "P1Y")), rule: "disposal.change"},
		{name: "back", given: []on{{"2026-01-01", set(Accesses, "", "P1Y")}}, when: when(set(Accesses, "", "P3Y")), then: []Event{set(Accesses, "", "P3Y")}},
		{name: "less than one state asks of one purpose", when: when(set(Consents, "", "P2Y")), then: []Event{set(Consents, "", "P2Y")}},
		{name: "back to the default", given: []on{{"2026-01-01", set(Consents, "", "P8Y")}}, when: when(set(Consents, "", "P5Y")), then: []Event{set(Consents, "", "P5Y")}},
		{name: "keys of persons", when: when(set(Consents, ConsentEvidence, "P6Y")), rule: "disposal.class"},
		{name: "keys after payloads", when: when(set(Interactions, InteractionData, "P4Y")), rule: "disposal.class", says: "can't outlive"},
		{name: "payloads before keys", given: keysIn, when: when(set(Interactions, "", "P90D")), rule: "disposal.class", says: "can't outlive"},
		{name: "not understood", when: when(unsaid), rule: "disposal.acknowledged"},
	})
}

// TestCuts: what the schedule lets go, and what is told of it.
func TestCuts(t *testing.T) {
	d := fold[Disposal]([]on{{"2026-01-01", set(Interactions, InteractionData, "P1Y")}, {"2026-01-02", set(Accesses, "", "P2Y")},
		{"2026-11-01", DisposalCompleted{RecordedBefore: moment("2026-11-01"), Cuts: []Cut{{Family: Accesses, Kinds: []string{"interaction.viewed"}, OccurredBefore: moment("2024-11-01")}}}},
		{"2026-11-02", DisposalCompleted{RecordedBefore: moment("2026-11-02"), Cuts: []Cut{{Family: Accesses, Kinds: []string{"interaction.viewed"}, OccurredBefore: moment("2023-11-02")}}}}})
	if got := d.Done[string(Accesses)]; got != moment("2024-11-01") {
		t.Errorf("the disposals reached back to %s", got)
	}
	ends := map[string]string{}
	for _, c := range d.Cuts(moment("2026-11-24")) {
		ends[c.Key()] = c.OccurredBefore.Std().Format("2006-01-02")
	}
	for key, want := range map[string]string{"INTERACTIONS": "2023-11-24", "INTERACTIONS/INTERACTION": "2025-11-24", "ACCESSES": "2024-11-24", "CONSENTS": "2021-11-24", "SIGN_INS": "2025-11-24", "EXPORTS": "2023-11-24"} {
		if ends[key] != want {
			t.Errorf("%s: %q, want %s", key, ends[key], want)
		}
		delete(ends, key)
	}
	if len(ends) > 0 {
		t.Errorf("%v ends, too", ends)
	}
}

// TestCovers: the end of a period is not in it, and each bound counts.
func TestCovers(t *testing.T) {
	d := DisposalCompleted{RecordedBefore: 2000, Cuts: []Cut{{Family: Accesses, Kinds: []string{"interaction.viewed"}, OccurredBefore: 1000}, {Family: Interactions, Class: InteractionData, Kinds: []string{"interaction.recorded"}, OccurredBefore: 500}}}
	for _, c := range []struct {
		kind               string
		occurred, recorded Time
		class              Class
		want               bool
	}{
		{"interaction.viewed", 999, 1999, "", true},
		{"interaction.viewed", 999, 1999, InteractionData, true},
		{"interaction.viewed", 1000, 1999, "", false},
		{"interaction.viewed", 999, 2000, "", false},
		{"interaction.listened", 999, 1999, "", false},
		{"interaction.recorded", 499, 1999, "", false},
		{"interaction.recorded", 499, 1999, InteractionData, true},
		{"interaction.recorded", 499, 1999, Contact, false},
	} {
		if got := d.Covers(Envelope{Kind: c.kind, Occurred: At(c.occurred), Recorded: c.recorded}, c.class); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

// TestKeeps: what is not over, and what was used since.
func TestKeeps(t *testing.T) {
	keeps := func(f Family, facts ...on) HeldBack {
		terms, _ := f.Terms()
		var history []Kept
		for _, fact := range facts {
			history = append(history, Kept{Envelope: Envelope{Kind: fact.event.Kind(), Occurred: At(moment(fact.when))}, Event: fact.event})
		}
		return terms.Keeps(history, moment("2023-01-01"))
	}
	grant := ConsentGranted{Purpose: "MARKETING", Act: BoxTicked}
	for name, c := range map[string]struct{ got, want HeldBack }{
		"a call":                        {keeps(Interactions, on{"2020-01-01", InteractionRecorded{}}), NotHeld},
		"a call listened to since":      {keeps(Interactions, on{"2020-01-01", InteractionRecorded{}}, on{"2023-01-01", InteractionListened{}}), InUse},
		"a call whose keys went since":  {keeps(Interactions, on{"2020-01-01", InteractionRecorded{}}, on{"2024-01-01", InteractionKeysDestroyed{}}), NotHeld},
		"consent that stands":           {keeps(Consents, on{"2010-01-01", grant}), Binding},
		"consent taken back":            {keeps(Consents, on{"2010-01-01", grant}, on{"2011-01-01", ConsentWithdrawn{}}), NotHeld},
		"consent taken back since":      {keeps(Consents, on{"2010-01-01", grant}, on{"2023-01-02", ConsentWithdrawn{}}), InUse},
		"consent never given":           {keeps(Consents, on{"2010-01-01", ConsentRefused{}}), NotHeld},
		"an export nobody approved":     {keeps(Exports, on{"2010-01-01", ExportRequested{}}), Binding},
		"an export that can be fetched": {keeps(Exports, on{"2010-01-01", ExportRequested{}}, on{"2010-01-02", ExportApproved{}}, on{"2010-01-03", ExportGenerated{}}), Binding},
		"an export delivered":           {keeps(Exports, on{"2010-01-01", ExportRequested{}}, on{"2010-01-04", ExportDelivered{}}), NotHeld},
		"an access of what goes on":     {keeps(Accesses, on{"2010-01-01", InteractionViewed{}}, on{"2025-01-01", InteractionViewed{}}), NotHeld},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
}
