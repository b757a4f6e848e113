package report

import (
	"context"

	"muniment/domain"
	"muniment/projections"
)

// subjectTable is the access log as the person gets it (Art. 15 GDPR): when, what, why, and what
// kind of people. Staff are not recipients and are not named without a recorded balancing of both
// sides' rights (CJEU 22 June 2023, C-579/21, Pankki S), so their names are not even opened.
func (m *maker) subjectTable(tenant string) (Table, rowOf) {
	m.doc.Title = "Uses of your data"
	m.doc.For = "The person whose data it is (Art. 15 GDPR)"
	m.doc.Question = "Who used your data up to " + dayAndTime(m.at.AsOf) + ", when, and why?"
	t := Table{Name: "accesses", Title: "Each time your data was used", Order: "The earliest first.", Empty: "No use of your data was recorded for this period.", Columns: []Column{
		{"occurred", "When", "When", Observed, ""},
		{"occurredAtSource", "Local time there", "When", Observed, ""},
		{"action", "What was done", "What was done", Observed, ""},
		{"fields", "Which data", "What was done", Observed, ""},
		{"contact", "Which contact", "Which contact", Observed, ""},
		{"purpose", "Why", "Why", Declared, "The system that reported this did not say why."},
		{"by", "By whom", "By whom", Observed, ""},
	}}
	row := func(_ context.Context, who *people, a access) ([]Cell, error) {
		why := a.Purpose
		if why != "" {
			why = wordsOf(why)
		}
		return []Cell{Moment(a.kept.Occurred), atSource(a.kept.Occurred), Text(toYou[a.Action]), textOr(Codes(plain(a.Fields)).words()), contactOf(a.contact),
			textOr(why), Text(category(a, who.staff[a.Actor], tenant))}, nil
	}
	return t, row
}

var toYou = map[string]string{
	"VIEWED":               "Your details were looked at",
	"LISTENED":             "The recording was listened to",
	"DOWNLOADED":           "A copy was downloaded",
	"EDITED":               "Your details were changed",
	projections.LedgerRead: "Your details were read in the record of uses itself",
}

func plain(fields []domain.DataField) []string {
	codes := make([]string, len(fields))
	for i, f := range fields {
		codes[i] = string(f)
	}
	return codes
}

func contactOf(i *projections.Interaction) Cell {
	if i == nil {
		return nil
	}
	return Text(wordsOf(string(i.Medium)) + " on " + i.Occurred.Std().Format("2 January 2006, 15:04 UTC"))
}

// category says what kind of people, by role and employer, never who.
func category(a access, s staff, tenant string) string {
	switch a.kept.Actor.Kind {
	case domain.Service:
		return "A connected software service"
	case domain.System:
		return "An automatic process"
	case domain.UnknownActor:
		return "Not recorded"
	}
	switch a.Role {
	case "DPO":
		return "A data protection officer"
	case "REGULATOR":
		return "A supervisory authority"
	case "OPERATOR":
		return "Staff of the company that runs the service for " + tenant
	case "CUSTOMER", "AGENT":
		return "Staff of " + tenant
	}
	switch {
	case s.employer == "ORGANISATION":
		return "Staff of the company that runs the service for " + tenant
	case s.enrolled:
		return "Staff of " + tenant
	}
	return "A person whom the record does not describe further"
}

func (m *maker) subjectNotes() {
	shows, hides := m.ledgerReads([]string{
		"Every use of your data that was reported and recorded, up to the day above. It shows what was recorded, not what happened: a use that no system reported is missing.",
		"“Why” is what the system that reported the use stated (declared). The other columns are what it reported as done (observed). Times are in UTC.",
	}, []string{
		"The names of members of staff. Under Art. 15 GDPR you can ask when and why your data was looked at. Who among the staff did so is told only if you need it to use your rights, after weighing it against their rights " +
			"(Court of Justice of the EU, 22 June 2023, C-579/21, Pankki S). No such decision is recorded: this build can’t record one yet.",
		"Companies that your data was passed on to. Ask for the recipients separately (Art. 15(1)(c) GDPR).",
	})
	m.doc.note("What this shows", shows...)
	m.doc.note("What it doesn’t show", hides...)
	m.doc.note("Evidence", "There is "+Evidence+". So nobody outside can yet prove from this document alone that nothing was left out or changed.",
		"A fingerprint (SHA-256) of this file, as it was handed out, is kept in the record, so that a copy can be checked.")
	m.doc.note("Not legal advice", NotAdvice)
}
