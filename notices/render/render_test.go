package render

import (
	"strings"
	"testing"

	"muniment/domain"
)

func moment(s string) domain.Time {
	m, err := domain.ParseMoment(s)
	if err != nil {
		panic(err)
	}
	return m.At
}

// notice is one of a kind, under terms.
func notice(k domain.ChangeKind, m domain.Model) Notice {
	return Notice{
		Organisation: "Example Call Tracking", Contact: "privacy@example.com", Tenant: "Customer GmbH", Addressee: "Ada <b>Lovelace</b>", Replaces: "Old Scribe Inc",
		Change:  domain.ChangeAnnounced{Type: k, Effective: "2026-12-01", Summary: "What is done changes."},
		Company: domain.SubprocessorProposed{LegalName: "Scribe Ltd", Country: "US", Locations: []string{"Ohio"}, Mechanism: "SCC_2021_914", DataCategories: []string{"CALLER_ID"}},
		Before:  domain.SubprocessorProposed{LegalName: "Scribe Ltd", Locations: []string{"Dublin"}},
		State:   domain.Notice{Terms: domain.NoticePrepared{Type: k, Model: m, ObjectionDays: 14, NoticeDays: 30}},
		Now:     moment("2026-10-01T23:30:00Z"), Link: "https://ledger.example.com/notices/x", List: "https://ledger.example.com/subprocessors",
	}
}

func TestEveryKindIsTold(t *testing.T) {
	for _, c := range []struct {
		kind    domain.ChangeKind
		subject string
		says    []string
	}{
		{domain.AddSubprocessor, "New sub-processor: Scribe Ltd, from 1 December 2026", []string{"Scribe Ltd, United States", "caller ID", "(Art. 46(2)(c) GDPR)"}},
		{domain.ReplaceBy, "Change of sub-processor: Scribe Ltd replaces Old Scribe Inc, from 1 December 2026", []string{"Old Scribe Inc"}},
		{domain.Relocate, "Scribe Ltd will process data in other places, from 1 December 2026", []string{"Ohio (until now: Dublin)"}},
		{domain.Repurpose, "Scribe Ltd will be used for another purpose, from 1 December 2026", []string{"What is done changes."}},
		{domain.Rename, "Our sub-processor Scribe Ltd changes its name, from 1 December 2026", nil},
		{domain.Remove, "We will stop using Scribe Ltd, from 1 December 2026", []string{"Nothing is asked of you.", "it has no access to your data any more"}},
	} {
		for _, m := range []domain.Model{domain.General, domain.Specific, domain.UnknownModel} {
			l, err := Announced(notice(c.kind, m))
			if err != nil {
				t.Fatal(err)
			}
			if l.Subject != c.subject {
				t.Errorf("%s: %s", c.kind, l.Subject)
			}
			for _, want := range append(c.says, "1 December 2026 (00:00 UTC)", "privacy@example.com", "It is not legal advice.") {
				if flat := strings.Join(strings.Fields(l.Text), " "); !strings.Contains(flat, want) || !strings.Contains(l.HTML, want) {
					t.Errorf("%s, %s: it does not say %q:\n%s", c.kind, m, want, l.Text)
				}
			}
			if strings.Contains(l.HTML, "<b>Love") {
				t.Error("a name is markup")
			}
			deems := strings.Contains(l.Text, "counts as authorisation")
			if deems != (m == domain.General && c.kind != domain.Remove) {
				t.Errorf("%s, %s: says that silence authorises: %v", c.kind, m, deems)
			}
		}
		if l, err := Withdrawn(notice(c.kind, domain.General)); err != nil || !strings.HasPrefix(l.Subject, "Withdrawn: ") {
			t.Errorf("%s: %s, %v", c.kind, l.Subject, err)
		}
	}
}

func TestUntilWhen(t *testing.T) {
	n := notice(domain.AddSubprocessor, domain.General)
	want := "You may object within 30 days after this notice reaches you. The day it reaches you is not counted: if that is 1 October 2026, you may object until the end of 31 October 2026 (24:00 UTC)."
	if got := n.UntilWhen(); got != want {
		t.Error(got)
	}
	n.State.Window = domain.NoticeWindow{Opened: n.Now, Contractual: n.Now, Delivered: n.Now, Closes: moment("2026-10-03")}
	if got := n.UntilWhen(); got != "You may object until the end of 2 October 2026 (24:00 UTC)." {
		t.Error(got)
	}
	n.Now = n.State.Window.Closes
	if got := n.UntilWhen(); !strings.Contains(got, "An objection still holds the change for your account as long as it has not taken effect.") {
		t.Error(got)
	}
	if got := n.NotBefore(); !strings.Contains(got, "before your notice period is over at the end of 31 October 2026") {
		t.Error(got)
	}
}

func TestWrap(t *testing.T) {
	if got := wrap(2, strings.Repeat("word ", 20)); got != strings.TrimSpace(strings.Repeat("word ", 14))+"\n  "+strings.TrimSpace(strings.Repeat("word ", 6)) {
		t.Errorf("%q", got)
	}
}

// A notice says by which law and in which zone days are counted, and calls a house rule one.
func TestNoticeSaysHowDaysAreCounted(t *testing.T) {
	for _, c := range []struct {
		law, zone string
		says      []string
		not       string
	}{
		{"DE", "Europe/Berlin", []string{"law of Germany", "(Europe/Berlin)", "(§ 193 BGB)", "until the end of 2 November 2026 (24:00 Europe/Berlin)", "before 1 December 2026 (00:00 Europe/Berlin)"}, "house rule"},
		{"AT", "Europe/Vienna", []string{"law of Austria", "(§ 903 ABGB)", "24:00 Europe/Vienna"}, "house rule"},
		{"SE", "Europe/Stockholm", []string{"law of Sweden", "by our house rule such a day is not moved", "until the end of 1 November 2026 (24:00 Europe/Stockholm)"}, "BGB"},
		{"", "", []string{"Days are full calendar days in UTC. That is our house rule", "no governing law is on record"}, "BGB"},
	} {
		n := notice(domain.AddSubprocessor, domain.General)
		n.State.Terms.Law, n.State.Terms.Zone, n.State.Terms.SCC, n.State.Terms.Second = c.law, c.zone, domain.SCCModule3, domain.ID{1}
		l, err := Announced(n) // it is 2 October in these zones, 1 October in UTC
		if err != nil {
			t.Fatal(err)
		}
		flat := strings.Join(strings.Fields(l.Text), " ")
		for _, want := range append(c.says, "the controller behind your agency", "An objection after that still holds the change") {
			if !strings.Contains(flat, want) || !strings.Contains(l.HTML, want) {
				t.Errorf("%s: it does not say %q:\n%s", c.law, want, l.Text)
			}
		}
		if strings.Contains(flat, c.not) {
			t.Errorf("%s: it says %q", c.law, c.not)
		}
	}
}
