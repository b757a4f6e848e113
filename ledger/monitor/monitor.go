// Package monitor replays a ledger's heads without its keys, anywhere, and goes on where it ended: it
// sees each epoch, keeps what it has seen, and says when the ledger tells something else.
//
//	monitor.go one look at the ledger
//	state.go   what is remembered between two looks
//	door.go    where a ledger takes and shows what its replayers sign
package monitor

import (
	"context"
	"fmt"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/seal/epochs"
	"muniment/ledger/seal/heads"
	"muniment/ledger/seal/verify"
)

// Monitor watches one log. What it checks of leaves is that they are those of the tree, and what their
// epochs say; the chains of streams are checked by verify.
type Monitor struct {
	Demands verify.Demands
	Dir     string // its own, where it remembers
	Heads   *epochs.Store
}

// Seen is what a look has found.
type Seen struct {
	heads.Replayed
	Last  *heads.Sealed // nil before the first epoch
	Read  int64         // entries that were new
	First bool          // nothing was remembered
}

// Look reads what is new in a log and compares it with what was seen before, and each epoch with the
// leaves. A [verify.Lie] is found again by every later look. bodies: the source makes its leaves from the
// events, so that tags are those of the events.
func (m *Monitor) Look(ctx context.Context, s verify.Source, bodies bool) (seen Seen, err error) {
	text, err := s.Checkpoint(ctx)
	if err != nil {
		return seen, fmt.Errorf("read the checkpoint: %w", err)
	}
	c, err := m.Demands.Open(text)
	if err != nil {
		return seen, err
	}
	hashes := verify.Hashes(ctx, s, c.Tree)
	before, err := m.remembered()
	if err != nil {
		return seen, err
	}
	if before != nil {
		if err := continues(*before, c, hashes); err != nil {
			return seen, err
		}
	}
	// First what was seen, then what follows from it: the heads are never ahead of what is remembered.
	if err := m.remember(text); err != nil {
		return seen, err
	}
	r := &heads.Replay{Heads: m.Heads, Size: m.Heads.Size(), Last: m.Heads.Last()}
	if r.Settled, err = m.settled(); err != nil {
		return seen, err
	}
	if err := m.replay(ctx, s, c.Tree, hashes, r); err != nil {
		return seen, err
	}
	if err := m.settle(r.Settled); err != nil {
		return seen, err
	}
	if err := verify.Ended(r); err != nil {
		return seen, err
	}
	seen = Seen{heads.NewReplayed(c.Origin, c.Tree, r.Last, r.Settled.Withdrawn, bodies), r.Last, c.N, before == nil}
	if before != nil {
		seen.Read = c.N - before.N
	}
	return seen, nil
}

// continues checks that a log is the one seen before, or a later state of it.
func continues(before, now torchwood.Checkpoint, hashes tlog.HashReader) error {
	switch {
	case before.Origin != now.Origin:
		return fmt.Errorf("this state is of the log %s, and the policy's is %s: name another directory with --state", before.Origin, now.Origin)
	case now.N < before.N:
		return verify.NewLie("rollback: the log has size %d, and had %d when it was seen last: an older state is shown", now.N, before.N)
	}
	root, err := tlog.TreeHash(before.N, hashes)
	if err != nil {
		return verify.NewLie("tree: %w", err)
	}
	if root != before.Hash {
		return verify.NewLie("fork: the first %d events give the root %s, and gave %s when they were seen last: another history is shown", before.N, root, before.Hash)
	}
	return nil
}

// replay reads the entries that no epoch covered yet, and what is new.
func (m *Monitor) replay(ctx context.Context, s verify.Source, t tlog.Tree, hashes tlog.HashReader, r *heads.Replay) error {
	for from := max(0, r.Next()-1); r.Next() < t.N; from = r.Next() { // with the last before, whose time the next must not lie before
		page := from / verify.PageSize * verify.PageSize
		all, err := verify.Entries(ctx, s, page, int(min(verify.PageSize, t.N-page)), hashes)
		if err != nil {
			return err
		}
		for _, l := range all {
			if l.Seq < r.Next() {
				r.Time = l.Time
				continue
			}
			last := r.Last
			if err := verify.Replay(ctx, r, l); err != nil {
				return err
			}
			if l.Epoch != nil && r.Last != last {
				if err := m.settle(r.Settled); err != nil { // never behind the heads
					return err
				}
				if err := m.Heads.Note(ctx, *r.Last); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
