package erasure

import (
	"context"
	"slices"

	"muniment/domain"
	"muniment/ledger"
)

// doomed is an event that a cut takes.
type doomed struct {
	record ledger.Record
	id     domain.ID
	keys   []domain.ID // living ones that nothing else needs
}

// sweep looks for what cuts take.
type sweep struct {
	*Process
	recordedBefore domain.Time
	payloads       map[domain.Family]domain.Cut
	striker        bool
	held           map[domain.ID]bool // persons under a legal hold
	things         map[thing]domain.HeldBack
}

// thing is a stream, judged by the end of a period.
type thing struct {
	stream domain.Stream
	before domain.Time
}

func (p *Process) sweep(recordedBefore domain.Time, cuts []domain.Cut) *sweep {
	s := &sweep{Process: p, recordedBefore: recordedBefore, payloads: map[domain.Family]domain.Cut{}}
	_, s.striker = p.Ledger.Log.(ledger.Striker)
	for _, c := range cuts {
		if c.Class == "" {
			s.payloads[c.Family] = c
		}
	}
	return s
}

// strikes tells whether a cut takes payloads, and not keys alone.
func (s *sweep) strikes(c domain.Cut) bool { return c.Class == "" && s.striker }

// atOnce is how many events go in one part: while their payloads are struck nothing else is written.
const atOnce = 256

// walk hands what a cut takes to fn, in parts, and counts it, and what is held back.
func (s *sweep) walk(ctx context.Context, c domain.Cut, fn func([]doomed) error) (taken domain.Taken, err error) {
	taken = domain.Taken{Family: c.Family, Class: c.Class}
	for from := int64(0); from >= 0; {
		seqs, next, err := s.Views.Aged(ctx, c, s.recordedBefore, false, from)
		if err != nil {
			return taken, err
		}
		for part := range slices.Chunk(seqs, atOnce) {
			if err := s.part(ctx, c, &taken, part, fn); err != nil {
				return taken, err
			}
		}
		from = next
	}
	return taken, nil
}

func (s *sweep) part(ctx context.Context, c domain.Cut, taken *domain.Taken, seqs []int64, fn func([]doomed) error) (err error) {
	if err := s.Keys.CatchUp(ctx, s.Ledger.Log); err != nil { // a hold may have been placed meanwhile
		return err
	}
	if err := s.look(ctx); err != nil {
		return err
	}
	records, err := s.Ledger.Log.At(ctx, seqs)
	if err != nil {
		return err
	}
	var part []doomed
	for _, r := range records {
		e, takes, err := s.judge(ctx, c, taken, r)
		if err != nil {
			return err
		}
		if takes {
			part = append(part, e)
		}
	}
	if len(part) == 0 {
		return nil
	}
	return fn(part)
}

// look asks anew who is under a legal hold.
func (s *sweep) look(ctx context.Context) (err error) {
	s.held, err = s.Keys.HeldPeople(ctx)
	s.things = map[thing]domain.HeldBack{}
	return err
}

// judge tells whether a cut takes an event.
func (s *sweep) judge(ctx context.Context, c domain.Cut, taken *domain.Taken, r ledger.Record) (e doomed, takes bool, err error) {
	terms, _ := c.Family.Terms()
	k, boxes, err := ledger.DecodeBoxes(r)
	if err != nil || k.Occurred.Over() >= c.OccurredBefore { // a day may have been later than where lists put it
		return e, false, err
	}
	var all []domain.ID
	for _, b := range boxes {
		if b.Class == terms.Class {
			all = append(all, b.Key)
		}
	}
	keys, err := s.Keys.Living(ctx, all)
	if err != nil {
		return e, false, err
	}
	if c.Class != "" && len(keys) == 0 { // gone; but an older copy of the log may have what was claimed again
		return doomed{r, k.ID, nil}, len(all) > 0, nil
	}
	why, err := s.keeps(ctx, terms, c.OccurredBefore, k)
	if err != nil {
		return e, false, err
	}
	if whole, ok := s.payloads[c.Family]; ok && c.Class != "" && why == domain.NotHeld && k.Occurred.Over() < whole.OccurredBefore {
		if why, err := s.keeps(ctx, terms, whole.OccurredBefore, k); err != nil || why == domain.NotHeld {
			return e, false, err // its payload goes, and the keys with it
		}
	}
	switch why {
	case domain.OnHold:
		taken.Hold++
	case domain.Binding:
		taken.Binding++
	case domain.InUse:
		taken.InUse++
	default:
		if c.Class == "" && !s.striker {
			taken.Unremoved++
			return doomed{r, k.ID, keys}, len(all) > 0, nil
		}
		if c.Class == "" {
			taken.Struck++
		}
		return doomed{r, k.ID, keys}, true, nil
	}
	return e, false, nil
}

// keeps tells what keeps an event: a hold on somebody it is about, or its thing.
func (s *sweep) keeps(ctx context.Context, terms domain.Terms, before domain.Time, k domain.Kept) (domain.HeldBack, error) {
	if terms.Ends == domain.OneByOne {
		held, err := s.holds(ctx, k)
		if err != nil || !held {
			return domain.NotHeld, err
		}
		return domain.OnHold, nil
	}
	if s.about(k) {
		return domain.OnHold, nil
	}
	at := thing{k.Stream, before}
	if why, known := s.things[at]; known {
		return why, nil
	}
	history, err := s.Ledger.History(ctx, k.Stream)
	if err != nil {
		return "", err
	}
	why := terms.Keeps(history, before)
	if slices.ContainsFunc(history, s.about) {
		why = domain.OnHold
	}
	s.things[at] = why
	return why, nil
}

// holds tells whether a hold on somebody keeps an event. Whoever looked at a call names nobody: that is
// about the people of the call.
func (s *sweep) holds(ctx context.Context, k domain.Kept) (bool, error) {
	if len(s.held) == 0 || s.about(k) || k.Stream.Noun != "interaction" {
		return len(s.held) > 0 && s.about(k), nil
	}
	at := thing{stream: k.Stream}
	if why, known := s.things[at]; known {
		return why == domain.OnHold, nil
	}
	history, err := s.Ledger.History(ctx, k.Stream)
	if err != nil {
		return false, err
	}
	s.things[at] = domain.NotHeld
	if slices.ContainsFunc(history, s.about) {
		s.things[at] = domain.OnHold
	}
	return s.things[at] == domain.OnHold, nil
}

// about tells whether an event names somebody under a legal hold: what it is about, or who did it.
func (s *sweep) about(k domain.Kept) bool {
	return s.held[k.Stream.ID] || s.held[k.Actor.ID] || s.held[k.Actor.Behalf] || slices.ContainsFunc(k.Subjects, func(r domain.SubjectRef) bool { return s.held[r.ID] })
}
