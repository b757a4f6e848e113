package domain

import (
	"errors"
	"testing"
)

func TestAgreementDecisions(t *testing.T) {
	terms := AgreementSigned{Effective: "2026-01-01", Law: "DE", Zone: "Europe/Berlin", Model: General, List: "public", ListEffective: "2025-12-01",
		NoticeDays: 30, ObjectionDays: 14, WindowStart: OnDelivery, Proof: Accepted, GraceDays: 3, SCC: NoInstrument}
	better := terms
	better.NoticeDays = 60
	listless := terms
	listless.List, listless.ListEffective = "", ""
	ahead := terms
	ahead.Effective = "2027-01-01"
	brief := terms
	brief.Until = "2026-03-31"
	now, published := moment("2026-06-01T12:00:00Z"), ListPublished{List: "public", Effective: "2025-12-01"}
	sign := func(e AgreementSigned, list ListPublished) func(Agreement) ([]Event, *Refusal) {
		return func(a Agreement) ([]Event, *Refusal) { return a.Sign(e, list, now) }
	}
	amend := func(list ListPublished) func(Agreement) ([]Event, *Refusal) {
		return func(a Agreement) ([]Event, *Refusal) { return a.Amend(better, list, now) }
	}
	over := AgreementEnded{"2026-06-30"}
	end := func(a Agreement) ([]Event, *Refusal) { return a.End(over, now) }
	signed := []on{{"2026-01-01", terms}}
	ended := facts(signed, []on{{"2026-05-01", AgreementEnded{"2026-05-01"}}})
	decide(t, []row[Agreement]{
		{name: "signed", when: sign(terms, published), then: []Event{terms}},
		{name: "signed once", given: signed, when: sign(terms, published), rule: "agreement.once", says: "amend it"},
		{name: "one to come is one, too", given: []on{{"2026-01-01", ahead}}, when: sign(terms, published), rule: "agreement.once"},
		{name: "signed anew after its end", given: ended, when: sign(terms, published), then: []Event{terms}},
		{name: "signed anew after its last day", given: []on{{"2026-01-01", brief}}, when: sign(terms, published), then: []Event{terms}},
		{name: "without a list", when: sign(listless, ListPublished{}), then: []Event{listless}},
		{name: "with a list that nobody published", when: sign(terms, ListPublished{}), rule: "agreement.list", says: "no list public"},
		{name: "with a version that there is not", when: sign(terms, ListPublished{List: "public", Effective: "2025-11-01"}), rule: "agreement.list", says: "no version of 2025-12-01"},
		{name: "amended", given: signed, when: amend(published), then: []Event{AgreementAmended(better)}},
		{name: "amended with a list that nobody published", given: signed, when: amend(ListPublished{}), rule: "agreement.list"},
		{name: "nothing to amend", when: amend(published), rule: "agreement.active", says: "sign one first"},
		{name: "not after its end", given: ended, when: amend(published), rule: "agreement.active"},
		{name: "ended", given: signed, when: end, then: []Event{over}},
		{name: "nothing to end", when: end, rule: "agreement.active", says: "no agreement is in force"},
	})
}

// Which terms hold depends on the day, not on when they were entered.
func TestAgreementOn(t *testing.T) {
	terms := func(effective, until Date, days int64) AgreementSigned {
		return AgreementSigned{Effective: effective, Until: until, Zone: "Europe/Berlin", Model: General, NoticeDays: days}
	}
	first, later := on{"2026-01-05", terms("2026-02-01", "", 30)}, on{"2026-01-06", AgreementAmended(terms("2026-06-01", "", 60))}
	for _, c := range []struct {
		name  string
		given []on
		at    string
		days  int64 // 0: none in force
	}{
		{"signed, not in force yet", []on{first}, "2026-01-10", 0},
		{"from its first instant in its own zone", []on{first}, "2026-01-31T23:00:00Z", 30},
		{"and not before", []on{first}, "2026-01-31T22:59:59Z", 0},
		{"before an amendment holds", []on{first, later}, "2026-05-31", 30},
		{"once it holds", []on{first, later}, "2026-06-01", 60},
		{"on its last day", []on{{"2026-01-01", terms("2026-01-01", "2026-03-31", 30)}}, "2026-03-31T21:00:00Z", 30},
		{"after its last day", []on{{"2026-01-01", terms("2026-01-01", "2026-03-31", 30)}}, "2026-03-31T22:00:00Z", 0},
		{"an end told in advance", []on{first, {"2026-03-01", AgreementEnded{"2026-05-01"}}}, "2026-04-30", 30},
		{"reached", []on{first, {"2026-03-01", AgreementEnded{"2026-05-01"}}}, "2026-05-01", 0},
		{"an amendment after the end never holds", []on{first, later, {"2026-03-01", AgreementEnded{"2026-05-01"}}}, "2026-06-02", 0},
		{"signed anew", []on{first, {"2026-03-01", AgreementEnded{"2026-05-01"}}, {"2026-05-02", terms("2026-05-02", "", 10)}}, "2026-05-03", 10},
		{"two from one day: the later agreed", []on{first, {"2026-01-07", AgreementAmended(terms("2026-02-01", "", 45))}}, "2026-03-01", 45},
	} {
		got, inForce := fold[Agreement](c.given).At(moment(c.at))
		if inForce != (c.days != 0) || inForce && got.NoticeDays != c.days {
			t.Errorf("%s: got %v, %d days", c.name, inForce, got.NoticeDays)
		}
	}
}

func TestAgreementsThatMakeNoSense(t *testing.T) {
	good := AgreementSigned{Effective: "2026-01-01", Law: "DE", Zone: "Europe/Berlin", Model: General, List: "public", ListEffective: "2025-12-01",
		NoticeDays: 1, ObjectionDays: 1, WindowStart: OnDelivery, Proof: Accepted, SCC: NoInstrument}
	if err := Check(good); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(*AgreementSigned){
		"noticeDays":    func(e *AgreementSigned) { e.NoticeDays = 0 },
		"objectionDays": func(e *AgreementSigned) { e.ObjectionDays = 0 },
		"graceDays":     func(e *AgreementSigned) { e.GraceDays = -1 },
		"until":         func(e *AgreementSigned) { e.Until = "2025-12-31" },
		"zone":          func(e *AgreementSigned) { e.Zone = "Europe/Atlantis" },
		"law":           func(e *AgreementSigned) { e.Law = "" },
		"effective":     func(e *AgreementSigned) { e.Effective = "" },
		"list":          func(e *AgreementSigned) { e.List = "" },
		"scc":           func(e *AgreementSigned) { e.SCC = "" },
	} {
		e := good
		spoil(&e)
		for _, event := range []Event{e, AgreementAmended(e)} {
			var bad *FieldError
			if err := Check(event); !errors.As(err, &bad) || bad.Path != field {
				t.Errorf("%s of %s: got %v", field, event.Kind(), err)
			}
		}
	}
	local := good
	local.Zone = "Local"
	if Check(local) == nil {
		t.Error("the machine's own zone is none of an agreement")
	}
}
