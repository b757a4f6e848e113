package domain

import (
	"cmp"
	"slices"
)

// ListVersion is one version of a published list as it was kept.
type ListVersion struct {
	ListPublished
	ID       ID
	Occurred Moment
	Seq      int64
	Kept     Time
	Struck   bool // its payload was removed: nobody can say who stood on it
}

// ListHistory is everything kept of one published list.
type ListHistory struct {
	Versions  []ListVersion // corrected and withdrawn ones, too
	Withdrawn []ID
}

// Apply folds one kept event.
func (h ListHistory) Apply(k Kept) ListHistory {
	switch e := k.Event.(type) {
	case ListPublished:
		if e.Effective == "" {
			e.Effective = dayOf(k.Occurred.At)
		}
		h.Versions = append(h.Versions[:len(h.Versions):len(h.Versions)],
			ListVersion{ListPublished: e, ID: k.ID, Occurred: k.Occurred, Seq: k.Seq, Kept: k.LogTime, Struck: k.Struck})
	case ListWithdrawn:
		h.Withdrawn = append(h.Withdrawn[:len(h.Withdrawn):len(h.Withdrawn)], e.Version)
	}
	return h
}

// Of are all versions for one day, in the order they were kept.
func (h ListHistory) Of(day Date) (all []ListVersion) {
	for _, v := range h.Versions {
		if v.Effective == day {
			all = append(all, v)
		}
	}
	slices.SortStableFunc(all, func(a, b ListVersion) int { return cmp.Compare(a.Seq, b.Seq) })
	return all
}

// Standing are the versions that hold, each from its day until the next one's: of each day the last
// one kept that wasn't withdrawn.
func (h ListHistory) Standing() []ListVersion {
	last := map[Date]ListVersion{}
	for _, v := range h.Versions {
		if was, twice := last[v.Effective]; !slices.Contains(h.Withdrawn, v.ID) && (!twice || was.Seq < v.Seq) {
			last[v.Effective] = v
		}
	}
	var all []ListVersion
	for _, v := range last {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b ListVersion) int { return cmp.Compare(a.Effective, b.Effective) })
	return all
}

// OfDay is the version that stands for one day.
func (h ListHistory) OfDay(day Date) (ListVersion, bool) {
	for _, v := range h.Standing() {
		if v.Effective == day {
			return v, true
		}
	}
	return ListVersion{}, false
}

// Before is the latest version that stands for an earlier day.
func (h ListHistory) Before(day Date) (before ListVersion, found bool) {
	for _, v := range h.Standing() {
		if v.Effective < day {
			before, found = v, true
		}
	}
	return before, found
}

// Told is a change that customers were told of.
type Told struct {
	Name      string // of the company
	Announced Time
	Withdrawn Time // zero: it stands
}

// TakeBack decides that a version of a list should never have been kept. Once customers were told of
// a change that follows from it, the way back is to tell them, not to unsay the list.
func (h ListHistory) TakeBack(list string, day Date, told []Told) ([]Event, *Refusal) {
	v, found := h.OfDay(day)
	if !found {
		return nil, &Refusal{Code: NotFound, Rule: "register.version", Article: "Art. 28(2) GDPR", Field: "effective",
			Message: "no version of this list is kept for this day: name the day from which it holds"}
	}
	without := h
	without.Withdrawn = append(slices.Clone(h.Withdrawn), v.ID)
	before, again := without.OfDay(day)
	if !again {
		before, _ = without.Before(day)
	}
	for _, t := range told {
		if t.Withdrawn == 0 && t.Announced >= v.Kept && differsIn(before.Entries, v.Entries, t.Name) {
			return nil, Refuse("register.told", "Art. 28(2) GDPR",
				"customers were told of a change that follows from this version: withdraw the change, which tells them, or publish a corrected list")
		}
	}
	return []Event{ListWithdrawn{List: list, Effective: day, Version: v.ID}}, nil
}

// differsIn reports whether two versions differ in a company.
func differsIn(before, after []Entry, name string) bool {
	is := func(e Entry) bool { return NormalisedName(e.Name) == NormalisedName(name) }
	d := Diff(RowsInUse(before), RowsInUse(after), nil)
	return slices.ContainsFunc(d.Added, is) || slices.ContainsFunc(d.Removed, is) ||
		slices.ContainsFunc(d.Changed, func(c EntryChange) bool { return is(c.Before) || is(c.After) })
}

// SameRows reports whether two versions say the same, in whatever order.
func SameRows(a, b []Entry) bool {
	sorted := func(rows []Entry) []Entry {
		rows = slices.Clone(rows)
		slices.SortFunc(rows, func(a, b Entry) int { return slices.Compare(a.Key[:], b.Key[:]) })
		return rows
	}
	return slices.EqualFunc(sorted(a), sorted(b), func(a, b Entry) bool {
		return sameEntry(a, b) && a.Purpose == b.Purpose && a.Service == b.Service
	})
}
