package heads

import (
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

// Step is a branch on the way from the map's root to an entry: the bit in which it parts, and the hash
// of the side that isn't taken.
type Step struct {
	Bit  int
	Hash tlog.Hash
}

// HeadProof shows a tag's head in the map, or that it has none: then Other is what stands where the tag
// would lead to.
//
// That nothing else bears the tag elsewhere rests on the root being made by the map's definition. A
// replay checks that, a proof alone does not.
type HeadProof struct {
	Tag   tlog.Hash
	Head  *Head  // nil where there is none
	Other *Other // nil where there is a head, or the map is empty
	Path  []Step // from the root down
}

// Other is another's place in the map: its tag, and nothing that tells what its head is.
type Other struct{ Tag, Inner tlog.Hash }

// Reasons why a head isn't proven.
var (
	errBits  = errors.New("head: the path's bits must grow, and lie below 256")
	errSides = errors.New("head: the path does not lead from this tag to the one shown")
	errSame  = errors.New("head: the tag is said to be absent, and is the one shown")
	errBoth  = errors.New("head: expected a head, or another tag in its place, not both")
	errRoot  = errors.New("head: it does not lead to the epoch's root")
)

// Check checks the proof against an epoch's root.
func (p HeadProof) Check(root tlog.Hash) error {
	var e Entry
	switch {
	case p.Head != nil && p.Other != nil:
		return errBoth
	case p.Head != nil:
		e = EntryOf(p.Tag, p.Head.Inner())
	case p.Other == nil:
		if len(p.Path) > 0 || root != emptyRoot() {
			return errRoot
		}
		return nil
	case p.Other.Tag == p.Tag:
		return errSame
	default:
		e = EntryOf(p.Other.Tag, p.Other.Inner)
	}
	below := 256
	h := e.Hash
	for i := len(p.Path) - 1; i >= 0; i-- {
		s := p.Path[i]
		if s.Bit < 0 || s.Bit >= below {
			return errBits
		}
		below = s.Bit
		side := bitOf(p.Tag, s.Bit)
		if bitOf(e.Tag, s.Bit) != side {
			return errSides
		}
		if side == 0 {
			h = nodeHash(s.Bit, h, s.Hash)
		} else {
			h = nodeHash(s.Bit, s.Hash, h)
		}
	}
	if h != root {
		return errRoot
	}
	return nil
}

// Path follows a tag through sorted entries, as [Trie.Path] does; the entry reached is the one at the
// place returned. There must be one.
func Path(entries []Entry, tag tlog.Hash) (path []Step, reached int) {
	for len(entries) > 1 {
		bit, at := branch(entries)
		if bitOf(tag, bit) == 0 {
			path = append(path, Step{bit, Root(entries[at:])})
			entries = entries[:at]
		} else {
			path = append(path, Step{bit, Root(entries[:at])})
			entries = entries[at:]
			reached += at
		}
	}
	return path, reached
}
