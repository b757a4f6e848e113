package seal

import (
	"context"
	"errors"
	"fmt"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger"
)

// ErrNotSealed: no published checkpoint covers it yet. Sealing takes a moment: ask again.
var ErrNotSealed = errors.New("not sealed yet")

// Proof shows that an event's leaf is in the log.
type Proof struct {
	Size  int64  // of the checkpoint in it
	State State  // whether enough witnesses signed that, too
	Leaf  []byte // the leaf's exact bytes
	Text  []byte // C2SP tlog-proof v1: index, inclusion proof, checkpoint
}

// Proof makes the proof of one event under the last published checkpoint.
func (s *Sealer) Proof(ctx context.Context, seq int64) (Proof, error) {
	c, state := s.covering(seq)
	if seq < 0 || seq >= c.Size {
		return Proof{}, ErrNotSealed
	}
	records, err := s.config.Log.At(ctx, []int64{seq})
	if err != nil {
		return Proof{}, err
	}
	at := s.at(ctx, c.Size, c.Root)
	texts, err := s.leavesOf(ctx, records, at)
	if err != nil {
		return Proof{}, fmt.Errorf("prove event %d: %w", seq, err)
	}
	path, err := tlog.ProveRecord(c.Size, seq, at)
	if err != nil {
		return Proof{}, fmt.Errorf("prove event %d: %w", seq, err)
	}
	return Proof{c.Size, state, texts[0], torchwood.FormatProof(seq, path, c.Text)}, nil
}

// Consistency proves that the log of the size from is the beginning of the log of the size to. Both
// must have been published (or passed over) by now.
func (s *Sealer) Consistency(ctx context.Context, from, to int64) (tlog.TreeProof, error) {
	c := s.Checkpoint()
	if from < 1 || from > to || to > c.Size {
		return nil, fmt.Errorf("expected 1 ≤ from ≤ to ≤ %d: %w", c.Size, ErrNotSealed)
	}
	if from == to {
		return nil, nil
	}
	return tlog.ProveTree(to, from, s.at(ctx, c.Size, c.Root))
}

// Leaves makes the leaves of some sealed events again, in the order asked.
func (s *Sealer) Leaves(ctx context.Context, seqs []int64) ([][]byte, error) {
	records, err := s.config.Log.At(ctx, seqs)
	if err != nil {
		return nil, err
	}
	c := s.Checkpoint()
	at := s.at(ctx, c.Size, c.Root)
	texts := make([][]byte, len(records))
	err = parallel(len(records), func(i int) error {
		if records[i].Seq >= c.Size {
			return ErrNotSealed
		}
		one, err := s.leavesOf(ctx, records[i:i+1], at)
		if err != nil {
			return fmt.Errorf("leaf %d: %w", records[i].Seq, err)
		}
		texts[i] = one[0]
		return nil
	})
	return texts, err
}

// Hashes reads the hashes of a published tree, and believes none that doesn't lead to its root.
func (s *Sealer) Hashes(ctx context.Context, c Checkpoint) tlog.HashReader {
	return s.at(ctx, c.Size, c.Root)
}

// RootAt is the root that the log had at a size.
func (s *Sealer) RootAt(ctx context.Context, size int64) (tlog.Hash, error) {
	c := s.Checkpoint()
	if size < 0 || size > c.Size {
		return tlog.Hash{}, ErrNotSealed
	}
	return tlog.TreeHash(size, s.at(ctx, c.Size, c.Root))
}

// maxBundle is how many entries a bundle holds (tlog-tiles).
const maxBundle = torchwood.TileWidth

// Bundle is an entry bundle of the published log, made from the events: entries aren't kept twice.
func (s *Sealer) Bundle(ctx context.Context, index int64, width int) (bundle []byte, err error) {
	c := s.Checkpoint()
	if index < 0 || width < 1 || width > maxBundle || index > c.Size/maxBundle || index*maxBundle+int64(width) > c.Size {
		return nil, ErrNotSealed
	}
	records, err := s.config.Log.Read(ctx, index*maxBundle, width)
	if err != nil {
		return nil, err
	}
	texts, err := s.leavesOf(ctx, records, s.at(ctx, c.Size, c.Root))
	if err != nil {
		return nil, fmt.Errorf("entry bundle %d: %w", index, err)
	}
	for _, text := range texts {
		if bundle, err = torchwood.AppendTileEntry(bundle, text); err != nil {
			return nil, fmt.Errorf("entry bundle %d: %w", index, err)
		}
	}
	return bundle, nil
}

// at reads hashes of a published tree from the tiles, and believes none that doesn't lead to its root.
func (s *Sealer) at(ctx context.Context, size int64, root tlog.Hash) tlog.HashReader {
	return checkedHashes{ctx, torchwood.TileHashReaderWithContext(ctx, tlog.Tree{N: size, Hash: root}, s.config.Tiles)}
}

// checkedHashes says [ErrTiles] of tiles that don't lead to the root.
type checkedHashes struct {
	ctx context.Context
	tlog.HashReader
}

// ReadHashes implements [tlog.HashReader].
func (c checkedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes, err := c.HashReader.ReadHashes(indexes)
	if err != nil && c.ctx.Err() == nil {
		err = errors.Join(ErrTiles, err)
	}
	return hashes, err
}

// leavesOf makes the leaves of consecutive sealed events again: one that isn't what was sealed is an
// error, never an answer.
func (s *Sealer) leavesOf(ctx context.Context, records []ledger.Record, sealed tlog.HashReader) ([][]byte, error) {
	texts, hashes, err := leaves(ctx, s.config.Log, records, &lastLeaves{}, sealed)
	if err != nil {
		return nil, err
	}
	return texts, sameLeaves(sealed, records[0].Seq, hashes)
}

// leafHashes reads the hashes of n leaves from one on.
func leafHashes(sealed tlog.HashReader, from, n int64) ([]tlog.Hash, error) {
	indexes := make([]int64, n)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, from+int64(i))
	}
	hashes, err := sealed.ReadHashes(indexes)
	if err != nil {
		return nil, fmt.Errorf("read leaf hashes: %w", err)
	}
	return hashes, nil
}

// sameLeaves compares leaves that were made again with those in the tree.
func sameLeaves(sealed tlog.HashReader, from int64, made []tlog.Hash) error {
	hashes, err := leafHashes(sealed, from, int64(len(made)))
	if err != nil {
		return err
	}
	for i := range made {
		if made[i] != hashes[i] {
			return fmt.Errorf("event %d isn't the one that was sealed: %w", from+int64(i), ErrChanged)
		}
	}
	return nil
}
