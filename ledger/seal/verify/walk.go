package verify

import (
	"context"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

// walk reads every tile and computes the tree from the lowest: what a higher tile says must follow from
// those below, and all of it must give the signed root.
func walk(ctx context.Context, s Source, t tlog.Tree) (tiles int, err error) {
	var whole roots
	var level []tlog.Hash // the roots of the full tiles of the level below
	for l := 0; t.N>>(torchwood.TileHeight*l) > 0; l++ {
		var above []tlog.Hash
		width := t.N >> (torchwood.TileHeight * l)
		for n := int64(0); n*torchwood.TileWidth < width; n++ {
			tile := tlog.Tile{H: torchwood.TileHeight, L: l, N: n, W: int(min(torchwood.TileWidth, width-n*torchwood.TileWidth))}
			data, err := s.Tile(ctx, tile)
			if err != nil {
				return tiles, lie("tree: %s can't be read: %w", torchwood.TilePath(tile), err)
			}
			tiles++
			if len(data) != tile.W*tlog.HashSize {
				return tiles, lie("tree: %s has %d bytes instead of %d", torchwood.TilePath(tile), len(data), tile.W*tlog.HashSize)
			}
			var within roots
			for i := range tile.W {
				h := tlog.Hash(data[i*tlog.HashSize:])
				if at := n*torchwood.TileWidth + int64(i); l == 0 {
					whole.add(h)
				} else if h != level[at] {
					return tiles, lie("tree: hash %d of %s isn't the one that %s gives", i, torchwood.TilePath(tile),
						torchwood.TilePath(tlog.Tile{H: torchwood.TileHeight, L: l - 1, N: at, W: torchwood.TileWidth}))
				}
				within.add(h)
			}
			if tile.W == torchwood.TileWidth {
				above = append(above, within.root())
			}
		}
		level = above
	}
	if got := whole.root(); got != t.Hash && t.N > 0 {
		return tiles, lie("tree: the tiles give the root %s, and %s was signed", got, t.Hash)
	}
	return tiles, nil
}

// roots is a tree that only grows: the roots of its perfect sub-trees, the greatest first.
type roots struct {
	size  int64
	stack []tlog.Hash
}

func (r *roots) add(h tlog.Hash) {
	for n := r.size; n&1 == 1; n >>= 1 {
		h = tlog.NodeHash(r.stack[len(r.stack)-1], h)
		r.stack = r.stack[:len(r.stack)-1]
	}
	r.stack = append(r.stack, h)
	r.size++
}

func (r *roots) root() tlog.Hash {
	if len(r.stack) == 0 {
		return tlog.Hash{}
	}
	h := r.stack[len(r.stack)-1]
	for i := len(r.stack) - 2; i >= 0; i-- {
		h = tlog.NodeHash(r.stack[i], h)
	}
	return h
}
