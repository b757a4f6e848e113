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
	add("From when", n.start())
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

func (n Notice) days() domain.Counting { return n.State.Terms.Counting() }

func (n Notice) end(t domain.Time) string { return End(t, n.days()) }

// start is when the change takes effect.
func (n Notice) start() string {
	return fmt.Sprintf("%s (00:00 %s)", Day(n.Change.Effective), n.days().Name())
}

// UntilWhen says until when to object, without how.
func (n Notice) UntilWhen() string {
	t := n.State.Terms
	window := max(t.ObjectionDays, t.NoticeDays)
	switch {
	case n.OnlyTold():
		return "Nothing is asked of you. If the change is a problem for you, tell us before it takes effect."
	case t.Model == domain.UnknownModel:
		return "You may object at any time."
	case n.State.Window.IsOpen() && n.State.WindowOver(n.Now):
		return fmt.Sprintf("Your time to object ended with %s. An objection still holds the change for your account as long as it has not taken effect.", n.end(n.State.Window.Closes))
	case n.State.Window.IsOpen():
		return fmt.Sprintf("You may object until %s.", n.end(n.State.Window.Closes))
	}
	return fmt.Sprintf("You may object within %s after this notice reaches you. The day it reaches you is not counted: if that is %s, you may object until %s.",
		days(window), Day(n.days().Day(n.Now)), n.end(n.days().EndOfWindow(n.Now, window)))
}

// Counted says how the days are counted: by which law, or by our own rule, and in which zone.
func (n Notice) Counted() string {
	t := n.State.Terms
	counted := fmt.Sprintf("Days are full calendar days in the time zone of your agreement (%s), which is governed by the law of %s.", n.days().Name(), Country(t.Law))
	const moves = " Where the last day to object is a Saturday, a Sunday or a public holiday of the whole country, the next working day takes its place (%s)."
	switch rule := n.days().Rule(); {
	case n.OnlyTold(), t.Model == domain.UnknownModel:
		return ""
	case rule == domain.BGB193:
		return counted + fmt.Sprintf(moves, "§ 193 BGB")
	case rule == domain.ABGB903:
		return counted + fmt.Sprintf(moves, "§ 903 ABGB")
	case t.Law != "":
		return counted + " What that law says about a last day on a weekend or holiday is not in our tables: by our house rule such a day is not moved. If the law gives you longer, you have longer."
	}
	return "Days are full calendar days in UTC. That is our house rule: no governing law is on record. If the law that governs your agreement gives you longer, you have longer."
}

// AlsoTold says who else is told, and in which role the customer is.
func (n Notice) AlsoTold() string {
	switch t := n.State.Terms; {
	case t.Second.IsZero():
		return ""
	case t.SCC == domain.SCCModule3:
		return "You get this notice as the controller behind your agency, which is told, too. You may object yourself (SCC 2021/914, module 3, clause 9)."
	}
	return "Your agency's contact for notices is told of this change, too."
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
		return s + " An objection after that still holds the change as long as it has not taken effect."
	case t.Model == domain.Specific:
		return "If you do not answer, the answer is no: your agreement asks for your explicit yes to each change, so your silence authorises nothing (Art. 28(2) GDPR)."
	}
	return "We have no agreement with you on record that says how you authorise sub-processors, so we will not treat your silence as consent. Please tell us what you decide."
}

// NotBefore says from when the sub-processor may be used for this customer.
func (n Notice) NotBefore() string {
	t := n.State.Terms
	from := "before " + n.start()
	switch {
	case n.OnlyTold():
		return "From " + n.start() + " on, it has no access to your data any more."
	case t.Model == domain.General && n.State.NoticePeriodEnds() != 0:
		return fmt.Sprintf("We will not make this change for your account %s, nor, unless you agree earlier, before your notice period is over at %s.", from, n.end(n.State.NoticePeriodEnds()))
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
