package verify

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
)

// strikes are the payloads that are missing from a log, and the events that say why.
type strikes struct {
	stubs     map[domain.ID]missing // by event
	told      []told
	disposals []disposal
}

// missing is an event without its payload: what tells whether a disposal covers it, and no more, since
// there may be millions.
type missing struct {
	seq      int64
	kind     string
	occurred domain.Moment
	recorded domain.Time
}

// disposal is an event that says that everything of some kinds and of some age was removed.
type disposal struct {
	seq int64
	domain.DisposalCompleted
}

// told is an event that says that another's payload was removed.
type told struct {
	seq int64
	domain.StrikeCompleted
}

// note takes down what a record has to do with strikes; nearly all have nothing.
func (s *strikes) note(r ledger.Record, kind string) error {
	if _, struck := ledger.Struck(r.Payload); struck {
		env, err := domain.ParseEnvelope(r.Envelope)
		if err != nil {
			return lie("struck: event %d: %w", r.Seq, err)
		}
		if s.stubs == nil {
			s.stubs = map[domain.ID]missing{}
		}
		if neverStruck(env.Kind) {
			return lie("struck: the payload of event %d is missing, and events of kind %s are never struck: others rest on them", r.Seq, env.Kind)
		}
		t, _ := domain.Lookup(env.Kind) // whose text is there once
		s.stubs[env.ID] = missing{r.Seq, t.Kind, env.Occurred, env.Recorded}
		return nil
	}
	switch kind {
	case domain.StrikeCompleted{}.Kind(), domain.DisposalCompleted{}.Kind():
	default:
		return nil
	}
	k, err := ledger.Decode(r)
	if err != nil {
		return lie("struck: %w", err)
	}
	switch e := k.Event.(type) {
	case domain.StrikeCompleted:
		s.told = append(s.told, told{k.Seq, e})
	case domain.DisposalCompleted:
		if k.Tenant != domain.Operator || k.Stream.Noun != disposalNoun {
			return lie("struck: event %d disposes of events, and is not the operator's", k.Seq)
		}
		s.disposals = append(s.disposals, disposal{k.Seq, e})
	}
	return nil
}

// neverStruck: what others rest on is never removed. docs/formats.md, section 6.
func neverStruck(kind string) bool {
	return kind == strikeCompleted || kind == (domain.DisposalCompleted{}).Kind() || kind == (domain.EpochSealed{}).Kind() || kind == (domain.EpochWithdrawn{}).Kind() ||
		strings.HasPrefix(kind, "log.") || strings.HasSuffix(kind, ".keys_destroyed")
}

const disposalNoun = "disposal"

// disposed reports whether a later disposal covers an event.
func (s *strikes) disposed(m missing) bool {
	env := domain.Envelope{Kind: m.kind, Occurred: m.occurred, Recorded: m.recorded}
	for _, d := range slices.Backward(s.disposals) { // the newest reaches farthest
		if d.seq > m.seq && d.Covers(env, "") {
			return true
		}
	}
	return false
}

// judge demands for each missing payload a later event that says so, and that what is said of one event
// to be gone is. struck are those that were named one by one, disposed
// those that went with their age.
func (s *strikes) judge() (struck, disposed int, err error) {
	named := map[domain.ID]bool{}
	for _, t := range s.told {
		at, gone := s.stubs[t.Event]
		switch {
		case !gone:
			return 0, 0, lie("struck: event %d says that the payload of event %d was removed, and it is there", t.seq, t.Position)
		case at.seq != t.Position || t.seq <= at.seq:
			return 0, 0, lie("struck: event %d says that the payload of event %d was removed, and it was event %d's", t.seq, t.Position, at.seq)
		}
		named[t.Event] = true
	}
	for id, m := range s.stubs {
		switch {
		case named[id]:
			struck++
		case s.disposed(m):
			disposed++
		default:
			return 0, 0, lie("struck: the payload of event %d is missing, and no event strike.completed names it, nor does a later disposal.completed cover %s of %s. If a strike or disposal was cut off, the next start of muniment serve carries it to its end",
				m.seq, m.kind, m.occurred.Date())
		}
	}
	return struck, disposed, nil
}

// removed judges what Leaves met, and what was kept since the last seal: a strike may be told there.
func (k *Kept) removed(ctx context.Context, t tlog.Tree) (struck, disposed int, err error) {
	for from := t.N; ; {
		records, err := k.Log.Read(ctx, from, PageSize)
		if err != nil {
			return 0, 0, lie("events: %w", err)
		}
		for _, r := range records {
			if err := k.note(r); err != nil {
				return 0, 0, err
			}
		}
		if len(records) == 0 {
			break
		}
		from = records[len(records)-1].Seq + 1
	}
	return k.strikes.judge()
}
