package domain

import (
	"cmp"
	"slices"
	"time"
)

// Protective is an event that protects a person or what belongs to them: a no, a restriction, a hold.
// Where it can't be known whether it came before or after another fact, it wins.
type Protective interface{ Protects() }

// Protects marks a person's no, and consent that no longer counts.
func (ConsentRefused) Protects() {}

// Protects marks a person's no.
func (ConsentWithdrawn) Protects() {}

// Protects marks consent that no longer counts.
func (ConsentExpired) Protects() {}

// Protects marks consent that no longer counts.
func (ConsentInvalidated) Protects() {}

// Protects marks the list that only blocks.
func (IdentifiersSuppressed) Protects() {}

// Protects marks a legal hold.
func (HoldPlaced) Protects() {}

// Protects marks a user who is shut out.
func (UserDisabled) Protects() {}

// Protects marks a sub-processor that gets nothing more.
func (SubprocessorSuspended) Protects() {}

// IsProtective reports whether an event is one.
func IsProtective(e Event) bool {
	_, yes := e.(Protective)
	return yes
}

// last is the latest instant that a moment can be: of a day, its end.
func (m Moment) last() Time {
	if m.Precision == Day {
		return m.At + Time(24*time.Hour/time.Microsecond) - 1
	}
	return m.At
}

// Order compares two facts of one stream by when they happened; a state is folded in this order. A fact
// known by its day alone may have happened at any time of it: a protective one counts as the day's last,
// any other as its first. Of two facts of one instant the protective one comes last, then the one that was
// kept later.
func Order(a, b *Kept) int {
	pa, pb := IsProtective(a.Event), IsProtective(b.Event)
	at := func(k *Kept, protective bool) Time {
		if protective {
			return k.Occurred.last()
		}
		return k.Occurred.At
	}
	if c := cmp.Compare(at(a, pa), at(b, pb)); c != 0 {
		return c
	}
	if pa != pb {
		if pa {
			return 1
		}
		return -1
	}
	return cmp.Compare(a.Revision, b.Revision)
}

// InOrder is a stream's history in the order in which it is folded.
func InOrder(history []Kept) []Kept {
	sorted := slices.Clone(history)
	slices.SortStableFunc(sorted, func(a, b Kept) int { return Order(&a, &b) })
	return sorted
}

var protectiveNouns = func() map[string]bool {
	nouns := map[string]bool{}
	for _, t := range Catalogue {
		if IsProtective(t.New()) {
			nouns[t.Noun] = true
		}
	}
	return nouns
}()

// Follows reports whether a fact of a noun certainly comes behind all facts of its stream of which the
// latest happened at a time: then a state that was folded up to there only needs this one more.
func Follows(noun string, latest, at Time) bool {
	if at < latest {
		return false
	}
	return !protectiveNouns[noun] || at-latest >= Time(24*time.Hour/time.Microsecond)
}
