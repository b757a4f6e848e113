// Package verify reads a sealed log anew and says whether it holds, check by check. It shares with the
// sealer how a leaf is made of an event, and nothing of how the tree is kept.
//
//	verify.go  the checks, in their order
//	walk.go    the tree, from its tiles
//	chain.go   what leaves say of their place
//	policy.go  whose signatures are needed, and when they were given
//	verdict.go what it all comes to, in four lines
//	struck.go  payloads that were removed
//	source.go  a directory, or a URL
//	bundle.go  a bundle: what is intact in it; run.go: what is complete
//	shown.go   what its events say, against their leaves; fields.go: field by field
//	gone.go    what they say of what is gone
package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"sync"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/seal/heads"
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

// NewLie is one that somebody else has found.
func NewLie(format string, args ...any) error { return lie(format, args...) }

func lie(format string, args ...any) error { return Lie{fmt.Errorf(format, args...)} }

// Unwrap gives the reason.
func (l Lie) Unwrap() error { return l.error }

// Log checks a whole log and writes a line per check to out. The first lie ends it; another error
// means that it couldn't be checked.
func Log(ctx context.Context, s Source, d Demands, out io.Writer) error {
	ours, err := heads.ReadPolicy(d.Policy)
	if err != nil {
		return err
	}
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
	if err := d.marked(ctx, s, c.Tree, size, out); err != nil {
		return err
	}
	kept, remade := s.(*Kept)
	if remade {
		if err := kept.published(ctx, d, c); err != nil {
			return err
		}
		line("published", "the published checkpoint is this one, or an earlier state of the same log")
	}
	f := outcome{size: c.N, signed: signed, bodies: remade}
	if f.words, err = d.heard(c.Origin, c.Tree, Hashes(ctx, s, c.Tree), ours.Replayers); err != nil {
		return err
	}
	f.unheard = unheard(ours.Replayers, f.words)
	f.replay, err = leaves(ctx, s, c.Tree, remade)
	switch {
	case errors.Is(err, ErrWithheld):
		fmt.Fprintf(out, "%-10s --  not checked: %s (--token)\n", "events", err)
	case err != nil:
		return err
	default:
		line("events", "%d events give the leaves in the tree, in one chain for each stream", c.N)
		if remade {
			struck, disposed, err := kept.removed(ctx, c.Tree)
			if err != nil {
				return err
			}
			if n := struck + disposed; n > 0 {
				line("struck", "the payloads of %d events were removed, and a later event says so of each: %d struck, %d disposed of at the end of their period", n, struck, disposed)
			}
		}
	}
	return d.verdict(f, out)
}

// marked compares the tree with what was signed last, as the keys directory knows it.
func (d Demands) marked(ctx context.Context, s Source, t tlog.Tree, size int64, out io.Writer) error {
	if d.Marked.N == 0 {
		return nil
	}
	if t.N < d.Marked.N && size >= d.Marked.N { // cut off between the mark and the checkpoint
		fmt.Fprintf(out, "%-10s --  the keys directory says that %d were signed, and the checkpoint has %d: the next start of muniment serve signs the same, or refuses\n", "marked", d.Marked.N, t.N)
		return nil
	}
	if t.N < d.Marked.N {
		return lie("size: the checkpoint has size %d, and the keys directory says that %d were signed: this is an older copy of the log", t.N, d.Marked.N)
	}
	root, err := tlog.TreeHash(d.Marked.N, Hashes(ctx, s, t))
	if err != nil {
		return lie("tree: %w", err)
	}
	if root != d.Marked.Hash {
		return lie("size: the first %d events give another root than the keys directory says was signed: this is another log", d.Marked.N)
	}
	return nil
}

