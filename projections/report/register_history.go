package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"muniment/domain"
)

// announced adds the table of changes that were announced and take effect later.
func (d *Document) announced(lines []line) {
	t := Table{Name: "announced", Title: "Announced, not yet in effect", Order: "By effective date.", Empty: "No change was announced for a later day.", Columns: []Column{
		{"effective", "Takes effect", "Takes effect", Declared, ""},
		{"announced", "Announced", "Takes effect", Declared, ""},
		{"legalName", "Company", "Company", Declared, ""},
		{"id", "Id", "Company", Observed, ""},
		{"type", "Change", "Change", Declared, ""},
		{"summary", "Summary", "Change", Declared, ""},
		{"services", "Services", "Change", Declared, ""},
		{"dataCategories", "Data", "Change", Declared, ""},
		{"locations", "Where", "Where", Declared, ""},
		{"mechanism", "Transfer", "Where", Declared, ""},
		{"customers", "Customers", "Customers", Declared, ""},
	}}
	type pending struct {
		line
		domain.AnnouncedChange
	}
	var all []pending
	for _, l := range lines {
		for _, c := range l.Engagement.Changes {
			if c.Withdrawn == 0 && l.Engagement.Ended == 0 && c.Effective.Start() > d.Viewpoint.today(d.Viewpoint.AsOf) {
				all = append(all, pending{l, c})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b pending) int { return cmp.Compare(a.Effective, b.Effective) })
	for _, p := range all {
		c, customers := p.ChangeAnnounced, "All with an agreement in force"
		if len(c.Tenants) > 0 {
			customers = "Those that the announcement names" // not who: customers may read this
		}
		t.Rows = append(t.Rows, []Cell{Day(c.Effective), Instant(p.Announced), Text(p.LegalName), ID(p.id), Code(c.Type), textOr(c.Summary), listOr(c.Services),
			codesOr(c.DataCategories), listOr(c.Locations), codeOr(string(c.Mechanism)), Text(customers)})
	}
	d.table(t)
	d.fact("announced", "Changes announced for later", Number(len(t.Rows)), Declared)
}

// lists adds the table of the published lists that the register stands on, each with the digest of
// the document that was published.
func (m *maker) lists(ctx context.Context, lines []line) error {
	t := Table{Name: "lists", Title: "Published lists behind this register", Order: "By list.", Empty: "None: the register rests on decisions kept here.", Columns: []Column{
		{"list", "List", "List", Declared, ""},
		{"version", "Version of", "List", Declared, ""},
		{"rows", "Rows on it", "List", Declared, ""},
		{"digest", "SHA-256 of the published document", "SHA-256 of the published document", Declared, ""},
		{"recorded", "Kept", "Kept", Observed, ""},
		{"event", "Event", "Kept", Observed, ""},
	}}
	var seqs []int64
	for _, l := range lines {
		if l.listed() && !slices.Contains(seqs, l.Seq) {
			seqs = append(seqs, l.Seq)
		}
	}
	events, err := m.src.events(ctx, seqs)
	if err != nil {
		return fmt.Errorf("read the published lists: %w", err)
	}
	for _, k := range events {
		p, ok := k.Event.(domain.ListPublished)
		if !ok {
			return fmt.Errorf("event %d: expected a published list, found %s", k.Seq, k.Kind)
		}
		t.Rows = append(t.Rows, []Cell{Text(p.List), Day(p.Effective), Number(len(p.Entries)), Text(p.Digest), Instant(k.LogTime), Number(k.Seq)})
	}
	slices.SortStableFunc(t.Rows, func(a, b []Cell) int { return cmp.Compare(a[0].words(), b[0].words()) })
	m.doc.table(t)
	return nil
}

// versions adds the table of every version of a published list that was ever kept: one that was
// corrected or taken back stays in it.
func (m *maker) versions(ctx context.Context) error {
	t := Table{Name: "versions", Title: "Versions of published lists", Order: "As they were kept.", Empty: "None was kept.", Columns: []Column{
		{"list", "List", "List", Declared, ""},
		{"version", "Holds from", "List", Declared, ""},
		{"rows", "Rows on it", "List", Declared, ""},
		{"digest", "SHA-256 of the published document", "SHA-256 of the published document", Declared, ""},
		{"recorded", "Kept", "Kept", Observed, ""},
		{"event", "Event", "Kept", Observed, ""},
		{"standing", "What became of it", "What became of it", Computed, ""},
	}}
	seqs, err := m.reader.ListEvents(ctx, m.at)
	if err != nil {
		return fmt.Errorf("read the lists' versions: %w", err)
	}
	order, err := m.src.events(ctx, seqs)
	if err != nil {
		return fmt.Errorf("read the published lists: %w", err)
	}
	lists := map[domain.Stream]domain.ListHistory{}
	for _, k := range order {
		lists[k.Stream] = lists[k.Stream].Apply(k)
	}
	for _, k := range order {
		p, ok := k.Event.(domain.ListPublished)
		if !ok {
			continue
		}
		h := lists[k.Stream]
		standing := "Replaced by a later one of the same day"
		v, stands := h.OfDay(p.Effective)
		switch {
		case slices.Contains(h.Withdrawn, k.ID):
			standing = "Taken back"
		case k.Struck:
			standing = "Its content was removed"
		case stands && v.ID == k.ID && p.Effective.Start() > m.doc.Viewpoint.today(m.at.AsOf):
			standing = "Announced"
		case stands && v.ID == k.ID:
			standing = "Stands"
		case stands && v.Corrects == k.ID:
			standing = "Corrected by a later one of the same day"
		}
		t.Rows = append(t.Rows, []Cell{textOr(p.List), Text(string(p.Effective)), Number(len(p.Entries)), textOr(p.Digest), Instant(k.LogTime), Number(k.Seq), Text(standing)})
	}
	m.doc.table(t)
	return nil
}

// days adds the table of the days on which the register changed or was published anew.
func (m *maker) days(ctx context.Context, lines []line) error {
	t := Table{Name: "days", Title: "Days on which the register changed", Order: "The latest first, up to the day asked about.", Empty: "None.", Columns: []Column{
		{"day", "Day", "Day", Declared, ""},
		{"published", "Published", "Published", Declared, ""},
		{"entries", "Sub-processors then", "Sub-processors then", Computed, ""},
		{"added", "Added", "Added", Computed, ""},
		{"removed", "Removed", "Removed", Computed, ""},
		{"changed", "Changed", "Changed", Computed, ""},
	}}
	days, err := m.changeDays(ctx, lines)
	if err != nil {
		return err
	}
	var before []line
	for _, day := range days {
		after, err := m.registerAt(ctx, min(endOf(day), m.at.AsOf))
		if err != nil {
			return err
		}
		if row := dayRow(day, before, after, m.q.Renames); row != nil {
			t.Rows = append(t.Rows, row)
		}
		before = after
	}
	slices.Reverse(t.Rows)
	m.doc.table(t)
	return nil
}

// changeDays are the days from which some state holds, and those on which an announced change took
// effect by the calendar, the earliest first.
func (m *maker) changeDays(ctx context.Context, lines []line) ([]domain.Time, error) {
	times, err := m.reader.RegisterDays(ctx, m.at)
	if err != nil {
		return nil, fmt.Errorf("read the register's days: %w", err)
	}
	for _, l := range lines {
		for _, c := range l.Engagement.Changes {
			if start := c.Effective.Start(); c.Withdrawn == 0 && start <= m.at.AsOf {
				times = append(times, start)
			}
		}
	}
	for i, t := range times {
		times[i] = domain.TimeOf(t.Std().Truncate(24 * time.Hour))
	}
	slices.Sort(times)
	return slices.Compact(times), nil
}

// dayRow is nil when nothing was published and nothing changed: a company was checked, say.
func dayRow(day domain.Time, before, after []line, renames domain.Renames) []Cell {
	var published, added, removed, changed List
	for _, l := range after {
		version := l.List + " " + string(l.Version)
		if l.listed() && l.since >= day && !slices.Contains(published, version) {
			published = append(published, version)
		}
	}
	for _, c := range compare(before, after, renames) {
		switch {
		case c.before == nil:
			added = append(added, c.after.LegalName)
		case c.after == nil:
			removed = append(removed, c.before.LegalName)
		default:
			changed = append(changed, c.after.LegalName+" ("+Codes(c.kinds).words()+")")
		}
	}
	if len(published)+len(added)+len(removed)+len(changed) == 0 {
		return nil
	}
	used, _ := part(after, line.used)
	return []Cell{Day(day.Std().Format(time.DateOnly)), listOr(published), Number(len(used)), listOr(added), listOr(removed), listOr(changed)}
}

func (m *maker) registerNotes() {
	shows := []string{
		"Every row is a declaration: a list that was published, or a decision kept here. This shows what was kept, not what happened: whether a company in fact received data can’t be seen from it.",
		"A row comes from the latest version of its list that was in force on the day, or from the company’s own decisions; a later statement counts over an earlier one.",
	}
	if len(m.q.Renames) > 0 {
		shows = append(shows, renamesGiven(m.q.Renames))
	}
	m.doc.note("What this shows", shows...)
	m.doc.note("What it doesn’t show",
		"A list that was published but never brought into this ledger is missing here.",
		"Whether one customer authorised a company, and how (Art. 28(2) GDPR): the notices of that customer tell.",
		"A company that changed its name stands as one removed and one added, unless the change of name was given to this report.")
	m.doc.closing()
}

func renamesGiven(r domain.Renames) string {
	var pairs List
	for from, to := range r {
		pairs = append(pairs, from+" is now "+to)
	}
	slices.Sort(pairs)
	return "Changes of name that were given to this report: " + pairs.words() + "."
}

// closing adds what every report says about marks, evidence and advice.
func (d *Document) closing() {
	d.note("Declared, observed, computed",
		"Declared: somebody stated it. Observed: events show it. Computed: worked out here from the other two. Each column says which it is. On a page ids are cut to their first 8 digits; CSV and JSON have them in full.")
	d.note("Evidence", "There is "+Evidence+". So nobody outside can yet prove from this document alone that nothing was left out or changed.",
		"The SHA-256 of this file as it was handed out is kept in the ledger, in an event of kind audit.report_generated. To check a copy, compare the two. "+
			"The same question, asked of the same events, gives the same file; a personal value that was erased since then reads “erased”, and that copy differs.")
	d.note("Not legal advice", NotAdvice)
}
