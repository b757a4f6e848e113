package domain

import "testing"

func TestAgreementDecisions(t *testing.T) {
	terms := AgreementSigned{Model: General, List: "public", NoticeDays: 30, ObjectionDays: 14, WindowStart: OnDelivery, Proof: Accepted, GraceDays: 3}
	better := terms
	better.NoticeDays = 60
	sign := func(a Agreement) ([]Event, *Refusal) { return a.Sign(terms) }
	amend := func(a Agreement) ([]Event, *Refusal) { return a.Amend(better) }
	end := func(a Agreement) ([]Event, *Refusal) { return a.End() }
	signed := []on{{"2026-01-01", terms}}
	ended := facts(signed, []on{{"2026-05-01", AgreementEnded{}}})
	decide(t, []row[Agreement]{
		{name: "signed", when: sign, then: []Event{terms}},
		{name: "signed once", given: signed, when: sign, rule: "agreement.once", says: "amend it"},
		{name: "signed anew after its end", given: ended, when: sign, then: []Event{terms}},
		{name: "amended", given: signed, when: amend, then: []Event{AgreementAmended(better)}},
		{name: "nothing to amend", when: amend, rule: "agreement.active", says: "sign one first"},
		{name: "not after its end", given: ended, when: amend, rule: "agreement.active"},
		{name: "ended", given: signed, when: end, then: []Event{AgreementEnded{}}},
		{name: "nothing to end", when: end, rule: "agreement.active", says: "no agreement is in force"},
	})
	now := fold[Agreement](facts(signed, []on{{"2026-02-01", AgreementAmended(better)}}))
	if now.Terms.NoticeDays != 60 || now.Since != moment("2026-02-01") || !now.Active {
		t.Errorf("an amendment replaces the terms: %+v", now)
	}
}
