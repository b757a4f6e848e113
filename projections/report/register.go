package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/projections"
)

// line is one entry of the register as of a time.
type line struct {
	id    domain.ID
	since domain.Time // of the statement that counts
	projections.Subprocessor
}

// used reports whether the company is a sub-processor then: one that is suspended still is.
func (l line) used() bool {
	return l.Status == projections.Listed || l.Status == string(domain.SubprocessorIsActive) || l.Status == string(domain.SubprocessorIsSuspended)
}

func (l line) listed() bool { return l.List != "" }

func (l line) source() string {
	if l.listed() {
		return fmt.Sprintf("Published list %s, version of %s", l.List, l.Version)
	}
	return "Decisions kept here"
}

// registerAt reads the whole register as of a time, by name and purpose.
func (m *maker) registerAt(ctx context.Context, asOf domain.Time) ([]line, error) {
	v := domain.Viewpoint{AsOf: asOf, KnownAt: m.at.KnownAt, Known: m.at.Known}
	var lines []line
	for page := (projections.Page{First: projections.MaxPage}); ; {
		conn, err := m.reader.Subprocessors(ctx, projections.StateFilter{}, v, page)
		if err != nil {
			return nil, fmt.Errorf("read the register: %w", err)
		}
		for _, e := range conn.Edges {
			lines = append(lines, lineOf(e.Node, asOf, m.doc.Viewpoint.today(asOf)))
		}
		if !conn.HasNext {
			break
		}
		page.After = conn.End
	}
	slices.SortStableFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(domain.NormalisedName(a.LegalName), domain.NormalisedName(b.LegalName)),
			cmp.Compare(purposes(a), purposes(b)), slices.Compare(a.id[:], b.id[:]))
	})
	return lines, nil
}

// lineOf is a state as of a time: changes that were announced take effect by the calendar, without
// an event of their own, once their day has come.
func lineOf(s projections.State[projections.Subprocessor], asOf, today domain.Time) line {
	l := line{id: s.ID, since: s.Since, Subprocessor: s.State.On(asOf, today)}
	if !l.listed() {
		l.Seat = l.Country
	}
	return l
}

func purposes(l line) string { return strings.Join(l.Purposes, "; ") }

func makeRegister(ctx context.Context, m *maker) error {
	d := m.doc
	d.Tenant = domain.Operator
	d.For = "Customers, data protection officers and supervisory authorities"
	d.Question = "Which companies had, or could have had, access to customers’ data " + at(m.at.AsOf) + "?"
	lines, err := m.registerAt(ctx, m.at.AsOf)
	if err != nil {
		return err
	}
	recorded, err := m.recorded(ctx, lines)
	if err != nil {
		return err
	}
	used, others := part(lines, line.used)
	d.fact("entries", "Sub-processors on that day", Number(len(used)), Computed)
	d.table(entriesTable("entries", "Sub-processors", "By name, then by what for.", "No sub-processor was kept for this day.", used, recorded))
	if m.q.From != 0 {
		if err := m.changesSince(ctx, lines); err != nil {
			return err
		}
	}
	d.announced(lines)
	d.table(entriesTable("others", "Followed here, but not in use on that day", "Proposed, announced or ended companies. By name, then by what for.",
		"None.", others, recorded))
	if err := m.lists(ctx, used); err != nil {
		return err
	}
	if err := m.versions(ctx); err != nil {
		return err
	}
	if err := m.days(ctx, lines); err != nil {
		return err
	}
	m.registerNotes()
	return nil
}

func part(lines []line, first func(line) bool) (yes, no []line) {
	for _, l := range lines {
		if first(l) {
			yes = append(yes, l)
		} else {
			no = append(no, l)
		}
	}
	return yes, no
}

// recorded finds when the events that made the lines were kept.
func (m *maker) recorded(ctx context.Context, lines []line) (map[int64]domain.Time, error) {
	at := map[int64]domain.Time{}
	var seqs []int64
	for _, l := range lines {
		if _, ok := at[l.Seq]; !ok {
			at[l.Seq] = 0
			seqs = append(seqs, l.Seq)
		}
	}
	for chunk := range slices.Chunk(seqs, projections.MaxPage) {
		records, err := m.src.Ledger.Shown(ctx, chunk)
		if err != nil {
			return nil, fmt.Errorf("read the register's events: %w", err)
		}
		for _, r := range records {
			if r.Forged {
				return nil, damaged(r)
			}
			at[r.Seq] = r.LogTime
		}
	}
	return at, nil
}

func entriesTable(name, title, order, empty string, lines []line, recorded map[int64]domain.Time) Table {
	t := Table{Name: name, Title: title, Order: order, Empty: empty, Columns: []Column{
		{"legalName", "Company", "Company", Declared, ""},
		{"seat", "Seat", "Company", Declared, ""},
		{"url", "Page", "Company", Declared, ""},
		{"purposes", "What for", "What for", Declared, ""},
		{"service", "Service", "What for", Declared, ""},
		{"dataCategories", "Data", "What for", Declared, ""},
		{"subjectCategories", "People", "What for", Declared, ""},
		{"locations", "Where", "Where", Declared, ""},
		{"mechanism", "Transfer", "Where", Declared, ""},
		{"status", "Status", "Status", Computed, ""},
		{"stated", "Last stated", "Status", Declared, ""},
		{"source", "Source", "Source", Declared, ""},
		{"standing", "Standing", "Source", Declared, ""},
		{"recorded", "Kept", "Source", Observed, ""},
		{"event", "Event", "Source", Observed, ""},
		{"id", "Id", "Source", Observed, ""},
	}}
	for _, l := range lines {
		t.Rows = append(t.Rows, []Cell{Text(l.LegalName), textOr(l.Seat), textOr(l.URL), listOr(l.Purposes), textOr(l.Service),
			codesOr(l.DataCategories), codesOr(l.SubjectCategories), listOr(l.Locations), codeOr(string(l.Mechanism)), Code(l.Status),
			Day(l.since.Std().Format("2006-01-02")), Text(l.source()), Code(Declared), Instant(recorded[l.Seq]), Number(l.Seq), ID(l.id)})
	}
	return t
}
