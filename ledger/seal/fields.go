package seal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muniment/domain/canon"
	"muniment/ledger"
)

// Hash is a SHA-256.
type Hash [32]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// hash is H(lp(parts…)). Most of what is hashed here is short, so that it needs no memory of its own.
func hash(label string, parts ...[]byte) Hash {
	var short [512]byte
	b := binary.BigEndian.AppendUint32(short[:0], uint32(len(label)))
	b = append(b, label...)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return sha256.Sum256(b)
}

// Field is one member of an envelope or payload, and the salt that its commitment is made with: who
// has both can check it alone.
type Field struct {
	Name  string
	Value []byte // canonical JSON, as kept
	Salt  Hash
}

// Commitment binds a field's value; its name is bound where it is listed.
func (f Field) Commitment() Hash { return hash("muniment/field/1", f.Value, f.Salt[:]) }

// EnvelopeFields lists the fields of a kept envelope, in name order.
func EnvelopeFields(text []byte) ([]Field, error) {
	return salted("envelope", text, func(f *fields, name, value []byte) { f.add(nameOf(name), value) })
}

// PayloadFields lists the fields of a kept payload, in name order: plain/NAME, and box and the paths of
// what is in it, with commas between. A box is without its ciphertext, of which the hash stands there:
// whoever is shown one value needs nothing of what the others could be read from.
func PayloadFields(text []byte) ([]Field, error) {
	return salted("payload", text, func(f *fields, name, value []byte) {
		switch string(name) {
		case "plain":
			f.note(canon.Members(value, func(name, value []byte) { f.add("plain/"+string(name), value) }))
		case "boxes":
			f.note(canon.Elements(value, f.addBox))
		}
	})
}

// PayloadCommitment is what a leaf commits to of a payload; of a struck one its stub tells it.
func PayloadCommitment(text []byte) (Hash, error) {
	if pay, struck := ledger.Struck(text); struck {
		return pay, nil
	}
	fields, err := PayloadFields(text)
	if err != nil {
		return Hash{}, err
	}
	return commit(fields), nil
}

// fields are those found so far, and the first thing that is wrong.
type fields struct {
	all  []Field
	salt Hash
	err  error
}

func (f *fields) add(name string, value []byte) {
	f.all = append(f.all, Field{Name: name, Value: value})
}

func (f *fields) addBox(box []byte) {
	var paths []string
	text := make([]byte, 0, len(box)+64)
	f.note(canon.Members(box, func(name, value []byte) {
		text = append(append(append(text, separator(text)...), name...), `":`...)
		switch string(name) {
		case "com":
			f.note(canon.Members(value, func(path, _ []byte) { paths = append(paths, string(path)) }))
		case "ct":
			ct := hash("muniment/ct/1", unquoted(value, len(value)-2))
			value = []byte(`"` + ct.String() + `"`)
		}
		text = append(text, value...)
	}))
	f.add(boxName(paths), append(text, '}'))
}

func boxName(paths []string) string { return "box" + strings.Join(paths, ",") }

// BoxName is a box's name among the fields of its payload.
func BoxName(b *ledger.Box) string {
	var paths []string
	for _, c := range b.Commitments {
		paths = append(paths, c.Path)
	}
	return boxName(paths)
}

func separator(object []byte) string {
	if len(object) == 0 {
		return `{"`
	}
	return `,"`
}

func (f *fields) note(err error) {
	if f.err == nil {
		f.err = err
	}
}

// salted lists what each makes of the members but the salt, and salts it.
func salted(what string, text []byte, each func(f *fields, name, value []byte)) ([]Field, error) {
	f := &fields{all: make([]Field, 0, 12)}
	given := false
	f.note(canon.Members(text, func(name, value []byte) {
		if string(name) == "salt" {
			given = canon.Unhex(f.salt[:], unquoted(value, 64)) == nil
			return
		}
		each(f, name, value)
	}))
	if f.err == nil && !given {
		f.err = errors.New("salt: expected 64 hex digits")
	}
	if f.err != nil {
		return nil, fmt.Errorf("%s: %w", what, f.err)
	}
	for i := range f.all {
		f.all[i].Salt = hash("muniment/salt/1", f.salt[:], []byte(f.all[i].Name))
	}
	byName := func(a, b Field) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(f.all, byName) {
		slices.SortFunc(f.all, byName)
	}
	return f.all, nil
}

// names are those of the envelope's members: the same in every event, so that they needn't be made anew.
var names = func() map[string]string {
	all := map[string]string{}
	for _, n := range []string{"actor", "auth", "basis", "causation", "correlation", "evidence", "id", "kind", "occurred", "precision", "purpose", "recorded", "reported", "source",
		"stream", "subjects", "tenant", "version", "zone"} {
		all[n] = n
	}
	return all
}()

func nameOf(name []byte) string {
	if n, ok := names[string(name)]; ok {
		return n
	}
	return string(name)
}

// unquoted is the inside of a string of n plain characters; nil when it is something else.
func unquoted(value []byte, n int) []byte {
	if len(value) != n+2 || value[0] != '"' {
		return nil
	}
	return value[1 : n+1]
}

// member is the plain text of an object's member, "" when it has none.
func member(object []byte, name string) (text string) {
	canon.Members(object, func(n, value []byte) {
		if string(n) == name {
			text = string(unquoted(value, len(value)-2))
		}
	})
	return text
}

// Listed is a field as a leaf commits to it.
type Listed struct {
	Name       string
	Commitment Hash
}

// List commits to fields, in name order.
func List(fields []Listed) Hash {
	const label = "muniment/fields/1"
	var short [2048]byte
	part := func(b []byte, n int) []byte { return binary.BigEndian.AppendUint32(b, uint32(n)) }
	b := append(part(short[:0], len(label)), label...)
	for _, f := range fields {
		b = append(part(b, len(f.Name)), f.Name...)
		b = append(part(b, len(f.Commitment)), f.Commitment[:]...)
	}
	return sha256.Sum256(b)
}

func commit(fields []Field) Hash {
	all := make([]Listed, 0, 24)
	for _, f := range fields {
		all = append(all, Listed{f.Name, f.Commitment()})
	}
	return List(all)
}
