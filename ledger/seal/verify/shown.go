package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger/bundle"
	"muniment/ledger/seal"
	"muniment/ledger/seal/heads"
)

// shown is an event with what is shown of it, by name.
type shown struct {
	bundle.Event
	leaf   *heads.Leaf
	fields map[string][]byte            // canonical JSON, of envelope and payload: their names differ
	boxes  map[domain.ID]map[string]any // those that are shown, by their keys
}

// text is a shown field that is a string.
func (s *shown) text(name string) string {
	tree, _ := canon.Parse(s.fields[name])
	text, _ := tree.(string)
	return text
}

func (s *shown) id(name string) (domain.ID, bool) {
	id, err := domain.ParseID(s.text(name))
	return id, err == nil
}

// read is a line of the events, with what its fields give.
type read struct {
	bundle.Event
	env, pay seal.Hash
	err      error
}

// readEvents reads the events and checks that each field is the one that was sealed.
func (a *answer) readEvents() error {
	var lines [][]byte
	if err := a.lines(bundle.EventsFile, func(_ int, line []byte) error { lines = append(lines, line); return nil }); err != nil {
		return err
	}
	all := make([]read, len(lines))
	parallel(len(lines), func(i int) {
		r := &all[i]
		if r.Event, r.err = bundle.ParseEvent(lines[i]); r.err == nil {
			r.env, r.pay = committed(r.Env), committed(r.Pay)
		}
	})
	last := int64(-1)
	for i := range all {
		e, n := &all[i], i+1
		if e.err != nil {
			return lie("%s: line %d: %w", bundle.EventsFile, n, e.err)
		}
		if e.Seq <= last {
			return lie("%s: line %d: event %d stands after event %d: duplicated, or out of order", bundle.EventsFile, n, e.Seq, last)
		}
		last = e.Seq
		l, ok := a.leaf(e.Seq)
		if !ok {
			return lie("%s: line %d: event %d has no leaf: it is foreign", bundle.EventsFile, n, e.Seq)
		}
		s := &shown{Event: e.Event, leaf: l, fields: map[string][]byte{}, boxes: map[domain.ID]map[string]any{}}
		if !isEnvelope(e.Env) || tlog.Hash(e.env) != l.Env {
			return lie("events: the envelope of event %d isn't the one that was sealed", e.Seq)
		}
		if e.Struck < 0 && (!s.isPayload(e.Pay) || tlog.Hash(e.pay) != l.Pay) {
			return lie("events: the payload of event %d isn't the one that was sealed", e.Seq)
		}
		a.note(s, e.Env)
		a.note(s, e.Pay)
		a.shown[e.Seq] = s
		a.counts.Events++
	}
	return nil
}

