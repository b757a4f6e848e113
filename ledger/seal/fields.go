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

// Commitment binds a field's name and value.
func (f Field) Commitment() Hash {
	return hash("muniment/field/1", []byte(f.Name), f.Value, f.Salt[:])
}

// EnvelopeFields lists the fields of a kept envelope, in name order.
func EnvelopeFields(text []byte) ([]Field, error) {
	return salted("envelope", text, func(name string, value []byte) ([]Field, error) {
		return []Field{{Name: name, Value: value}}, nil
	})
}

// PayloadFields lists the fields of a kept payload, in name order: plain/NAME and box/KEYID.
func PayloadFields(text []byte) ([]Field, error) {
	return salted("payload", text, func(name string, value []byte) (fields []Field, err error) {
		switch name {
		case "plain":
			err = canon.Members(value, func(name string, value []byte) {
				fields = append(fields, Field{Name: "plain/" + name, Value: value})
			})
		case "boxes":
			err = canon.Elements(value, func(box []byte) {
				fields = append(fields, Field{Name: "box/" + member(box, "key"), Value: box})
			})
		}
		return fields, err
	})
}

// salted lists what fields makes of each member but the salt, and salts it.
func salted(what string, text []byte, fields func(name string, value []byte) ([]Field, error)) (all []Field, err error) {
	all = make([]Field, 0, 16)
	var salt Hash
	given := false
	bad := canon.Members(text, func(name string, value []byte) {
		if name == "salt" {
			n, wrong := hex.Decode(salt[:], unquoted(value, 64))
			given = wrong == nil && n == len(salt)
			return
		}
		more, wrong := fields(name, value)
		all, err = append(all, more...), errors.Join(err, wrong)
	})
	switch {
	case bad != nil:
		err = bad
	case err == nil && !given:
		err = errors.New("salt: expected 64 hex digits")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	for i := range all {
		all[i].Salt = hash("muniment/salt/1", salt[:], []byte(all[i].Name))
	}
	slices.SortFunc(all, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
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
	canon.Members(object, func(n string, value []byte) {
		if n == name {
			text = string(unquoted(value, len(value)-2))
		}
	})
	return text
}

// List commits to a list of field commitments.
func List(commitments []Hash) Hash {
	const label = "muniment/fields/1"
	b := make([]byte, 0, 4+len(label)+len(commitments)*len(Hash{}))
	b = binary.BigEndian.AppendUint32(b, uint32(len(label)))
	b = append(b, label...)
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
