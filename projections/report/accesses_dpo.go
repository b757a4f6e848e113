package report

import (
	"context"
	"slices"

	"muniment/domain"
)

// rowOf writes one row.
type rowOf func(context.Context, *people, access) ([]Cell, error)

// dpoTable is the access log as the data protection officer needs it.
func (m *maker) dpoTable() (Table, rowOf) {
	m.doc.For = "The data protection officer"
	m.doc.Question = "Who accessed this person’s data up to " + dayAndTime(m.at.AsOf) + ", when, and why?"
	t := Table{Name: "accesses", Title: "Accesses", Order: "The earliest first.", Empty: "No access was kept for this period.", Columns: []Column{
		{"occurred", "When", "When", Observed, ""},
		{"occurredAtSource", "At the source", "When", Observed, ""},
		{"recorded", "Kept", "When", Observed, ""},
		{"action", "What was done", "What was done", Observed, ""},
		{"seconds", "Length", "What was done", Observed, ""},
		{"fields", "Data", "What was done", Observed, ""},
		{"medium", "Contact", "Contact", Observed, ""},
		{"interactionOccurred", "Of", "Contact", Observed, ""},
		{"interaction", "Id", "Contact", Observed, ""},
		{"actorName", "Who", "Who", Observed, ""},
		{"actorKind", "Kind", "Who", Observed, ""},
		{"actorRole", "Role", "Who", Observed, ""},
		{"actor", "Id", "Who", Observed, ""},
		{"onBehalfOf", "On behalf of", "Who", Observed, ""},
		{"purpose", "Why", "Why", Declared, "not recorded"},
		{"basis", "Basis", "Why", Declared, ""},
		{"case", "Case", "Why", Declared, ""},
		{"auth", "Signed in by", "Signed in by", Observed, "not recorded"},
		{"pin", "PIN", "Signed in by", Observed, ""},
		{"source", "Source", "Source", Observed, ""},
		{"standing", "Standing", "Source", Observed, ""},
		{"event", "Event", "Source", Observed, ""},
	}}
	return t, dpoRow
}

func dpoRow(ctx context.Context, who *people, a access) ([]Cell, error) {
	behalf, err := who.onBehalf(ctx, a.Behalf)
	if err != nil {
		return nil, err
	}
	var medium, of Cell
	if a.contact != nil {
		medium, of = Code(a.contact.Medium), Instant(a.contact.Occurred)
	}
	return []Cell{Moment(a.kept.Occurred), atSource(a.kept.Occurred), Instant(a.kept.LogTime),
		Code(a.Action), absent(Seconds(a.Seconds), a.Seconds == 0), codesOr(a.Fields),
		medium, of, idOr(a.Interaction),
		who.staff[a.Actor].name, Code(a.kept.Actor.Kind), codeOr(string(a.Role)), idOr(a.Actor), behalf,
		codeOr(a.Purpose), codeOr(string(a.kept.Basis)), textOr(a.Case),
		codesOr(a.Auth), YesNo(slices.Contains(a.Auth, domain.Auth("PIN"))),
		Text(a.kept.Source), Code(standing(a.kept)), Number(a.Seq)}, nil
}

// atSource is nil when the source stated no zone, or UTC.
func atSource(m domain.Moment) Cell {
	if m.Precision == domain.Day || m.Zone == "" || m.Zone == "+00:00" {
		return nil
	}
	return Local(m)
}

func (m *maker) dpoNotes() {
	shows := []string{
		"Every access to this person’s data that a source system reported and this ledger kept, with what the report said. This shows what was kept, not what happened: an access that no system reported is missing, so an absent row proves nothing.",
		m.names(),
		"Purposes are as the source stated them; nobody checked them against what was done.",
	}
	shows, hides := m.ledgerReads(shows, []string{
		"Disclosures to others: exports and sub-processors have reports of their own.",
		"Facts that this ledger learned after the viewpoint, even about earlier days.",
	})
	m.doc.note("What this shows", shows...)
	m.doc.note("What it doesn’t show", hides...)
	m.doc.closing()
}

func (m *maker) names() string {
	if m.src.Reveal == nil {
		return "Who acted is the login that the source named. Names are withheld: no purpose and case were stated for this copy."
	}
	return "Who acted is the login that the source named. Its name was opened when this copy was made."
}

// ledgerReads says on which side reads of this ledger are.
func (m *maker) ledgerReads(shows, hides []string) (_, _ []string) {
	if m.q.LedgerReads {
		return append(shows, "Reads of personal values in this ledger itself are listed too."), hides
	}
	return shows, append(hides, "Reads of personal values in this ledger itself: they were not asked for.")
}

// standing is how well the ledger knows who did it.
func standing(k domain.Kept) Mark {
	if k.Reported {
		return Reported
	}
	return Observed
}
