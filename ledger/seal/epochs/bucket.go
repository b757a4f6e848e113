package epochs

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/seal/heads"
)

// runLength is how many of a head's leaves make a row of their own; a power of two.
const (
	runLevel  = 6
	runLength = 1 << runLevel
)

// place is one of a head's leaves.
type place struct {
	seq  int64
	hash tlog.Hash
}

const placeBytes = 8 + tlog.HashSize

// head is a tenant's or subject's leaves: full runs, by the roots of their perfect trees, and the rest.
type head struct {
	tag   tlog.Hash
	inner tlog.Hash   // of all of it; kept, so that a bucket needn't hash what hasn't changed
	full  heads.Stack // over the roots of full runs
	tail  []place
}

func (h *head) count() int64 { return h.full.Count<<runLevel + int64(len(h.tail)) }

func (h *head) sum() heads.Head {
	var rest heads.Stack
	for _, p := range h.tail {
		rest.Add(p.hash)
	}
	all := heads.Stack{Roots: slices.Concat(h.full.Roots, rest.Roots)}
	return heads.Head{Count: h.count(), Root: all.Root()}
}

// push adds a leaf, and returns the run that it makes full, if it does.
func (h *head) push(p place) *run {
	h.tail = append(h.tail, p)
	if len(h.tail) < runLength {
		return nil
	}
	r := &run{tag: h.tag, n: h.full.Count, leaves: h.tail}
	r.roots = h.full.Push(rootOf(h.tail))
	h.tail = nil
	return r
}

func rootOf(places []place) tlog.Hash {
	var s heads.Stack
	for _, p := range places {
		s.Add(p.hash)
	}
	return s.Root()
}

// run is a full row of a head's leaves, and the roots of the sub-trees that end with it: so any sub-tree
// is one row's, and none is written twice.
type run struct {
	tag    tlog.Hash
	n      int64
	leaves []place
	roots  []tlog.Hash
}

// bucket is the heads whose tags begin with the same 16 bits, sorted by tag.
type bucket struct{ heads []head }

func bucketOf(tag tlog.Hash) int64 { return int64(tag[0])<<8 | int64(tag[1]) }

// head finds a tag's head, or makes room for it.
func (b *bucket) head(tag tlog.Hash) (h *head, begun bool) {
	i, ok := b.find(tag)
	if !ok {
		b.heads = slices.Insert(b.heads, i, head{tag: tag})
	}
	return &b.heads[i], !ok
}

func (b *bucket) find(tag tlog.Hash) (int, bool) {
	return slices.BinarySearchFunc(b.heads, tag, func(h head, tag tlog.Hash) int { return slices.Compare(h.tag[:], tag[:]) })
}

func (b *bucket) entries() []heads.Entry {
	all := make([]heads.Entry, len(b.heads))
	for i, h := range b.heads {
		all[i] = heads.EntryOf(h.tag, h.inner)
	}
	return all
}

func (b *bucket) bytes() (text []byte) {
	for i := range b.heads {
		h := &b.heads[i]
		text = append(append(text, h.tag[:]...), h.inner[:]...)
		text = binary.BigEndian.AppendUint64(text, uint64(h.count()))
		text = appendHashes(text, h.full.Roots)
		text = appendPlaces(text, h.tail)
	}
	return text
}

func appendHashes(b []byte, all []tlog.Hash) []byte {
	for _, h := range all {
		b = append(b, h[:]...)
	}
	return b
}

func appendPlaces(b []byte, all []place) []byte {
	for _, p := range all {
		b = append(binary.BigEndian.AppendUint64(b, uint64(p.seq)), p.hash[:]...)
	}
	return b
}

var errDamaged = errors.New("the database of heads is damaged: stop, delete it, and start again: it is gathered anew from the log")

func parseBucket(text []byte) (*bucket, error) {
	b := &bucket{}
	for len(text) > 0 {
		if len(text) < 2*tlog.HashSize+8 {
			return nil, errDamaged
		}
		h := head{tag: tlog.Hash(text), inner: tlog.Hash(text[tlog.HashSize:])}
		count := binary.BigEndian.Uint64(text[2*tlog.HashSize:])
		text = text[2*tlog.HashSize+8:]
		h.full.Count = int64(count >> runLevel)
		roots, tail := bits.OnesCount64(count>>runLevel)*tlog.HashSize, int(count%runLength)*placeBytes
		if len(text) < roots+tail {
			return nil, errDamaged
		}
		h.full.Roots = parseHashes(text[:roots])
		h.tail = parsePlaces(text[roots : roots+tail])
		text = text[roots+tail:]
		b.heads = append(b.heads, h)
	}
	return b, nil
}

func parseHashes(text []byte) (all []tlog.Hash) {
	for ; len(text) >= tlog.HashSize; text = text[tlog.HashSize:] {
		all = append(all, tlog.Hash(text))
	}
	return all
}

func parsePlaces(text []byte) (all []place) {
	for ; len(text) >= placeBytes; text = text[placeBytes:] {
		all = append(all, place{int64(binary.BigEndian.Uint64(text)), tlog.Hash(text[8:])})
	}
	return all
}
