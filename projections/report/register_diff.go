package report

import (
	"context"
	"slices"

	"muniment/domain"
)

// Changes besides those of [domain.Diff].
const (
	otherMechanism = "MECHANISM"
	otherStatus    = "STATUS"
)

// change is one company that came, went or changed.
type change struct {
	kinds         []string
	before, after *line
}

// compare says what changed between two days among the companies in use, by domain.Diff. A company
// for one purpose that stands on two lists, or on a list and in decisions kept here, is one: the
// later statement counts.
func compare(before, after []line, renames domain.Renames) []change {
	was, is := distinct(before), distinct(after)
	d := domain.Diff(entries(was), entries(is), renames)
	find := func(lines []line, key domain.ID) *line {
		return &lines[slices.IndexFunc(lines, func(l line) bool { return l.id == key })]
	}
	var all []change
	done := map[domain.ID]bool{}
	for _, e := range d.Added {
		all = append(all, change{[]string{string(domain.AddSubprocessor)}, nil, find(is, e.Key)})
		done[e.Key] = true
	}
	for _, e := range d.Removed {
		all = append(all, change{[]string{string(domain.Remove)}, find(was, e.Key), nil})
	}
	for _, c := range d.Changed {
		x := change{nil, find(was, c.Before.Key), find(is, c.After.Key)}
		for _, k := range c.Types {
			x.kinds = append(x.kinds, string(k))
		}
		x.kinds = append(x.kinds, x.besides()...)
		all = append(all, x)
		done[c.After.Key] = true
	}
	for i := range is {
		if done[is[i].id] {
			continue
		}
		for j := range was {
			if x := (change{nil, &was[j], &is[i]}); keyOf(was[j]) == keyOf(is[i]) && x.besides() != nil {
				x.kinds = x.besides()
				all = append(all, x)
			}
		}
	}
	return all
}

// besides are the changes that published lists don't tell.
func (c change) besides() (kinds []string) {
	if a, b := c.before.Mechanism, c.after.Mechanism; a != "" && b != "" && a != b {
		kinds = append(kinds, otherMechanism)
	}
	suspended := string(domain.SubprocessorIsSuspended)
	if (c.before.Status == suspended) != (c.after.Status == suspended) {
		kinds = append(kinds, otherStatus)
	}
	return kinds
}

func keyOf(l line) string {
	if l.listed() && l.Service != "" { // rows of one list that only their service tells apart
		return domain.NormalisedKey(l.LegalName, purposes(l)) + "/" + l.Service
	}
	return domain.NormalisedKey(l.LegalName, purposes(l))
}

// distinct keeps the companies in use, each once for the same purposes.
func distinct(lines []line) []line {
	at := map[string]int{}
	var kept []line
	for _, l := range lines {
		switch i, twice := at[keyOf(l)]; {
		case !l.used():
		case !twice:
			at[keyOf(l)] = len(kept)
			kept = append(kept, l)
		case l.since > kept[i].since:
			kept[i] = l
		}
	}
	return kept
}

func entries(lines []line) []domain.Entry {
	all := make([]domain.Entry, len(lines))
	for i, l := range lines {
		all[i] = domain.Entry{Key: l.id, Name: l.LegalName, Purpose: purposes(l), Locations: l.Locations, URL: l.URL}
		if l.listed() {
			all[i].Service, all[i].Seat = l.Service, l.Seat // a country code of decisions kept here is no move from a name of a list
		}
	}
	return all
}

// changesSince adds the table of what changed since the earlier day.
func (m *maker) changesSince(ctx context.Context, now []line) error {
	before, err := m.registerAt(ctx, m.q.From)
	if err != nil {
		return err
	}
	t := Table{Name: "changes", Title: "What changed since " + dayAndTime(m.q.From), Order: "Added, then removed, then changed; each by name.",
		Empty: "Nothing changed.", Columns: []Column{{"change", "Change", "Change", Computed, ""}}}
	for _, side := range []struct{ suffix, title string }{{"Before", "Before"}, {"After", "After"}} {
		for _, c := range []Column{{"legalName", "Company", "", Declared, ""}, {"purposes", "What for", "", Declared, ""}, {"locations", "Where", "", Declared, ""},
			{"seat", "Seat", "", Declared, ""}, {"mechanism", "Transfer", "", Declared, ""}, {"status", "Status", "", Computed, ""}, {"source", "Source", "", Declared, ""}} {
			t.Columns = append(t.Columns, Column{c.Name + side.suffix, c.Title, side.title, c.Mark, ""})
		}
	}
	for _, c := range compare(before, now, m.q.Renames) {
		t.Rows = append(t.Rows, slices.Concat([]Cell{Codes(c.kinds)}, c.before.side(), c.after.side()))
	}
	m.doc.table(t)
	m.doc.fact("from", "Compared with", Instant(m.q.From), "")
	m.doc.fact("changes", "Changes since then", Number(len(t.Rows)), Computed)
	return nil
}

// side is a line in the table of changes.
func (l *line) side() []Cell {
	if l == nil {
		return make([]Cell, 7)
	}
	return []Cell{Text(l.LegalName), listOr(l.Purposes), listOr(l.Locations), textOr(l.Seat), codeOr(string(l.Mechanism)), Code(l.Status), Text(l.source())}
}
