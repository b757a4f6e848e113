package demo

import (
	"maps"
	"slices"

	"muniment/domain"
)

// organisation runs the demo's ledger.
const organisation = "Callwick AB"

// company is the organisation itself. Its first event is the ledger's first: it marks the demo and
// tells its era, so it stands alone before all others.
func (s *story) company() []fact {
	founded := own("organisation.established", "us", s.established(), object{"name": organisation, "country": "SE", "zone": "Europe/Stockholm", "email": "privacy@callwick.example.com"})
	officer := own("organisation.dpo_appointed", "dpo/2", s.ago(400, 8, 0), object{"name": "Signe Hallenborg", "email": "dpo@callwick.example.com"}).about(idOf("dpo"))
	earlier := own("organisation.dpo_appointed", "dpo/1", s.established().AddDate(0, 0, 30), object{"name": "Gustaf Rönnefors", "email": "dpo@callwick.example.com"}).about(idOf("dpo/first"))
	return []fact{founded, earlier, officer}
}

// customers opens the accounts: contacts, agreement, legal bases.
func (s *story) customers() (facts []fact) {
	for _, a := range s.accounts {
		at := s.ago(a.joined, 9, 0)
		opened := object{"name": a.name, "role": a.role, "country": a.country, "zone": a.zone}
		if a.parent != "" {
			opened["parent"] = s.account(a.parent).id.String()
		}
		facts = append(facts, a.fact("tenant.onboarded", "account", at, opened))
		facts = append(facts, s.agreements(a)...)
		if a.mandate {
			facts = append(facts, a.fact("tenant.mandate_recorded", "mandate", s.ago(a.joined-3, 10, 0),
				object{"agency": s.account(a.parent).id.String(), "scope": []domain.MandateScope{domain.MandateRead, domain.MandateNotices}, "effective": s.date(a.joined - 3), "digest": digest(a.short + "/mandate")}))
		}
		facts = append(facts, s.contacts(a)...)
		for _, purpose := range slices.Sorted(maps.Keys(a.bases)) {
			facts = append(facts, a.fact("tenant.legal_basis_declared", "basis/"+purpose, s.ago(a.joined-2, 10, 0), object{"purpose": purpose, "basis": a.bases[purpose]}))
		}
		for _, p := range a.policy {
			if p.window == "" {
				facts = append(facts, a.fact("retention.policy_disabled", "policy/"+s.date(p.ago), s.ago(p.ago, 9, 30), nil))
			} else {
				facts = append(facts, a.fact("retention.policy_set", "policy/"+s.date(p.ago), s.ago(p.ago, 9, 30), object{"window": p.window, "acknowledged": true}))
			}
		}
	}
	return facts
}

func (s *story) agreements(a *account) []fact {
	signed := a.agreement(s.date(a.joined))
	for _, v := range versions {
		if v.ago >= a.joined && a.terms.model != domain.UnknownModel {
			signed["listEffective"] = s.date(v.ago)
		}
	}
	facts := []fact{a.fact("agreement.signed", "dpa/1", s.ago(a.joined, 9, 30), signed)}
	if a.short == "bluewater" { // longer notice, negotiated a year after
		earlier := a.agreement(s.date(a.joined))
		earlier["noticeDays"], earlier["listEffective"] = 10, signed["listEffective"]
		facts[0].Data = earlier
		signed["effective"] = s.date(200)
		facts = append(facts, a.fact("agreement.amended", "dpa/2", s.ago(200, 15, 0), signed))
	}
	return facts
}

func (a *account) agreement(effective string) object {
	t := a.terms
	return object{"effective": effective, "model": t.model, "list": listName, "noticeDays": t.notice, "objectionDays": t.objection, "windowStart": t.start,
		"proof": domain.Accepted, "graceDays": t.grace, "emergency": t.emergency, "scc": t.instrument(), "law": a.law(), "zone": a.zone, "digest": digest(a.short + "/dpa"), "textVersion": "2024-1"}
}

// contacts names people to reach an account by. Whoever receives notices has a login of our own, to
// answer them.
func (s *story) contacts(a *account) []fact {
	named := func(role, name string, ago int) fact {
		id := idOf(a.short + "/contact/" + name)
		return a.fact("tenant.contact_designated", role+"/"+s.date(ago), s.ago(ago, 11, 0),
			object{"contact": id.String(), "role": role, "name": name, "email": address(name, a.host())}).about(id)
	}
	facts := []fact{named("PRIVACY", a.agents[0], a.joined-1)}
	if a.contact == "" {
		return facts
	}
	login := a.fact("user.enrolled", "contact", s.ago(a.joined-1, 11, 30), object{"employer": "TENANT", "system": "muniment",
		"login": address(a.contact, a.host()), "name": a.contact, "email": address(a.contact, a.host())}).about(a.contactID())
	facts = append(facts, named("NOTICES", a.contact, a.joined-1), login)
	if a.country != "US" && a.parent == "" {
		facts = append(facts, named("DPO", a.contact, a.joined-1))
	}
	return facts
}
