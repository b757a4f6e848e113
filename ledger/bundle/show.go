package bundle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger"
	"muniment/ledger/seal"
)

// Vault is what opens personal values, and lets others check that they are what was kept.
type Vault interface {
	Open(ctx context.Context, e *domain.Envelope, b *ledger.Box) (map[string]string, error)
	Openings(ctx context.Context, e *domain.Envelope, b *ledger.Box) (values map[string]string, r map[string][32]byte, err error)
}

// showing decides what is shown of events.
type showing struct {
	question Question
	vault    Vault
	open     bool // personal values, too
	opened   []ledger.Value
	gone     []gone // boxes without a key, whose end has to be found
	struck   []*Event
}

// gone is a box whose key was destroyed.
type gone struct {
	event *Event
	kept  domain.Kept
	key   domain.ID
	class domain.Class
	owner domain.ID
}

// answer shows all of an event that the question allows to be seen.
func (s *showing) answer(ctx context.Context, r ledger.Record) (*Event, error) {
	kept, boxes, err := ledger.DecodeBoxes(r)
	if err != nil {
		return nil, err
	}
	env, pay, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	e := s.event(r)
	for _, f := range env {
		show := true
		switch f.Name {
		case "subjects":
			show = s.alone(kept.Subjects)
		case "stream": // a person's own is named by its id
			show = s.question.Of != OfLedger || kept.Stream.Noun != "subject" && kept.Stream.Noun != "user"
		}
		e.Env = append(e.Env, shownIf(show, f))
	}
	for _, f := range pay {
		boxed := strings.HasPrefix(f.Name, "box/")
		show := !boxed
		for i := range boxes {
			if b := &boxes[i]; boxed && seal.BoxName(b) == f.Name && s.may(b.Owner) {
				if err := s.box(ctx, e, kept, b); err != nil {
					return nil, fmt.Errorf("event %d: %w", r.Seq, err)
				}
				show = true
			}
		}
		e.Pay = append(e.Pay, shownIf(show, f))
	}
	return e, nil
}

// event is an event of which nothing is shown yet. One whose payload is gone needs the event that says
// so, which is found later.
func (s *showing) event(r ledger.Record) *Event {
	e := &Event{Seq: r.Seq, Struck: -1, Pay: []Field{}}
	if _, struck := ledger.Struck(r.Payload); struck {
		s.struck = append(s.struck, e)
	}
	return e
}

// only shows some fields of an event, and withholds the others; of a struck one also those by which
// another says so.
func (s *showing) only(r ledger.Record, names ...string) (*Event, error) {
	env, pay, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	e := s.event(r)
	if pay == nil {
		names = append(names, "id", "kind", "occurred", "recorded", "tenant")
	}
	for _, f := range env {
		e.Env = append(e.Env, shownIf(slices.Contains(names, f.Name), f))
	}
	for _, f := range pay {
		e.Pay = append(e.Pay, shownIf(slices.Contains(names, f.Name), f))
	}
	return e, nil
}

// fieldsOf lists the fields of an event; pay is nil when its payload was struck.
func fieldsOf(r ledger.Record) (env, pay []seal.Field, err error) {
	if env, err = seal.EnvelopeFields(r.Envelope); err != nil {
		return nil, nil, err
	}
	if _, struck := ledger.Struck(r.Payload); struck {
		return env, nil, nil
	}
	pay, err = seal.PayloadFields(r.Payload)
	return env, pay, err
}

func shownIf(show bool, f seal.Field) Field {
	if !show {
		return Withhold(f)
	}
	return Field{Field: f}
}

// alone: a list of people is shown when nobody else is on it.
func (s *showing) alone(subjects []domain.SubjectRef) bool {
	switch s.question.Of {
	case OfLedger:
		return false
	case OfSubject:
		return !slices.ContainsFunc(subjects, func(r domain.SubjectRef) bool { return !s.question.Asks(r.ID) })
	}
	return true
}

// may tells whether somebody's box may be seen, closed though it is.
func (s *showing) may(owner domain.ID) bool {
	switch s.question.Of {
	case OfLedger:
		return false
	case OfSubject:
		return s.question.Asks(owner)
	}
	return true
}

// box opens a box that is shown, or notes that nobody can.
func (s *showing) box(ctx context.Context, e *Event, kept domain.Kept, b *ledger.Box) error {
	if !s.open {
		_, err := s.vault.Open(ctx, &kept.Envelope, b)
		return s.closed(err, e, kept, b)
	}
	values, r, err := s.vault.Openings(ctx, &kept.Envelope, b)
	if err != nil {
		return s.closed(err, e, kept, b)
	}
	for _, path := range slices.Sorted(maps.Keys(values)) {
		e.Open = append(e.Open, Opening{b.Key, path, r[path], values[path]})
	}
	s.opened = append(s.opened, ledger.Value{State: ledger.StateClear, Subject: b.Subject(), Capacity: b.Capacity(&kept.Envelope), Tenant: kept.Tenant})
	return nil
}

func (s *showing) closed(err error, e *Event, kept domain.Kept, b *ledger.Box) error {
	if errors.Is(err, ledger.ErrErased) {
		s.gone = append(s.gone, gone{e, kept, b.Key, b.Class, b.Owner})
		return nil
	}
	return err
}

// keysOf are the keys that an event says were destroyed, in text.
func keysOf(pay []seal.Field) (keys []string) {
	for _, f := range pay {
		if f.Name != "plain/keys" {
			continue
		}
		canon.Elements(f.Value, func(value []byte) { keys = append(keys, parsed(value).string()) })
	}
	return keys
}
