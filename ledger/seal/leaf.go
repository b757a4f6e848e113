package seal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger"
)

// Hash is a SHA-256.
type Hash [32]byte

func hash(parts ...string) Hash { return sha256.Sum256(domain.LP(parts...)) }

// Field is one member of an envelope or payload, and the salt that its commitment is made with: who
// has both can check it alone.
type Field struct {
	Name  string
	Value []byte // canonical JSON, as kept
	Salt  Hash
}

// Commitment binds a field's name and value.
func (f Field) Commitment() Hash {
	return hash("muniment/field/1", f.Name, string(f.Value), string(f.Salt[:]))
}

func field(name string, value any, salt [32]byte) Field {
	return Field{name, canon.Append(nil, value), hash("muniment/salt/1", string(salt[:]), name)}
}

// EnvelopeFields lists the fields of a kept envelope, in name order.
func EnvelopeFields(text []byte) ([]Field, error) {
	tree, err := canon.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("envelope: %w", err)
	}
	object, _ := tree.(map[string]any)
	salt, err := saltOf(object)
	if err != nil {
		return nil, fmt.Errorf("envelope: %w", err)
	}
	var fields []Field
	for name, value := range object {
		if name != "salt" {
			fields = append(fields, field(name, value, salt))
		}
	}
	return byName(fields), nil
}

// PayloadFields lists the fields of a kept payload, in name order: plain/NAME and box/KEYID.
func PayloadFields(text []byte) ([]Field, error) {
	tree, err := canon.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	object, _ := tree.(map[string]any)
	salt, err := saltOf(object)
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	var fields []Field
	plain, _ := object["plain"].(map[string]any)
	for name, value := range plain {
		fields = append(fields, field("plain/"+name, value, salt))
	}
	boxes, _ := object["boxes"].([]any)
	for _, b := range boxes {
		box, _ := b.(map[string]any)
		key, _ := box["key"].(string)
		fields = append(fields, field("box/"+key, b, salt))
	}
	return byName(fields), nil
}

func saltOf(object map[string]any) (salt [32]byte, err error) {
	text, _ := object["salt"].(string)
	if n, err := hex.Decode(salt[:], []byte(text)); err != nil || n != 32 || len(text) != 64 {
		return salt, fmt.Errorf("salt: expected 64 hex digits")
	}
	return salt, nil
}

func byName(fields []Field) []Field {
	slices.SortFunc(fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

// List commits to a list of field commitments.
func List(commitments []Hash) Hash {
	b := domain.LP("muniment/fields/1")
	for _, c := range commitments {
		b = append(b, c[:]...)
	}
	return sha256.Sum256(b)
}

func commit(fields []Field) Hash {
	all := make([]Hash, len(fields))
	for i, f := range fields {
		all[i] = f.Commitment()
	}
	return List(all)
}

// Tag stands for a tenant, stream or subject in a leaf. Whoever is told the id can check it; nobody
// else can guess it.
func Tag(kind string, tenant, id domain.ID) Hash {
	return hash("muniment/tag/1", kind, tenant.Raw(), id.Raw())
}

// Leaf is the bytes of an event's leaf. prev is the leaf hash of the stream's previous event, nil at
// revision 0.
func Leaf(r ledger.Record, prev *Hash) ([]byte, error) {
	e, err := domain.ParseEnvelope(r.Envelope)
	if err != nil {
		return nil, err
	}
	env, err := EnvelopeFields(r.Envelope)
	if err != nil {
		return nil, err
	}
	pay, err := PayloadFields(r.Payload)
	if err != nil {
		return nil, err
	}
	tags := map[string]any{"stream": Tag("stream/"+e.Stream.Noun, e.Tenant, e.Stream.ID).String(), "tenant": Tag("tenant", e.Tenant, e.Tenant).String()}
	if subjects := subjectTags(e); len(subjects) > 0 {
		tags["subjects"] = subjects
	}
	leaf := map[string]any{"env": commit(env).String(), "pay": commit(pay).String(), "rev": r.Revision, "seq": r.Seq,
		"t": int64(r.LogTime) / 1_000_000, "tags": tags, "type": "event", "v": int64(1)}
	if prev != nil {
		leaf["prev"] = prev.String()
	}
	return canon.Append(nil, leaf), nil
}

func subjectTags(e domain.Envelope) []any {
	var tags []string
	for _, s := range e.Subjects {
		tags = append(tags, Tag("subject", e.Tenant, s.ID).String())
	}
	slices.Sort(tags)
	var out []any
	for _, t := range slices.Compact(tags) {
		out = append(out, t)
	}
	return out
}

// LeafHash is RFC 6962's hash of a leaf.
func LeafHash(leaf []byte) Hash { return sha256.Sum256(append([]byte{0}, leaf...)) }

func (h Hash) String() string { return hex.EncodeToString(h[:]) }
