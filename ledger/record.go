package ledger

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"

	"muniment/domain"
	"muniment/domain/canon"
)

// Encode makes the bytes of a fact, once. Boxes are what its personal values were sealed into.
// The fact's envelope gets what keeping adds: kind, version, recorded and salt.
func Encode(f *domain.Fact, now domain.Time, plain []byte, boxes []Box, claim []byte) (Entry, error) {
	t, ok := domain.Lookup(f.Event.Kind())
	if !ok {
		return Entry{}, fmt.Errorf("encode: kind %q is not in the catalogue", f.Event.Kind())
	}
	if err := f.Occurred.At.Check(); err != nil {
		return Entry{}, fmt.Errorf("encode: occurred: %w", err)
	}
	for _, s := range f.Subjects {
		if !slices.Contains(s.Capacity.Values(), string(s.Capacity)) {
			return Entry{}, fmt.Errorf("encode: %s: a subject has no capacity", t.Kind)
		}
	}
	f.Kind, f.Version, f.Recorded = t.Kind, t.Version, now
	f.Auth = slices.Sorted(slices.Values(f.Auth))
	rand.Read(f.Salt[:])
	var salt [32]byte
	rand.Read(salt[:])
	e := Entry{
		ID: f.ID, Recorded: now, Claim: claim,
		Envelope: f.Envelope.Append(make([]byte, 0, 768)),
		Payload:  AppendPayload(make([]byte, 0, 1024), plain, boxes, salt),
	}
	if len(e.Envelope)+len(e.Payload) > MaxEvent {
		return Entry{}, ErrTooLarge
	}
	return e, nil
}

// AppendPayload appends the canonical bytes of a payload: docs/formats.md, section 6.
func AppendPayload(b, plain []byte, boxes []Box, salt [32]byte) []byte {
	b = append(b, '{')
	if len(boxes) > 0 {
		slices.SortFunc(boxes, func(a, b Box) int { return slices.Compare(a.Key[:], b.Key[:]) })
		b = append(b, `"boxes":[`...)
		for i := range boxes {
			if i > 0 {
				b = append(b, ',')
			}
			b = boxes[i].Append(b)
		}
		b = append(b, `],`...)
	}
	b = append(b, `"plain":`...)
	b = append(b, plain...)
	b = append(b, `,"salt":"`...)
	b = hex.AppendEncode(b, salt[:])
	return append(b, `"}`...)
}

// Payload is a kept payload, taken apart.
type Payload struct {
	Boxes []Box
	Plain map[string]any
	Salt  [32]byte
}

// KindOf is a record's kind, without decoding it: the last member of that name in its envelope, after
// the actor's. What quotation marks a value has are escaped.
func KindOf(r Record) string {
	var kind []byte
	for rest, found := r.Envelope, true; found; { // searched by its k: a quotation mark stands everywhere, and finding each takes ten times as long
		if _, rest, found = bytes.Cut(rest, []byte(`kind":"`)); found {
			kind = rest
		}
	}
	kind, _, _ = bytes.Cut(kind, []byte(`"`))
	return string(kind)
}

// HasBoxes reports whether a record has sealed values, without decoding it: boxes come first.
func HasBoxes(r Record) bool { return bytes.HasPrefix(r.Payload, []byte(`{"boxes":`)) }

// ParsePayload reads kept bytes.
func ParsePayload(text []byte) (p Payload, err error) {
	tree, err := canon.ParseLenient(text)
	if err != nil {
		return p, fmt.Errorf("payload: %w", err)
	}
	o, _ := tree.(map[string]any)
	var ok bool
	if p.Plain, ok = o["plain"].(map[string]any); !ok {
		return p, fmt.Errorf("payload: plain is missing")
	}
	salt, _ := o["salt"].(string)
	if err := canon.Unhex(p.Salt[:], salt); err != nil {
		return p, fmt.Errorf("payload: salt: %w", err)
	}
	list, _ := o["boxes"].([]any)
	for _, b := range list {
		box, err := parseBox(b)
		if err != nil {
			return p, err
		}
		p.Boxes = append(p.Boxes, box)
	}
	return p, nil
}

// Decode makes the event of a record, with personal fields sealed. Of a struck one it knows the kind
// alone.
func Decode(r Record) (domain.Kept, error) {
	k, _, err := DecodeBoxes(r)
	return k, err
}

// DecodeBoxes makes the event of a record and its boxes.
func DecodeBoxes(r Record) (domain.Kept, []Box, error) {
	fail := func(err error) (domain.Kept, []Box, error) {
		return domain.Kept{}, nil, fmt.Errorf("event %d: %w", r.Seq, err)
	}
	if r.Forged {
		return domain.Kept{Envelope: domain.Envelope{Stream: r.Stream, Tenant: domain.Operator}, Event: domain.Void{}, Seq: r.Seq, Revision: r.Revision, LogTime: r.LogTime}, nil, nil
	}
	env, err := domain.ParseEnvelope(r.Envelope)
	if err != nil {
		return fail(err)
	}
	t, ok := domain.Lookup(env.Kind)
	if !ok {
		return fail(fmt.Errorf("kind %q is not known to this build: use the one that kept it, or a newer one", env.Kind))
	}
	if _, struck := Struck(r.Payload); struck {
		return domain.Kept{Envelope: env, Event: env.Stated(t, t.Blank()), Struck: true, Seq: r.Seq, Revision: r.Revision, LogTime: r.LogTime}, nil, nil
	}
	p, err := ParsePayload(r.Payload)
	if err != nil {
		return fail(err)
	}
	var sealed []string
	for i := range p.Boxes {
		sealed = append(sealed, p.Boxes[i].Paths()...)
	}
	event, err := t.Decode(env.Version, p.Plain, sealed)
	if err != nil {
		return fail(err)
	}
	return domain.Kept{Envelope: env, Event: env.Stated(t, event), Seq: r.Seq, Revision: r.Revision, LogTime: r.LogTime}, p.Boxes, nil
}
