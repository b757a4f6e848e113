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
	occurred, wrongly := s.occurred()
	if wrong || wrongly || recorded != 0 && int64(recorded)/1_000_000 > s.leaf.Time {
		return lie("events: event %d says that it was recorded after its leaf was made, or no time", s.Seq)
	}
	if recorded != 0 && int64(occurred.At-recorded) > skew*1_000_000 {
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

// occurred is when it happened, zero when that isn't shown.
func (s *shown) occurred() (m domain.Moment, wrong bool) {
	if _, there := s.fields["occurred"]; !there {
		return m, false
	}
	return m, m.UnmarshalText([]byte(s.text("occurred"))) != nil
}

// judgeKind: epochs are in no head, so nothing else may pass for one.
func (a *answer) judgeKind(s *shown) error {
	if kind := s.text("kind"); kind != "" && (kind == (domain.EpochSealed{}).Kind()) != (s.leaf.Epoch != nil) ||
		kind != "" && (kind == (domain.EpochWithdrawn{}).Kind()) != (s.leaf.Withdraw != nil) {
		return lie("events: event %d is of kind %s, and its leaf says otherwise", s.Seq, kind)
	}
	if !s.leaf.OfEpochs() || s.Struck >= 0 {
		return nil
	}
	plain := map[string]string{}
	if e := s.leaf.Epoch; e != nil {
		plain = map[string]string{"plain/count": strconv.FormatInt(e.Count, 10), "plain/map": `"` + heads.Map + `"`, "plain/root": `"` + hex.EncodeToString(e.Root[:]) + `"`, "plain/size": strconv.FormatInt(e.Size, 10)}
	}
	if w := s.leaf.Withdraw; w != nil {
		plain = map[string]string{"plain/position": strconv.FormatInt(w.Position, 10), "plain/reason": `"` + w.Reason + `"`, "plain/size": strconv.FormatInt(w.Size, 10)}
	}
	for _, f := range s.Pay {
		if said, of := plain[f.Name]; !of || len(s.Pay) != len(plain) || f.Withheld == nil && said != string(f.Value) {
			return lie("events: event %d says something else than its leaf", s.Seq)
		}
	}
	return nil
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
		m, wrong := s.occurred()
		if wrong || m.At == 0 {
			return false, lie("complete: event %d doesn't show when it occurred", l.Seq)
		}
		return q.Covers(m.At), nil
	}
	return true, nil
}

// skew is how many seconds an event may be recorded before it occurs. docs/formats.md, section 4.
const skew = 300
