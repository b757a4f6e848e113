package seal

import (
	"fmt"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

// tileBytes is the length of a full tile.
const tileBytes = torchwood.TileWidth * tlog.HashSize

// tree is an RFC 6962 tree by its right edge: all that is needed to make it grow. What lies to the
// left of the edge is in full tiles, which never change again.
type tree struct {
	size  int64
	edges [][]byte // by level: the hashes of its last tile while that isn't full
}

// tileData is a tile and what belongs into it.
type tileData struct {
	tlog.Tile
	data []byte
}

// grown is the tree with more leaves, and the tiles that have become full. t stays as it is: when the
// new tree can't be kept, the old one goes on.
func (t tree) grown(leaves []tlog.Hash) (g tree, full []tileData) {
	g = tree{t.size, make([][]byte, len(t.edges))}
	for l, edge := range t.edges {
		g.edges[l] = append(make([]byte, 0, tileBytes), edge...)
	}
	for _, h := range leaves {
		g.size++
		for l := 0; ; l++ {
			if l == len(g.edges) {
				g.edges = append(g.edges, make([]byte, 0, tileBytes))
			}
			g.edges[l] = append(g.edges[l], h[:]...)
			if len(g.edges[l]) < tileBytes {
				break
			}
			tile := tlog.Tile{H: torchwood.TileHeight, L: l, N: g.size>>(torchwood.TileHeight*(l+1)) - 1, W: torchwood.TileWidth}
			full = append(full, tileData{tile, g.edges[l]})
			h = perfect(g.edges[l])
			g.edges[l] = make([]byte, 0, tileBytes)
		}
	}
	return g, full
}

// perfect is the root over a full tile's hashes.
func perfect(data []byte) tlog.Hash {
	hashes := make([]tlog.Hash, len(data)/tlog.HashSize)
	for i := range hashes {
		hashes[i] = tlog.Hash(data[i*tlog.HashSize:])
	}
	for len(hashes) > 1 {
		for i := range len(hashes) / 2 {
			hashes[i] = tlog.NodeHash(hashes[2*i], hashes[2*i+1])
		}
		hashes = hashes[:len(hashes)/2]
	}
	return hashes[0]
}

// partial lists the tiles of the edge.
func (t tree) partial() (tiles []tileData) {
	for l, edge := range t.edges {
		if len(edge) > 0 {
			tiles = append(tiles, tileData{edgeTile(t.size, l), edge})
		}
	}
	return tiles
}

// edgeTile is the last tile of a level, when it isn't full; with W 0 there is none.
func edgeTile(size int64, level int) tlog.Tile {
	hashes := size >> (torchwood.TileHeight * level)
	return tlog.Tile{H: torchwood.TileHeight, L: level, N: hashes / torchwood.TileWidth, W: int(hashes % torchwood.TileWidth)}
}

func (t tree) root() (tlog.Hash, error) { return tlog.TreeHash(t.size, t) }

// ReadHashes implements [tlog.HashReader] for what [tlog.TreeHash] asks for: hashes of the edge.
func (t tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		tile := tlog.TileForIndex(torchwood.TileHeight, index)
		if tile.L >= len(t.edges) || tile.N != edgeTile(t.size, tile.L).N || len(t.edges[tile.L]) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("hash %d isn't at the edge of a tree of size %d", index, t.size)
		}
		h, err := tlog.HashFromTile(tile, t.edges[tile.L][:tile.W*tlog.HashSize], index)
		if err != nil {
			return nil, err
		}
		hashes[i] = h
	}
	return hashes, nil
}
