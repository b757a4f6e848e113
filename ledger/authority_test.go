package ledger_test

import (
	"errors"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// other is an account beside the shop.
var other = domain.ID{15: 2}

// TestMay: given a principal and a submission, then whether it may state it, or the rule that says why not.
func TestMay(t *testing.T) {
	writer := func(change func(*ledger.Principal)) ledger.Principal {
		p := ledger.Principal{Sources: []string{"portal", "dialler"}, Kinds: domain.Grant{"INTERACTIONS", "PEOPLE"}, Tenants: []domain.ID{shop}, Actors: true}
		change(&p)
		return p
	}
	reporting, plain := writer(func(*ledger.Principal) {}), writer(func(p *ledger.Principal) { p.Actors = false })
	machine := ledger.AtMachine(domain.Actor{Kind: domain.Service})
	as := func(change func(*ledger.Submission)) *ledger.Submission {
		s := call("CA1", phone(1))
		s.Tenant, s.Source, s.Actor, s.Auth = shop, "portal", ledger.ActorClaim{Actor: domain.Actor{Kind: domain.UnknownActor}}, nil
		change(s)
		return s
	}
	login := func(system string) func(*ledger.Submission) {
		return func(s *ledger.Submission) { s.Actor.System, s.Actor.Login = system, "ana" }
	}
	subject := func(value string) func(*ledger.Submission) {
		return func(s *ledger.Submission) {
			s.Subjects = append(s.Subjects, ledger.SubjectClaim{Capacity: domain.Processor, Identifiers: []ledger.Identifier{{Type: domain.Login, Value: value}}})
		}
	}
	event := func(e domain.Event) func(*ledger.Submission) { return func(s *ledger.Submission) { s.Event = e } }
	source := func(name string) func(*ledger.Submission) { return func(s *ledger.Submission) { s.Source = name } }
	for name, c := range map[string]struct {
		by     ledger.Principal
		change func(*ledger.Submission)
		rule   string
	}{
		"a fact":                      {plain, func(*ledger.Submission) {}, ""},
		"its other source":            {plain, source("dialler"), ""},
		"another's source":            {plain, source("twilio"), "intake.source"},
		"no source":                   {plain, source(""), "intake.source"},
		"the machine, any source":     {machine, source("twilio"), ""},
		"another account":             {plain, func(s *ledger.Submission) { s.Tenant = other }, "tenant.known"},
		"a kind it has no grant for":  {plain, event(domain.ExportRequested{Channel: "API"}), "intake.kind"},
		"a kind of ours":              {machine, event(domain.LedgerQueried{}), "intake.ours"},
		"an actor's role":             {plain, func(s *ledger.Submission) { s.Actor.Role = "DPO" }, "intake.actor"},
		"an actor's id":               {plain, func(s *ledger.Submission) { s.Actor.ID = domain.ID{1} }, "intake.actor"},
		"an actor's kind":             {plain, func(s *ledger.Submission) { s.Actor.Kind = domain.Person }, "intake.actor"},
		"on behalf of somebody":       {plain, func(s *ledger.Submission) { s.Actor.Behalf = domain.ID{1} }, "intake.actor"},
		"a login":                     {plain, login("ctm"), "intake.actor"},
		"how somebody signed in":      {plain, func(s *ledger.Submission) { s.Auth = []domain.Auth{"PASSWORD"} }, "intake.actor"},
		"a login, reported":           {reporting, login("ctm"), ""},
		"a role, reported":            {reporting, func(s *ledger.Submission) { s.Actor.Role = "DPO" }, ""},
		"our login":                   {reporting, login("muniment"), "intake.login"},
		"our login, in other letters": {reporting, login("MuniMent"), "intake.login"},
		"our login, at the machine":   {machine, login("muniment"), "intake.login"},
		"a subject by a login":        {plain, subject("ctm/ana"), ""},
		"a subject by our login":      {plain, subject("muniment/ana"), "intake.login"},
		"a user of ours":              {plain, event(domain.UserEnrolled{Employer: "TENANT", System: "Muniment", Login: domain.Clear("ana")}), "intake.login"},
		"a user of theirs":            {plain, event(domain.UserEnrolled{Employer: "TENANT", System: "ctm", Login: domain.Clear("ana")}), ""},
		"our login, attached":         {plain, event(domain.IdentifierAttached{Type: domain.Login, Value: domain.Clear("muniment/ana")}), "intake.login"},
		"nobody":                      {ledger.Principal{}, func(*ledger.Submission) {}, "tenant.known"},
		"Muniment itself":             {ledger.Own(), event(domain.LedgerQueried{}), ""},
	} {
		no := c.by.May(as(c.change))
		if (no != nil) != (c.rule != "") || no != nil && no.Rule != c.rule {
			t.Errorf("%s: %v, expected %q", name, no, c.rule)
		}
	}
	for _, own := range domain.OwnSources {
		for name, p := range map[string]ledger.Principal{"a writer": writer(func(p *ledger.Principal) { p.Sources = nil }), "the machine": machine} {
			if no := p.May(as(source(own))); no == nil || no.Rule != "intake.source" {
				t.Errorf("%s speaks as %s: %v", name, own, no)
			}
		}
	}
}

// TestForeignStreams: who may speak of one account adds nothing to what is another's, named by its stream or by
// a person's id, and opens no account again.
func TestForeignStreams(t *testing.T) {
	h := newHouse(t)
	h.ok(h.vault.Admit(t.Context(), other))
	theirs := call("CA1", phone(1))
	theirs.Tenant = other
	kept := h.kept(theirs)
	by := ledger.Principal{Sources: []string{theirs.Source}, Kinds: domain.Grant{"INTERACTIONS", "ACCESSES"}, EveryTenant: true}
	listened := func(tenant domain.ID) *ledger.Submission {
		return &ledger.Submission{Tenant: tenant, Source: theirs.Source, SourceID: "L" + tenant.String()[:4], Occurred: theirs.Occurred, Stream: ledger.StreamRef{Name: kept.Stream},
			Event: domain.InteractionListened{Seconds: 3}, Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.UnknownActor}}}
	}
	for tenant, rule := range map[domain.ID]string{other: "", shop: "intake.stream"} {
		var no *domain.Refusal
		if o := h.Take(t.Context(), by, []*ledger.Submission{listened(tenant)})[0]; errors.As(o.Err, &no) != (rule != "") || no != nil && no.Rule != rule || no == nil && o.Err != nil {
			t.Errorf("%s: %v, expected %q", tenant, o.Err, rule)
		}
	}
}
