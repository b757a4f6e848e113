package verify

import (
	"slices"
	"strconv"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger/bundle"
)

// judgeErased: the key of a box is gone when a later event says so.
func (a *answer) judgeErased(s *shown) error {
	var last domain.ID
	for i, e := range s.Erased {
		box, ok := s.boxes[e.Key]
		if !ok || i > 0 && e.Key.String() <= last.String() {
			return lie("events: event %d shows no box of the key %s, which is said to be erased", s.Seq, e.Key)
		}
		last = e.Key
		by, ok := a.shown[e.By]
		if !ok || e.By <= s.Seq || !(sameTenant(by, s) && by.destroys(e.Key, box) || a.disposes(by, s, s.class(e.Key))) {
			return lie("events: event %d doesn't say that the key %s of event %d was destroyed", e.By, e.Key, s.Seq)
		}
		a.cited[e.By] = true
		a.counts.Erased++
	}
	return nil
}

// sameTenant: nobody's word counts for another tenant's events.
func sameTenant(a, b *shown) bool {
	x, known := a.id("tenant")
	y, shown := b.id("tenant")
	return known && shown && x == y
}

// destroys reports whether the event says that a key of its tenant is gone. An account's end ends none of
// its business contacts', and the operator has none: docs/formats.md, section 7.
func (s *shown) destroys(key domain.ID, box map[string]any) bool {
	tree, _ := canon.Parse(s.fields["plain/keys"])
	keys, shown := tree.([]any)
	switch s.text("kind") {
	case "subject.keys_destroyed", "interaction.keys_destroyed":
		return slices.Contains(keys, any(key.String()))
	case "tenant.keys_destroyed":
		tenant, _ := s.id("tenant")
		class, told := box["class"].(string)
		all := shown && len(keys) == 0 // else a legal hold keeps some
		return (all || slices.Contains(keys, any(key.String()))) && told && !domain.Class(class).Outlives() && tenant != domain.Operator
	}
	return false
}

// class is that of the shown box of a key.
func (s *shown) class(key domain.ID) domain.Class {
	class, _ := s.boxes[key]["class"].(string)
	return domain.Class(class)
}

// disposes reports whether one event says that what another held was disposed of: its payload, or its
// boxes of a class. That word is the operator's, in the ledger's own stream.
func (a *answer) disposes(by, s *shown, class domain.Class) bool {
	stream, err := domain.ParseStream(by.text("stream"))
	tenant, known := by.id("tenant")
	if err != nil || !known || tenant != domain.Operator || stream != (domain.Stream{Noun: bundle.DisposalNoun, ID: a.Ledger}) || by.text("kind") != (domain.DisposalCompleted{}).Kind() {
		return false
	}
	var e domain.DisposalCompleted
	env := domain.Envelope{Kind: s.text("kind")}
	var at [2]domain.Time
	for i, text := range []string{by.text("plain/recordedBefore"), s.text("recorded")} {
		if at[i], _, err = domain.ParseTime(text); err != nil {
			return false
		}
	}
	if err := env.Occurred.UnmarshalText([]byte(s.text("occurred"))); err != nil {
		return false
	}
	e.RecordedBefore, env.Recorded = at[0], at[1]
	if e.Cuts, err = domain.ReadCuts(by.fields["plain/cuts"]); err != nil {
		return false
	}
	return e.Covers(env, class)
}

// judgeStruck: a payload is missing when a later event says that it was removed.
func (a *answer) judgeStruck(s *shown) error {
	if s.Struck < 0 {
		return nil
	}
	by, ok := a.shown[s.Struck]
	if !ok || s.Struck <= s.Seq || neverStruck(s.text("kind")) || !by.struckEvent(s) && !a.disposes(by, s, "") {
		return lie("events: the payload of event %d is missing, and event %d doesn't say that it was struck or disposed of", s.Seq, s.Struck)
	}
	a.cited[s.Struck] = true
	a.counts.Struck++
	return nil
}

// struckEvent reports whether s says that the payload of another event was removed.
func (s *shown) struckEvent(of *shown) bool {
	id, known := of.id("id")
	return known && sameTenant(s, of) && s.text("kind") == strikeCompleted && s.text("plain/event") == id.String() && string(s.fields["plain/position"]) == strconv.FormatInt(of.Seq, 10)
}

// judgeStrike: what is said to have been removed isn't shown.
func (a *answer) judgeStrike(s *shown) error {
	at, err := strconv.ParseInt(string(s.fields["plain/position"]), 10, 64)
	if s.text("kind") != strikeCompleted || err != nil {
		return nil
	}
	if of, here := a.shown[at]; here && of.Struck < 0 && s.struckEvent(of) {
		return lie("events: event %d says that the payload of event %d was removed, and it is here", s.Seq, at)
	}
	return nil
}

var strikeCompleted = domain.StrikeCompleted{}.Kind()
