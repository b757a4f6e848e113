// Package verify reads a sealed log anew and says whether it holds, check by check. It shares with the
// sealer how a leaf is made of an event, and nothing of how the tree is kept.
//
//	verify.go  the checks, in their order
//	walk.go    the tree, from its tiles
//	policy.go  whose signatures are needed, and when they were given
//	source.go  a directory, or a URL
package verify

import (
	"context"
	"errors"
	"fmt"
	"io"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

// Source is a log as it is found.
type Source interface {
	// Checkpoint is the signed checkpoint to verify.
	Checkpoint(ctx context.Context) ([]byte, error)
	// Tile is the hashes of one tile.
	Tile(ctx context.Context, t tlog.Tile) ([]byte, error)
	// Leaves are the leaves of the n events from one on, or [ErrWithheld].
	Leaves(ctx context.Context, from int64, n int, sealed tlog.HashReader) ([][]byte, error)
	// Size is how many events the log has, or -1 when only the checkpoint tells.
	Size(ctx context.Context) (int64, error)
}

// ErrWithheld: the source doesn't show its entries to us.
var ErrWithheld = errors.New("entries are shown to auditors only")

// Lie is a check that doesn't hold. Its text names what is wrong and where.
type Lie struct{ error }

func lie(format string, args ...any) error { return Lie{fmt.Errorf(format, args...)} }

// Unwrap gives the reason.
func (l Lie) Unwrap() error { return l.error }

// Log checks a whole log and writes a line per check to out. The first lie ends it; another error
// means that it couldn't be checked.
func Log(ctx context.Context, s Source, d Demands, out io.Writer) error {
	line := func(check, format string, args ...any) {
		fmt.Fprintf(out, "%-10s ok  %s\n", check, fmt.Sprintf(format, args...))
	}
	text, err := s.Checkpoint(ctx)
	if err != nil {
		return fmt.Errorf("read the checkpoint: %w", err)
	}
	c, signed, err := d.signatures(text)
	if err != nil {
		return err
	}
	line("signature", "%s, size %d, %s", c.Origin, c.N, signed)
	size, err := s.Size(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the log: %w", err)
	case size >= 0 && size < c.N:
		return lie("size: the log has %d events, and %d were sealed: events are missing at its end", size, c.N)
	case c.N < d.MinSize:
		return lie("size: the checkpoint has size %d, and at least %d is demanded: this is an old state of the log", c.N, d.MinSize)
	case size > c.N:
		line("size", "%d events sealed; %d kept since then are not sealed yet", c.N, size-c.N)
	default:
		line("size", "%d events sealed", c.N)
	}
	tiles, err := walk(ctx, s, c.Tree)
	if err != nil {
		return err
	}
	line("tree", "%d tiles give the root %s", tiles, c.Hash)
	kept, remade := s.(*Kept)
	if remade {
		if err := kept.published(ctx, d, c); err != nil {
			return err
		}
		line("published", "the published checkpoint is this one, or an earlier state of the same log")
	}
	n, err := leaves(ctx, s, c.Tree, remade)
	switch {
	case errors.Is(err, ErrWithheld):
		fmt.Fprintf(out, "%-10s --  not checked: %s (--token)\n", "events", err)
	case err != nil:
		return err
	default:
		line("events", "%d events give the leaves in the tree, in one chain for each stream", n)
	}
	return d.unforked(signed, out)
}

// leaves compares every leaf with its hash in the tree, and what the leaf says with its place. A leaf that
// was made from its event here says nothing else by its making.
func leaves(ctx context.Context, s Source, t tlog.Tree, remade bool) (n int64, err error) {
	sealed := torchwood.TileHashReaderWithContext(ctx, t, reader{s})
	c := newChains()
	for n < t.N {
		k := int(min(4*torchwood.TileWidth, t.N-n))
		texts, err := s.Leaves(ctx, n, k, sealed)
		if err != nil {
			return n, err
		}
		if len(texts) != k {
			return n, lie("events: event %d is missing", n+int64(len(texts)))
		}
		indexes := make([]int64, k)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, n+int64(i))
		}
		hashes, err := sealed.ReadHashes(indexes)
		if err != nil {
			return n, lie("tree: %w", err)
		}
		for i, text := range texts {
			h := tlog.RecordHash(text)
			if h != hashes[i] {
				return n, lie("events: event %d isn't the one that was sealed", n+int64(i))
			}
			if remade {
				continue
			}
			if err := c.follow(n+int64(i), text, h); err != nil {
				return n, err
			}
		}
		n += int64(k)
	}
	return n, nil
}

// reader reads tiles for [torchwood.TileHashReaderWithContext].
type reader struct{ Source }

func (r reader) ReadTiles(ctx context.Context, tiles []tlog.Tile) (all [][]byte, err error) {
	all = make([][]byte, len(tiles))
	for i, t := range tiles {
		if all[i], err = r.Tile(ctx, t); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (reader) SaveTiles([]tlog.Tile, [][]byte) {}

func (reader) ReadEndpoint(context.Context, string) ([]byte, error) {
	return nil, errors.ErrUnsupported
}
