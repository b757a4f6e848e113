package verify

import (
	"context"
	"strings"

	"muniment/domain"
	"muniment/ledger"
)

// strikes are the payloads that are missing from a log, and the events that say why.
type strikes struct {
	stubs map[domain.ID]int64 // event → seq
	told  []told
}

// told is an event that says that another's payload was removed.
type told struct {
	seq int64
	domain.StrikeCompleted
}

// note takes down what a record has to do with strikes; nearly all have nothing.
func (s *strikes) note(r ledger.Record) error {
	if _, struck := ledger.Struck(r.Payload); struck {
		env, err := domain.ParseEnvelope(r.Envelope)
		if err != nil {
			return lie("struck: event %d: %w", r.Seq, err)
		}
		if s.stubs == nil {
			s.stubs = map[domain.ID]int64{}
		}
		if neverStruck(env.Kind) {
			return lie("struck: the payload of event %d is missing, and events of kind %s are never struck: others rest on them", r.Seq, env.Kind)
		}
		s.stubs[env.ID] = r.Seq
		return nil
	}
	if ledger.KindOf(r) != (domain.StrikeCompleted{}).Kind() {
		return nil
	}
	k, err := ledger.Decode(r)
	if err != nil {
		return lie("struck: %w", err)
	}
	if e, ok := k.Event.(domain.StrikeCompleted); ok {
		s.told = append(s.told, told{k.Seq, e})
	}
	return nil
}

// neverStruck: what others rest on is never removed. docs/formats.md, section 6.
func neverStruck(kind string) bool {
	return kind == strikeCompleted || kind == (domain.EpochSealed{}).Kind() || strings.HasPrefix(kind, "log.") || strings.HasSuffix(kind, ".keys_destroyed")
}

// judge demands for each missing payload a later event that says so, and that what is said to be gone
// is.
func (s *strikes) judge() error {
	named := map[domain.ID]bool{}
	for _, t := range s.told {
		at, gone := s.stubs[t.Event]
		switch {
		case !gone:
			return lie("struck: event %d says that the payload of event %d was removed, and it is there", t.seq, t.Position)
		case at != t.Position || t.seq <= at:
			return lie("struck: event %d says that the payload of event %d was removed, and it was event %d's", t.seq, t.Position, at)
		}
		named[t.Event] = true
	}
	for id, seq := range s.stubs {
		if !named[id] {
			return lie("struck: the payload of event %d is missing, and no event strike.completed names it. If a strike was cut off, the next start of muniment serve carries it to its end", seq)
		}
	}
	return nil
}

// struck judges what Leaves met, and what was kept since the last seal: a strike may be told there.
func (k *Kept) struck(ctx context.Context, sealed int64) (n int, err error) {
	for from := sealed; ; {
		records, err := k.Log.Read(ctx, from, PageSize)
		if err != nil {
			return 0, lie("events: %w", err)
		}
		for _, r := range records {
			if err := k.strikes.note(r); err != nil {
				return 0, err
			}
		}
		if len(records) == 0 {
			break
		}
		from = records[len(records)-1].Seq + 1
	}
	return len(k.strikes.stubs), k.strikes.judge()
}
