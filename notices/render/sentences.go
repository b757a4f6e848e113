package render

import (
	"fmt"
	"strings"

	"muniment/domain"
)

// Headline says in one line what will happen.
func (n Notice) Headline() string {
	name := n.Company.LegalName
	switch n.Change.Type {
	case domain.AddSubprocessor:
		return "New sub-processor: " + name
	case domain.ReplaceBy:
		return fmt.Sprintf("Change of sub-processor: %s replaces %s", name, n.Replaces)
	case domain.Relocate:
		return name + " will process data in other places"
	case domain.Repurpose:
		return name + " will be used for another purpose"
	case domain.Rename:
		return "Our sub-processor " + name + " changes its name"
	case domain.Remove:
		return "We will stop using " + name
	}
	return "Change of sub-processor: " + name
}

// Opening says why the customer gets the notice.
func (n Notice) Opening() string {
	why := "Your agreement with us says that we tell you before we change who processes personal data for you (Art. 28(2) GDPR)."
	if n.State.Terms.Model == domain.UnknownModel {
		why = "We tell every customer before we change who processes personal data for them (Art. 28(2) GDPR)."
	}
	return fmt.Sprintf("%s processes personal data for %s and uses other companies, called sub-processors, to do so. %s", n.Organisation, n.Tenant, why)
}

// Fact is one line of what changes.
type Fact struct{ Name, Value string }

// Facts lists what changes: who, for what, which services and data, where, on what basis, from when.
func (n Notice) Facts() []Fact {
	var list []Fact
	add := func(name, value string) {
		if strings.TrimSpace(value) != "" {
			list = append(list, Fact{name, value})
		}
	}
	c := n.Company
	company := c.LegalName
	if c.Country != "" {
		company += ", " + Country(c.Country)
	}
	add("In short", n.Change.Summary)
	add("Sub-processor", company)
	add("Replaces", n.Replaces)
	add("Its service", c.Service)
	add("Purpose", strings.Join(c.Purposes, "; "))
	add("Our services affected", strings.Join(n.Change.Services, ", "))
	add("Kinds of data", Words(c.DataCategories))
	add("People concerned", Words(c.SubjectCategories))
	where := strings.Join(c.Locations, "; ")
	if before := strings.Join(n.Before.Locations, "; "); n.Change.Type == domain.Relocate && before != where {
		where += " (until now: " + before + ")"
	}
	add("Where", where)
	add("Basis for transfers outside the EU and EEA", Mechanism(c.Mechanism))
	add("From when", Day(n.Change.Effective)+" (00:00 UTC)")
	return list
}

// LinkUntil is the last full day on which the link holds.
func (n Notice) LinkUntil() string {
	return (n.Expires - 24*60*60*1_000_000).Std().Format("2 January 2006")
}

// Waits reports whether we wait for the customer's answer: nothing ended it, nobody objected or
// authorised.
func (n Notice) Waits() bool {
	s := n.State
	ended := s.Withdrawn != 0 || s.Terminated != 0 || s.Blocked != 0
	return !ended && !s.Objection.Holds() && !s.Authority.Basis.Authorises()
}

// OnlyTold reports whether nothing is asked: a removal takes access away.
func (n Notice) OnlyTold() bool { return n.Change.Type.OnlyTold() }

// UntilWhen says until when to object, without how.
func (n Notice) UntilWhen() string {
	t := n.State.Terms
	switch {
	case n.OnlyTold():
		return "Nothing is asked of you. If the change is a problem for you, tell us before it takes effect."
	case t.Model == domain.UnknownModel:
		return "You may object at any time."
	case n.State.Window.IsOpen() && n.State.WindowOver(n.Now):
		return fmt.Sprintf("Your time to object ended with %s. You may still object; we will take it and mark it as late.", end(n.State.Window.Closes, n.Zone))
	case n.State.Window.IsOpen():
		return fmt.Sprintf("You may object until %s.", end(n.State.Window.Closes, n.Zone))
	}
	return fmt.Sprintf("You may object within %s after this notice reaches you. The day it reaches you is not counted: if that is %s, you may object until %s.",
		days(t.ObjectionDays), n.Now.Std().Format("2 January 2006"), end(domain.EndOfDays(n.Now, t.ObjectionDays), n.Zone))
}

// Silence says what happens when nobody answers.
func (n Notice) Silence() string {
	t := n.State.Terms
	switch {
	case n.OnlyTold():
		return ""
	case t.Model == domain.General:
		s := "If you do not object in that time, your silence counts as authorisation: your agreement gives us a general authorisation (Art. 28(2) GDPR)."
		if t.GraceDays > 0 {
			s += fmt.Sprintf(" We wait %s longer, in case this notice did not reach you.", days(t.GraceDays))
		}
		return s
	case t.Model == domain.Specific:
		return "If you do not answer, the answer is no: your agreement asks for your explicit yes to each change, so your silence authorises nothing (Art. 28(2) GDPR)."
	}
	return "We have no agreement with you on record that says how you authorise sub-processors, so we will not treat your silence as consent. Please tell us what you decide."
}

// NotBefore says from when the sub-processor may be used for this customer.
func (n Notice) NotBefore() string {
	t := n.State.Terms
	from := "before " + Day(n.Change.Effective) + " (00:00 UTC)"
	switch {
	case n.OnlyTold():
		return "From " + Day(n.Change.Effective) + " (00:00 UTC) on, it has no access to your data any more."
	case t.Model == domain.General && n.State.NoticePeriodEnds() != 0:
		return fmt.Sprintf("We will not make this change for your account %s, nor, unless you agree earlier, before your notice period is over at %s.", from, end(n.State.NoticePeriodEnds(), n.Zone))
	case t.Model == domain.General && t.NoticeDays > 0:
		return fmt.Sprintf("We will not make this change for your account %s, nor, unless you agree earlier, before your notice period of %s is over.", from, days(t.NoticeDays))
	}
	return fmt.Sprintf("We will not make this change for your account %s, nor without your authorisation.", from)
}

// Greeting opens a letter.
func (n Notice) Greeting() string {
	if n.Addressee == "" {
		return "To the contact for notices of " + n.Tenant
	}
	return "Dear " + n.Addressee
}
