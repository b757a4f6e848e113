// Package heads says how many events each tenant and subject has, under one root: docs/formats.md,
// section 12. It knows leaves and hashes only, no events and no database, so that whoever checks what
// they were given needs nothing else.
//
//	heads.go   heads, the map over them, its root by definition
//	trie.go    the same root, as heads change one by one
//	stack.go   the root over one head's leaves, as it grows
//	leaf.go    what a leaf says of itself
//	replay.go  leaves to heads, compared with what epochs say
//	memory.go  heads in memory, for a replay that isn't kept
//	proof.go   that a head is in the map, or isn't
//	period.go  that a run of a head's leaves is whole
//	text.go    proofs as text
//	note.go    who replayed what: signed notes
//	policy.go  whose notes count
package heads

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Map names all of this in an epoch.
const Map = "muniment/heads/1"

// Head is one tenant's or subject's events: how many, and RFC 6962's root over their leaf hashes, in
// the order of the ledger.
type Head struct {
	Count int64
	Root  tlog.Hash
}

// Epoch is all heads over the first Size leaves of the ledger.
type Epoch struct {
	Size  int64
	Count int64 // of heads
	Root  tlog.Hash
}

// hash is H(lp(parts…)).
func hash(label string, parts ...[]byte) tlog.Hash {
	var short [256]byte
	b := binary.BigEndian.AppendUint32(short[:0], uint32(len(label)))
	b = append(b, label...)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return sha256.Sum256(b)
}

// Inner is all that a proof shows of somebody else's head.
func (h Head) Inner() tlog.Hash {
	var count [8]byte
	binary.BigEndian.PutUint64(count[:], uint64(h.Count))
	return hash("muniment/head/1", count[:], h.Root[:])
}

// Entry is a place in the map: a tag and the hash that stands there, of a leaf or of a whole part of
// the map in which all tags begin alike.
type Entry struct{ Tag, Hash tlog.Hash }

// EntryOf is the map's leaf for a tag with the inner hash of its head.
func EntryOf(tag, inner tlog.Hash) Entry {
	return Entry{tag, hash("muniment/heads/leaf/1", tag[:], inner[:])}
}

func nodeHash(bit int, zero, one tlog.Hash) tlog.Hash {
	return hash("muniment/heads/node/1", []byte{byte(bit >> 8), byte(bit)}, zero[:], one[:])
}

func emptyRoot() tlog.Hash { return hash("muniment/heads/empty/1") }

// bitOf is a bit of a tag, counted from the first byte's highest.
func bitOf(tag tlog.Hash, bit int) int { return int(tag[bit/8]>>(7-bit%8)) & 1 }

// differ is the first bit in which two tags differ; 256 when none does.
func differ(a, b tlog.Hash) int {
	for i := range a {
		if x := a[i] ^ b[i]; x != 0 {
			return 8*i + bits.LeadingZeros8(x)
		}
	}
	return 256
}

// Root is the map's root by its definition, over entries sorted by tag, each tag once.
func Root(entries []Entry) tlog.Hash {
	switch len(entries) {
	case 0:
		return emptyRoot()
	case 1:
		return entries[0].Hash
	}
	bit, at := branch(entries)
	return nodeHash(bit, Root(entries[:at]), Root(entries[at:]))
}

// branch is where two or more sorted entries part: the bit, and the first entry that has it set.
func branch(entries []Entry) (bit, at int) {
	bit = differ(entries[0].Tag, entries[len(entries)-1].Tag)
	at, _ = slices.BinarySearchFunc(entries, 1, func(e Entry, one int) int { return bitOf(e.Tag, bit) - one })
	return bit, at
}
