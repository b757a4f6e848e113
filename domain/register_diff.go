package domain

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Renames maps the name of a company to the one it has now, both in any spelling. One step: a name
// that changed twice is mapped to its last.
type Renames map[string]string

// now returns the normalised current name.
func (r Renames) now(name string) string {
	from := NormalisedName(name)
	for _, old := range slices.Sorted(maps.Keys(r)) {
		if NormalisedName(old) == from {
			return NormalisedName(r[old])
		}
	}
	return from
}

// EntryChange is a row that stands on both lists and differs.
type EntryChange struct {
	Types  []ChangeKind // RENAME, RELOCATE, REPURPOSE, in this order
	Before Entry
	After  Entry
}

// ListDiff is the difference between two snapshots, each part sorted by name and purpose.
type ListDiff struct {
	Added   []Entry
	Removed []Entry
	Changed []EntryChange
}

// Diff compares two snapshots, each as [MergeEntries] returns it. Rows are the same when their keys
// are, or name (after renames) and purpose; a vendor with exactly one row gone and one row new got another purpose.
// What one of the lists doesn't tell (locations, a seat, a legal form) is no change, and neither is
// another address of the vendor's page.
func Diff(from, to []Entry, renames Renames) ListDiff {
	d := ListDiff{Removed: slices.Clone(from), Added: slices.Clone(to)}
	d.pair(func(before, after Entry) bool { return !before.Key.IsZero() && before.Key == after.Key })
	d.pair(func(before, after Entry) bool { return before.full() == after.full() })
	d.pair(func(before, after Entry) bool { return before.key() == after.key() })
	d.pair(func(before, after Entry) bool {
		return renames.now(before.Name) == NormalisedName(after.Name) && samePurpose(before, after)
	})
	d.pair(func(before, after Entry) bool {
		name := renames.now(before.Name)
		gone := func(e Entry) bool { return renames.now(e.Name) == name }
		came := func(e Entry) bool { return NormalisedName(e.Name) == name }
		return came(after) && count(d.Removed, gone) == 1 && count(d.Added, came) == 1
	})
	byKey := func(a, b Entry) int { return cmp.Compare(a.key(), b.key()) }
	slices.SortStableFunc(d.Added, byKey)
	slices.SortStableFunc(d.Removed, byKey)
	slices.SortStableFunc(d.Changed, func(a, b EntryChange) int { return byKey(a.After, b.After) })
	return d
}

// pair takes the rows that are the same out of both sides and keeps what changed in them.
func (d *ListDiff) pair(same func(before, after Entry) bool) {
	for at := 0; at < len(d.Removed); {
		before := d.Removed[at]
		i := slices.IndexFunc(d.Added, func(after Entry) bool { return same(before, after) })
		if i < 0 {
			at++
			continue
		}
		if types := changes(before, d.Added[i]); types != nil {
			d.Changed = append(d.Changed, EntryChange{types, before, d.Added[i]})
		}
		d.Added = slices.Delete(d.Added, i, i+1)
		d.Removed = slices.Delete(d.Removed, at, at+1)
	}
}

func count(rows []Entry, is func(Entry) bool) (n int) {
	for _, r := range rows {
		if is(r) {
			n++
		}
	}
	return n
}

// changes says what kinds of change lead from one row to the other.
func changes(before, after Entry) []ChangeKind {
	var types []ChangeKind
	was, wasForm := splitName(before.Name)
	is, isForm := splitName(after.Name)
	// Acme Inc and Acme Ltd are two companies of one group: told as a rename, to be looked at.
	if was != is || wasForm != isForm && wasForm != "" && isForm != "" {
		types = append(types, Rename)
	}
	if moved(before.Locations, after.Locations) || moved([]string{before.Seat}, []string{after.Seat}) {
		types = append(types, Relocate)
	}
	if !samePurpose(before, after) {
		types = append(types, Repurpose)
	}
	return types
}

func samePurpose(a, b Entry) bool {
	return slices.Equal(normalisedWords(a.Purpose), normalisedWords(b.Purpose))
}

// moved reports whether two sets of places differ. An empty one says nothing.
func moved(before, after []string) bool {
	places := func(list []string) []string {
		var set []string
		for _, p := range list {
			if words := normalisedWords(p); len(words) > 0 {
				set = append(set, strings.Join(words, " "))
			}
		}
		slices.Sort(set)
		return slices.Compact(set)
	}
	a, b := places(before), places(after)
	return a != nil && b != nil && !slices.Equal(a, b)
}
