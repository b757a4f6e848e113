package ledger

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/domain/canon"
)

// Box holds the personal values of one event that one key seals. docs/formats.md, section 7.
type Box struct {
	Class       domain.Class
	Commitments []Commitment // sorted by path
	Ciphertext  []byte       // with tag
	Key         domain.ID
	Nonce       [24]byte
	Owner       domain.ID
}

// Commitment binds one sealed value to its path and event.
type Commitment struct {
	Path string
	Hash [32]byte
}

const (
	boxAlgorithm = "XAES-256-GCM"
	boxVersion   = 1
)

// Append appends the canonical bytes of the box.
func (x *Box) Append(b []byte) []byte {
	b = append(b, `{"alg":"`+boxAlgorithm+`","class":"`...)
	b = append(b, x.Class...)
	b = append(b, `","com":{`...)
	for i, c := range x.Commitments {
		if i > 0 {
			b = append(b, ',')
		}
		b = canon.AppendString(b, c.Path)
		b = append(b, ':', '"')
		b = hex.AppendEncode(b, c.Hash[:])
		b = append(b, '"')
	}
	b = append(b, `},"ct":"`...)
	b = base64.RawURLEncoding.AppendEncode(b, x.Ciphertext)
	b = append(b, `","key":"`...)
	b = hex.AppendEncode(b, x.Key[:])
	b = append(b, `","nonce":"`...)
	b = hex.AppendEncode(b, x.Nonce[:])
	b = append(b, `","owner":"`...)
	b = hex.AppendEncode(b, x.Owner[:])
	return append(b, `","v":1}`...)
}

// Capacity is our capacity towards whose values these are. What is said of a matter is our own record.
func (x *Box) Capacity(e *domain.Envelope) domain.Capacity {
	if x.Class.OfThing() {
		return domain.Controller
	}
	return e.CapacityOf(x.Owner)
}

// Subject is the person whose values these are; zero when they are a thing's.
func (x *Box) Subject() domain.ID {
	if x.Class.OfThing() {
		return domain.ID{}
	}
	return x.Owner
}

// Padded is how long n bytes are with their padding: one byte more at least, and the next of 32, 64, 128, …
func Padded(n int) int { return max(32, 1<<bits.Len(uint(n))) }

// Paths lists what the box holds.
func (x *Box) Paths() []string {
	paths := make([]string, len(x.Commitments))
	for i, c := range x.Commitments {
		paths[i] = c.Path
	}
	return paths
}

// Commitment finds the commitment of a path.
func (x *Box) Commitment(path string) ([32]byte, bool) {
	i, ok := slices.BinarySearchFunc(x.Commitments, path, func(c Commitment, p string) int { return strings.Compare(c.Path, p) })
	if !ok {
		return [32]byte{}, false
	}
	return x.Commitments[i].Hash, true
}

func parseBox(tree any) (x Box, err error) {
	o, ok := tree.(map[string]any)
	if !ok || len(o) != 8 || o["alg"] != boxAlgorithm || o["v"] != int64(boxVersion) {
		return x, fmt.Errorf("box: not of a version this build knows")
	}
	text := func(name string) string { s, _ := o[name].(string); return s }
	x.Class = domain.Class(text("class"))
	if x.Key, err = domain.ParseID(text("key")); err != nil {
		return x, fmt.Errorf("box: key: %w", err)
	}
	if x.Owner, err = domain.ParseID(text("owner")); err != nil {
		return x, fmt.Errorf("box: owner: %w", err)
	}
	if err := canon.Unhex(x.Nonce[:], text("nonce")); err != nil {
		return x, fmt.Errorf("box: nonce: %w", err)
	}
	if x.Ciphertext, err = canon.Unbase64(text("ct")); err != nil {
		return x, fmt.Errorf("box: ct: %w", err)
	}
	com, _ := o["com"].(map[string]any)
	for path, v := range com {
		c := Commitment{Path: path}
		s, _ := v.(string)
		if err := canon.Unhex(c.Hash[:], s); err != nil {
			return x, fmt.Errorf("box: com: %w", err)
		}
		x.Commitments = append(x.Commitments, c)
	}
	slices.SortFunc(x.Commitments, func(a, b Commitment) int { return strings.Compare(a.Path, b.Path) })
	return x, nil
}
