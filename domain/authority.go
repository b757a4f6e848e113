package domain

import (
	"fmt"
	"slices"
	"strings"
)

// Stating is who may state events of a kind. Every kind has one; a kind without stops the build of the
// catalogue, so nothing is open because somebody forgot it.
type Stating string

// Who may state a kind.
const (
	// StatedOurs is stated by Muniment alone: what it did itself, or what people decide here about the ledger.
	// No other system can report it.
	StatedOurs Stating = "OURS"
	// StatedDecided is decided here, by a command. Another system may only report that it was decided there; such
	// an event is kept as [Unproven], and nothing leans on it.
	StatedDecided Stating = "DECIDED"
	// StatedObserved is a fact that other systems see: a call, a consent, an account that was opened.
	StatedObserved Stating = "OBSERVED"
)

// Values lists who may state a kind.
func (Stating) Values() []string { return []string{"OURS", "DECIDED", "OBSERVED"} }

func (t Type) ours() Type {
	t.Stated = StatedOurs
	return t
}

func (t Type) decided() Type {
	t.Stated = StatedDecided
	return t
}

func (t Type) observed() Type {
	t.Stated = StatedObserved
	return t
}

// atMachine narrows an observed kind to whoever works at the machine: no token states it.
func (t Type) atMachine() Type {
	t.Machine = true
	return t
}

// stated panics over the first kind that says not who may state it.
func stated(all []Type) []Type {
	for _, t := range all {
		if !slices.Contains(t.Stated.Values(), string(t.Stated)) {
			panic(fmt.Sprintf("domain: the catalogue doesn't say who may state %s: give it ours, decided or observed", t.Kind))
		}
	}
	return all
}

// Unproven is a decision that another system reports. It stands in the place of the event wherever kept
// events are folded, so a fold, a guard or a follower that doesn't ask for it by name passes over it.
type Unproven struct{ Event }

// Said is what an event says, whoever stated it: for those who show events, and decide nothing by them.
func Said(e Event) Event {
	if u, ok := e.(Unproven); ok {
		return u.Event
	}
	return e
}

// Stated is the event as folds may see it: a decision reported by others is [Unproven].
func (e *Envelope) Stated(t Type, event Event) Event {
	if e.Reported && t.Stated != StatedObserved {
		return Unproven{event}
	}
	return event
}

// ByPerson reports whether a person who is known did it here: the first or second of four eyes.
func (e *Envelope) ByPerson() bool {
	return e.Actor.Kind == Person && !e.Actor.ID.IsZero() && !e.Reported
}

// OwnSystem is the system whose logins are Muniment's own. Only Muniment enrols people there.
const OwnSystem = "muniment"

// OwnSources are the names under which Muniment itself states events. No other system can have one.
var OwnSources = []string{"cli", "engine-check", "graphql", "muniment", "notices"}

// Grant is which kinds a writer of facts may state: families, or kinds by their wire names.
type Grant []string

// DefaultGrant is what a writer states when nobody said more: what customers' systems see.
var DefaultGrant = Grant{string(Accesses), string(Consents), string(Interactions)}

// ParseGrant reads families and kinds as people type them.
func ParseGrant(words []string) (g Grant, err error) {
	for _, word := range words {
		if t, ok := Lookup(word); ok {
			if t.Stated == StatedOurs || t.Machine {
				return nil, fmt.Errorf("%s: no token may state this kind", word)
			}
			g = append(g, t.Kind)
			continue
		}
		family := Family(strings.ToUpper(strings.ReplaceAll(word, "-", "_")))
		if !slices.ContainsFunc(Catalogue, func(t Type) bool {
			f, _ := FamilyOf(t.Kind)
			return f == family && t.Stated != StatedOurs && !t.Machine
		}) {
			return nil, fmt.Errorf("%s: expected a family of facts (%s) or a kind, as muniment schema lists them", word, strings.ToLower(strings.Join(StatedFamilies(), ", ")))
		}
		g = append(g, string(family))
	}
	slices.Sort(g)
	return slices.Compact(g), nil
}

// StatedFamilies lists the families that have kinds which another system may state.
func StatedFamilies() (list []string) {
	for _, f := range families {
		if slices.ContainsFunc(f.Kinds, func(k string) bool { t, _ := Lookup(k); return t.Stated != StatedOurs && !t.Machine }) {
			list = append(list, string(f.Family))
		}
	}
	return list
}

// Allows reports whether the grant names the kind or its family.
func (g Grant) Allows(kind string) bool {
	family, ok := FamilyOf(kind)
	return slices.Contains(g, kind) || ok && slices.Contains(g, string(family))
}
