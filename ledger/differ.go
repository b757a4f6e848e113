package ledger

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/domain/canon"
)

// errOtherVersion: the record was kept when its kind had other fields, so that claims can't be compared.
var errOtherVersion = errors.New("kept in another version of its kind")

// differing names the fields in which a submission differs from the record kept under its id; or says
// [errOtherVersion]. It opens the record's boxes to compare; values never leave.
func (l *Ledger) differing(ctx context.Context, t *taking, seq int64) (string, error) {
	records, err := l.Log.At(ctx, []int64{seq})
	if err != nil {
		return "", err
	}
	kept, boxes, err := DecodeBoxes(records[0])
	if kept.Struck { // between the look at its claim and this
		return "payload", nil
	}
	if err != nil {
		return "", err
	}
	if now, ok := domain.Lookup(t.Event.Kind()); ok && kept.Kind == now.Kind && kept.Version != now.Version {
		return "", errOtherVersion
	}
	payload, err := ParsePayload(records[0].Payload)
	if err != nil {
		return "", err
	}
	var names []string
	note := func(name string, same bool) {
		if !same {
			names = append(names, name)
		}
	}
	note("kind", kept.Kind == t.Event.Kind())
	note("occurred", kept.Occurred == t.Occurred)
	note("purpose", kept.Purpose == t.Purpose)
	note("basis", kept.Basis == t.Basis)
	if attributed := !t.claimed() && !t.by.own && !kept.Reported; !attributed { // else the actor was never the sender's to say
		note("auth", slices.Equal(kept.Auth, t.Auth))
		note("actor", kept.Actor.Kind == t.Actor.Kind && kept.Actor.Role == t.Actor.Role && (t.Actor.ID.IsZero() || kept.Actor.ID == t.Actor.ID))
	}
	note("evidence", kept.Evidence == t.Evidence)
	note("subjects", len(kept.Subjects) == len(t.Subjects))
	plain, personal := domain.Split(t.Event)
	tree, err := canon.ParseLenient(plain)
	if err != nil {
		return "", err
	}
	names = append(names, differingMembers(payload.Plain, tree.(map[string]any))...)
	opened := map[string]string{}
	for i := range boxes {
		values, err := l.Vault.Open(ctx, &kept.Envelope, &boxes[i])
		if errors.Is(err, ErrErased) || errors.Is(err, ErrClosedVault) {
			continue
		}
		if err != nil {
			return "", err
		}
		for path, v := range values {
			opened[path] = v
		}
	}
	for _, p := range personal {
		note("data"+dotted(p.Path), opened[p.Path] == p.Value)
		delete(opened, p.Path)
	}
	for path := range opened {
		note("data"+dotted(path), false)
	}
	if len(names) == 0 {
		return "who is named as actor or subject", nil
	}
	slices.Sort(names)
	return strings.Join(names, ", "), nil
}

func differingMembers(a, b map[string]any) (names []string) {
	for name, v := range a {
		if w, ok := b[name]; !ok || !bytes.Equal(canon.Append(nil, v), canon.Append(nil, w)) {
			names = append(names, "data."+name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, "data."+name)
		}
	}
	return names
}
