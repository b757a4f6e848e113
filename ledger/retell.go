package ledger

import (
	"context"
	"errors"
	"slices"

	"muniment/domain"
)

// retell answers a submission whose source told of the same thing before, with other content: what it
// adds is kept as a fact of its own, and what adds nothing is a duplicate.
func (l *Ledger) retell(ctx context.Context, t *taking) {
	first := *t.out
	for range attempts {
		sub, next, err := l.addition(ctx, t)
		if err != nil {
			*t.out = Outcome{Err: refusalOf(err)}
			return
		}
		if sub == nil {
			*t.out = first
			return
		}
		p := l.Prepare(ctx, t.by, []*Submission{sub}, nil)
		if n := len(p.batches); n > 0 {
			p.batches[n-1].Expected = next - 1
		}
		*t.out = p.Keep(ctx)[0]
		var no *domain.Refusal
		switch {
		case errors.Is(t.out.Err, ErrConflict): // somebody else told of it at the same moment
			continue
		case errors.As(t.out.Err, &no) && no.Rule == "subject.erased":
			*t.out = first // nothing brings back what was erased
		}
		return
	}
	*t.out = Outcome{Err: &domain.Refusal{Code: domain.Unavailable, Rule: "do.contended", Message: "others told of this at the same moment, three times in a row: try again"}}
}

// addition is the submission of what a telling adds, and the revision that its stream will have next; nil
// when it adds nothing, or when what was told before is erased.
func (l *Ledger) addition(ctx context.Context, t *taking) (*Submission, int64, error) {
	stream, err := l.streamOf(ctx, t.Submission, t.noun, domain.ID{})
	if err != nil {
		return nil, 0, err
	}
	told, next, err := l.tellings(ctx, stream)
	if err != nil || told == nil {
		return nil, 0, err
	}
	e := t.Event.(domain.InteractionRecorded)
	now := domain.Telling{Event: e}
	if t.Actor.Login != "" {
		if now.Actor, _, err = l.Vault.Find(ctx, t.Tenant, t.Actor.login()); err != nil {
			return nil, 0, err
		}
		if now.Actor.IsZero() {
			now.Actor = domain.NewID() // somebody who isn't known yet, and so another one
		}
	}
	if !domain.SaysMore(told.tellings, now) {
		return nil, 0, nil
	}
	sub := *t.Submission
	sub.Event, sub.Retold, sub.Ordinal, sub.Occurred = domain.InteractionUpdated(e), false, told.updates+1, domain.At(domain.TimeOf(l.Now()))
	if e.Modified != 0 {
		sub.Occurred = domain.At(e.Modified)
	}
	sub.Subjects = slices.Clone(sub.Subjects)
	for i := range sub.Subjects { // whom it doesn't name is whoever it was
		if s := &sub.Subjects[i]; s.ID.IsZero() && s.Identifiers == nil && i < len(told.subjects) {
			s.ID = told.subjects[i].ID
		}
	}
	return &sub, next, nil
}

// tellings are what was told of one thing, in order.
type tellings struct {
	tellings []domain.Telling
	updates  uint32
	subjects []domain.SubjectRef // of the latest
}

// tellings reads a stream's tellings, their personal values in the clear; nil when any of them can't be
// read any more. The values never leave.
func (l *Ledger) tellings(ctx context.Context, s domain.Stream) (*tellings, int64, error) {
	var all tellings
	next := int64(0)
	for {
		records, err := l.Log.Stream(ctx, s, next, 256)
		if err != nil {
			return nil, 0, err
		}
		for _, r := range records {
			k, boxes, err := DecodeBoxes(r)
			if err != nil {
				return nil, 0, err
			}
			if _, is := domain.TellingOf(&k); !is {
				continue
			}
			values, readable, err := l.opened(ctx, &k, boxes)
			if err != nil || !readable {
				return nil, 0, err
			}
			k.Event = domain.Opened(k.Event, values)
			told, _ := domain.TellingOf(&k)
			all.tellings = append(all.tellings, told)
			if _, again := k.Event.(domain.InteractionUpdated); again {
				all.updates++
			}
			all.subjects = k.Subjects
		}
		next += int64(len(records))
		if len(records) < 256 {
			break
		}
	}
	if len(all.tellings) == 0 {
		return nil, next, nil
	}
	domain.OrderTellings(all.tellings)
	return &all, next, nil
}

// opened reads an event's personal values; readable is false when any of them is gone.
func (l *Ledger) opened(ctx context.Context, k *domain.Kept, boxes []Box) (all map[string]string, readable bool, err error) {
	all = map[string]string{}
	if k.Struck {
		return nil, false, nil
	}
	for i := range boxes {
		values, err := l.Vault.Open(ctx, &k.Envelope, &boxes[i])
		if errors.Is(err, ErrErased) || errors.Is(err, ErrClosedVault) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		for path, v := range values {
			all[path] = v
		}
	}
	return all, true, nil
}
