package seal

import (
	"context"
	"errors"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger"
)

// ErrTiles: what was published isn't what was signed. Nothing that leans on it is shown.
var ErrTiles = errors.New("a tile is damaged: it doesn't lead to the root that was signed; stop, delete the directory of tiles, and start again: it is made anew from the events")

// Same reports of each record whether it is the one whose leaf was signed at its place; what isn't signed yet is. Where
// the tiles are damaged, records stand by their authentication codes alone.
func (s *Sealer) Same(ctx context.Context, records []ledger.Record) []bool {
	c := s.Checkpoint()
	at := s.at(ctx, c.Size, c.Root)
	same := make([]bool, len(records))
	_ = parallel(len(records), func(i int) error {
		same[i] = true
		if r := records[i]; !r.Forged && r.Seq < c.Size {
			if _, err := leafHashes(at, r.Seq, 1); err != nil {
				s.config.Warn("an event can't be compared with what was signed", errors.Join(ErrTiles, err))
				return nil
			}
			_, err := s.leavesOf(ctx, records[i:i+1], at)
			same[i] = err == nil || ctx.Err() != nil || !isDifferent(err)
		}
		return nil
	})
	return same
}

// IsDamaged tells that something of the log, or of its tree, isn't what was signed.
func IsDamaged(err error) bool { return isDifferent(err) || errors.Is(err, ErrTiles) }

// isDifferent tells that the event was read and gives another leaf, or doesn't fit its stream.
func isDifferent(err error) bool {
	return errors.Is(err, ErrChanged) || errors.Is(err, ErrGap) || errors.Is(err, ledger.ErrForged)
}

// tile reads a published tile, and checks each of its hashes against the root that was signed.
func (s *Sealer) tile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	data, err := s.config.Tiles.read(t)
	if err != nil {
		return nil, err
	}
	c := s.Checkpoint()
	indexes := make([]int64, t.W)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(t.L*torchwood.TileHeight, t.N*torchwood.TileWidth+int64(i))
	}
	hashes, err := s.at(ctx, c.Size, c.Root).ReadHashes(indexes)
	if err != nil {
		return nil, errors.Join(ErrTiles, err)
	}
	for i, h := range hashes {
		if tlog.Hash(data[i*tlog.HashSize:]) != h {
			return nil, ErrTiles
		}
	}
	return data, nil
}
