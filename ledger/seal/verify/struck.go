package verify

import (
	"context"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

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
func (s *strikes) note(r ledger.Record, kind string) error {
	if _, _, pruned := ledger.Pruned(r); pruned {
		return nil // which log.pruned tells of
	}
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
	if kind != (domain.StrikeCompleted{}).Kind() {
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
// is. Of an event that was pruned since, the payload is.
func (s *strikes) judge(ctx context.Context, log ledger.Log) error {
	named := map[domain.ID]bool{}
	for _, t := range s.told {
		at, gone := s.stubs[t.Event]
		if !gone {
			id, err := prunedAt(ctx, log, t.Position)
			if err != nil {
				return err
			}
			if id == t.Event && t.seq > t.Position {
				continue
			}
		}
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

// prunedAt is the id of the event at a position when it was pruned; zero when it wasn't, or isn't there.
func prunedAt(ctx context.Context, log ledger.Log, seq int64) (domain.ID, error) {
	records, err := log.Read(ctx, seq, 1)
	if err != nil || len(records) == 0 {
		return domain.ID{}, err
	}
	id, _, _ := ledger.Pruned(records[0])
	return id, nil
}

// removed judges what Leaves met, and what was kept since the last seal: a strike or a pruning may be told
// there.
func (k *Kept) removed(ctx context.Context, t tlog.Tree) error {
	for from := t.N; ; {
		records, err := k.Log.Read(ctx, from, PageSize)
		if err != nil {
			return lie("events: %w", err)
		}
		for _, r := range records {
			if err := k.note(r); err != nil {
				return err
			}
		}
		if len(records) == 0 {
			break
		}
		from = records[len(records)-1].Seq + 1
	}
	if err := k.strikes.judge(ctx, k.Log); err != nil {
		return err
	}
	return k.pruned.judge(ctx, k.Log, t, Hashes(ctx, k, t))
}
