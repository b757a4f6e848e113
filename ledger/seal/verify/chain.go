package verify

import (
	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/seal/heads"
)

// chains follows what leaves say of themselves: their place, and the leaf before them in their stream.
// It holds 40 bytes for each stream.
type chains struct {
	last map[tlog.Hash]link // by stream tag
	time int64
}

type link struct {
	rev  int64
	leaf tlog.Hash
}

func newChains() *chains { return &chains{last: map[tlog.Hash]link{}} }

func (c *chains) follow(seq int64, l *heads.Leaf) error {
	if l.Seq != seq {
		return lie("events: leaf %d says that it is leaf %d", seq, l.Seq)
	}
	if l.Time < c.time {
		return lie("events: the time of leaf %d lies before that of the leaf before it", seq)
	}
	c.time = l.Time
	before, known := c.last[l.Stream]
	switch {
	case known && l.Rev != before.rev+1, !known && l.Rev != 0:
		return lie("events: leaf %d has revision %d, and does not follow the one before it in its stream", seq, l.Rev)
	case known && *l.Prev != before.leaf: // a leaf without one has revision 0
		return lie("events: leaf %d does not name the leaf before it in its stream", seq)
	}
	c.last[l.Stream] = link{l.Rev, l.Hash}
	return nil
}