// judgeEvents checks what the events say against their leaves and each other.
func (a *answer) judgeEvents() error {
	for i := range a.leaves {
		s, ok := a.shown[a.leaves[i].Seq]
		if !ok {
			continue
		}
		for _, judge := range []func(*shown) error{a.judgeTags, a.judgeTime, a.judgeKind, a.judgeErased, a.judgeOpened, a.judgeStruck, a.judgeStrike} {
			if err := judge(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// judgeTags: who is told an id can check its tag.
func (a *answer) judgeTags(s *shown) error {
	tenant, known := s.id("tenant")
	if known && tlog.Hash(seal.Tag("tenant", tenant, tenant)) != s.leaf.Tenant {
		return lie("events: event %d names another tenant than its leaf", s.Seq)
	}
	if _, there := s.fields["stream"]; there {
		stream, err := domain.ParseStream(s.text("stream"))
		if err != nil || !known || tlog.Hash(seal.Tag("stream/"+stream.Noun, tenant, stream.ID)) != s.leaf.Stream {
			return lie("events: event %d names another stream than its leaf", s.Seq)
		}
	}
	if known && len(s.leaf.Subjects) > 0 && !slices.ContainsFunc(s.Env, func(f bundle.Field) bool { return f.Name == "subjects" }) {
		return lie("events: event %d is about nobody, and its leaf bears tags of people", s.Seq)
	}
	if subjects, there := s.fields["subjects"]; there {
		var tags []tlog.Hash
		bad := canon.Elements(subjects, func(subject []byte) {
			tree, _ := canon.Parse(subject)
			o, _ := tree.(map[string]any)
			text, _ := o["id"].(string)
			id, err := domain.ParseID(text)
			if known = known && err == nil; known {
				tags = append(tags, tlog.Hash(seal.Tag("subject", tenant, id)))
			}
		})
		slices.SortFunc(tags, func(a, b tlog.Hash) int { return bytes.Compare(a[:], b[:]) })
		if bad != nil || !known || !slices.Equal(slices.Compact(tags), s.leaf.Subjects) {
			return lie("events: event %d names other people than its leaf", s.Seq)
		}
	}
	return nil
}

// judgeTime: an event is recorded before it is in the log, and not long before it occurs.
func (a *answer) judgeTime(s *shown) error {
	recorded, wrong := s.time("recorded")
	occurred, wrongly := s.time("occurred")
	if wrong || wrongly || recorded != 0 && int64(recorded)/1_000_000 > s.leaf.Time {
		return lie("events: event %d says that it was recorded after its leaf was made, or no time", s.Seq)
	}
	if recorded != 0 && int64(occurred-recorded) > skew*1_000_000 {
		return lie("events: event %d was recorded more than %d seconds before it occurred", s.Seq, skew)
	}
	return nil
}

// time is a shown time, 0 when it isn't shown.
func (s *shown) time(name string) (at domain.Time, wrong bool) {
	if _, there := s.fields[name]; !there {
		return 0, false
	}
	at, _, err := domain.ParseTime(s.text(name))
	return at, err != nil
}

// judgeKind: epochs are in no head, so nothing else may pass for one.
func (a *answer) judgeKind(s *shown) error {
	if kind := s.text("kind"); kind != "" && (kind == (domain.EpochSealed{}).Kind()) != (s.leaf.Epoch != nil) {
		return lie("events: event %d is of kind %s, and its leaf says otherwise", s.Seq, kind)
	}
	e := s.leaf.Epoch
	if e == nil || s.Struck >= 0 {
		return nil
	}
	plain := map[string]string{"plain/count": strconv.FormatInt(e.Count, 10), "plain/map": `"` + heads.Map + `"`, "plain/root": `"` + hex.EncodeToString(e.Root[:]) + `"`, "plain/size": strconv.FormatInt(e.Size, 10)}
	for _, f := range s.Pay {
		if said, of := plain[f.Name]; !of || len(s.Pay) != len(plain) || f.Withheld == nil && said != string(f.Value) {
			return lie("events: event %d says something else than the epoch in its leaf", s.Seq)
		}
	}
	return nil
}

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
	switch s.text("kind") {
	case "subject.keys_destroyed", "interaction.keys_destroyed":
		tree, _ := canon.Parse(s.fields["plain/keys"])
		keys, _ := tree.([]any)
		return slices.Contains(keys, any(key.String()))
	case "tenant.keys_destroyed":
		tenant, _ := s.id("tenant")
		return box["class"] != string(domain.BusinessContact) && tenant != domain.Operator
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
	var at [3]domain.Time
	for i, text := range []string{by.text("plain/recordedBefore"), s.text("occurred"), s.text("recorded")} {
		if at[i], _, err = domain.ParseTime(text); err != nil {
			return false
		}
	}
	e.RecordedBefore, env.Occurred, env.Recorded = at[0], domain.At(at[1]), at[2]
	if e.Cuts, err = domain.ReadCuts(by.fields["plain/cuts"]); err != nil {
		return false
	}
	return e.Covers(env, class)
}

// judgeOpened: an opened value is the one that its box commits to.
func (a *answer) judgeOpened(s *shown) error {
	before := ""
	for _, o := range s.Open {
		at := o.Key.String() + " " + o.Path
		if at <= before {
			return lie("events: event %d opens a value twice, or out of order", s.Seq)
		}
		before = at
		box, ok := s.boxes[o.Key]
		id, known := s.id("id")
		if !ok || !known {
			return lie("events: event %d opens a value of a box that it doesn't show", s.Seq)
		}
		if slices.ContainsFunc(s.Erased, func(e bundle.Erased) bool { return e.Key == o.Key }) {
			return lie("events: event %d opens a value whose key is said to be erased", s.Seq)
		}
		commitments, _ := box["com"].(map[string]any)
		c := sha256.Sum256(domain.LP("muniment/commitment/1", a.Ledger.Raw(), id.Raw(), o.Path, string(o.R[:]), o.Value))
		if commitments[o.Path] != seal.Hash(c).String() {
			return lie("events: event %d opens another value at %s than it was kept with", s.Seq, o.Path)
		}
		a.counts.Opened++
	}
	return nil
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

var strikeCompleted = domain.StrikeCompleted{}.Kind()

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

// answers reports whether an event is what was asked for, and not there only to show that none is missing.
func (a *answer) answers(l *heads.Leaf) (bool, error) {
	q := a.Question
	switch q.Axis {
	case bundle.Recorded:
		return q.Covers(domain.Time(l.Time * 1_000_000)), nil
	case bundle.Occurred:
		if q.From != 0 && l.Time < int64(q.From)/1_000_000-skew {
			return false, nil
		}
		s, ok := a.shown[l.Seq]
		if !ok {
			return false, lie("complete: event %d doesn't show when it occurred", l.Seq)
		}
		at, _, err := domain.ParseTime(s.text("occurred"))
		if err != nil {
			return false, lie("complete: event %d doesn't show when it occurred", l.Seq)
		}
		return q.Covers(at), nil
	}
	return true, nil
}

// skew is how many seconds an event may be recorded before it occurs. docs/formats.md, section 4.
const skew = 300