// leaves compares every leaf with its hash in the tree, what the leaf says with its place, and every epoch
// with the leaves before it. A leaf that was made from its event here has its place by its making.
func leaves(ctx context.Context, s Source, t tlog.Tree, remade bool) (*heads.Replay, error) {
	c := newChains()
	r := &heads.Replay{Heads: &heads.Memory{}}
	for p := range pages(ctx, s, t) {
		if p.err != nil {
			return nil, p.err
		}
		for i, l := range p.leaves {
			if !remade {
				if err := c.follow(p.from+int64(i), &l); err != nil {
					return nil, err
				}
			}
			if err := Replay(ctx, r, l); err != nil {
				return nil, err
			}
		}
	}
	return r, Ended(r)
}

// page is entries as they were read, or why they couldn't be: the last then.
type page struct {
	from   int64
	leaves []heads.Leaf
	err    error
}

// pages reads all entries of a tree in order. The next page is read while one is looked at.
func pages(ctx context.Context, s Source, t tlog.Tree) iter.Seq[page] {
	return func(yield func(page) bool) {
		ctx, stop := context.WithCancel(ctx)
		read := make(chan page)
		go func() {
			defer close(read)
			sealed := Hashes(ctx, s, t)
			p := page{}
			for ; p.from < t.N && p.err == nil; p.from += int64(len(p.leaves)) {
				p.leaves, p.err = Entries(ctx, s, p.from, int(min(PageSize, t.N-p.from)), sealed)
				select {
				case read <- p:
				case <-ctx.Done():
					return
				}
			}
		}()
		defer func() {
			stop()
			for range read { // until it has stopped: the source is the caller's again
			}
		}()
		for p := range read {
			if !yield(p) {
				return
			}
		}
	}
}

// Replay adds a leaf to a replay: what doesn't follow from the leaves before it is a [Lie].
func Replay(ctx context.Context, r *heads.Replay, l heads.Leaf) error { return lied(r.Add(ctx, l)) }

// Ended is the [Lie] of an epoch that says something else than the leaves, and was withdrawn by none.
func Ended(r *heads.Replay) error { return lied(r.End()) }

func lied(err error) error {
	var wrong heads.Lie
	if errors.As(err, &wrong) {
		return lie("complete: %w", wrong)
	}
	return err
}

// PageSize is how many entries are read at a time. A page begins at a multiple of it: entries come in
// bundles.
const PageSize = 4 * torchwood.TileWidth

// Entries reads k leaves, the first of a page's, and compares them with their hashes in the tree.
func Entries(ctx context.Context, s Source, from int64, k int, sealed tlog.HashReader) ([]heads.Leaf, error) {
	texts, err := s.Leaves(ctx, from, k, sealed)
	if err != nil {
		return nil, err
	}
	if len(texts) != k {
		return nil, lie("events: event %d is missing", from+int64(len(texts)))
	}
	hashes, err := leafHashes(sealed, from, k)
	if err != nil {
		return nil, err
	}
	all, errs := make([]heads.Leaf, k), make([]error, k)
	parallel(k, func(i int) {
		l, err := heads.ParseLeaf(texts[i])
		all[i] = l
		if h := l.Hash; err == nil && h != hashes[i] || err != nil && tlog.RecordHash(texts[i]) != hashes[i] {
			errs[i] = lie("events: event %d isn't the one that was sealed", from+int64(i))
		} else if err != nil {
			errs[i] = lie("events: leaf %d: %w", from+int64(i), err)
		}
	})
	for _, err := range errs { // the first lie is named, not the one found first
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// parallel does n things on all processors.
func parallel(n int, do func(i int)) {
	var all sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		all.Go(func() {
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				do(i)
			}
		})
	}
	all.Wait()
}

// Hashes reads hashes of a tree from a source, and believes none that doesn't lead to its root.
func Hashes(ctx context.Context, s Source, t tlog.Tree) tlog.HashReader {
	return torchwood.TileHashReaderWithContext(ctx, t, reader{s})
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

// leafHashes reads the hashes of n leaves from one on.
func leafHashes(sealed tlog.HashReader, from int64, n int) ([]tlog.Hash, error) {
	indexes := make([]int64, n)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, from+int64(i))
	}
	hashes, err := sealed.ReadHashes(indexes)
	if err != nil {
		return nil, lie("tree: %w", err)
	}
	return hashes, nil
}
