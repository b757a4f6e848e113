package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

	"muniment/ledger/sqldb"
)

// Tiles is a directory of hash tiles as C2SP tlog-tiles lays them out: checkpoint, tile/LEVEL/INDEX
// and, for tiles that aren't full, tile/LEVEL/INDEX.p/WIDTH. Any web server can serve it.
type Tiles string

const checkpointFile = "checkpoint"

// errSync: what was written may be gone though it can be read: the page cache lies after a failed
// sync. Nobody may go on with these files but a process that reads them from the disk.
var errSync = errors.New("a file could not be synced to the disk")

// errOther: a tile is there and holds other hashes than the events give.
var errOther = errors.New("a tile was made of other events than the log has now")

func (d Tiles) path(t tlog.Tile) string { return filepath.Join(string(d), torchwood.TilePath(t)) }

// write keeps tiles: when it returns nil, they are durable under their names, as are the names. One
// that is there already, after a crash or a failure, is left as it is, and its name made durable.
func (d Tiles) write(tiles []tileData) error {
	var dirs []string
	for _, t := range tiles {
		path := d.path(t.Tile)
		if dir := filepath.Dir(path); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
			if err := makeDir(dir); err != nil {
				return err
			}
		}
	}
	// Side by side: the disk then makes many of them durable in one go.
	if err := together(len(tiles), func(i int) error { return d.writeOne(tiles[i]) }); err != nil {
		return err
	}
	return together(len(dirs), func(i int) error { return syncDir(dirs[i]) })
}

func (d Tiles) writeOne(t tileData) error {
	path := d.path(t.Tile)
	switch there, err := os.ReadFile(path); {
	case errors.Is(err, fs.ErrNotExist):
		return writeSynced(path, t.data)
	case err != nil:
		return fmt.Errorf("read tile: %w", err)
	case !bytes.Equal(there, t.data):
		return fmt.Errorf("%s: %w", path, errOther)
	}
	return nil
}

// sideBySide is how many files are written at a time. A test that lets each call fail in its turn has one.
var sideBySide = 32

// together does n things side by side, and returns an error of one that failed when all have ended.
func together(n int, do func(i int) error) error {
	if sideBySide == 1 {
		for i := range n {
			if err := do(i); err != nil {
				return err
			}
		}
		return nil
	}
	var g errgroup.Group
	g.SetLimit(sideBySide)
	for i := range n {
		g.Go(func() error { return do(i) })
	}
	return g.Wait()
}

// publish replaces the checkpoint, durably and at once: a reader sees the old one or the new one.
func (d Tiles) publish(note []byte) error {
	if err := makeDir(string(d)); err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(string(d), checkpointFile), note); err != nil {
		return err
	}
	return syncDir(string(d))
}

// drop removes the partial tiles that a full one has replaced (tlog-tiles allows it then). Whoever
// still asks for one takes the full tile instead. What can't be removed does no harm.
func (d Tiles) drop(full []tileData) {
	for _, t := range full {
		os.RemoveAll(d.path(t.Tile) + ".p")
	}
}

// makeDir makes a directory and those above it, each durable in the one above.
func makeDir(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("tiles: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// writeSynced writes a file under another name, syncs it, and only then gives it its own: what bears
// the name is whole. A crash in between leaves a file that the next attempt overwrites.
func writeSynced(path string, data []byte) error {
	unfinished := path + ".unfinished"
	f, err := os.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	_, err = f.Write(data)
	if err == nil {
		if err = f.Sync(); err != nil && !IsFull(err) {
			err = fmt.Errorf("%w: %w", errSync, err)
		}
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	if err := os.Rename(unfinished, path); err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	return nil
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("tiles: %w: %w", errSync, err)
	}
	return nil
}

// IsFull reports whether sealing failed for want of room: with room again it goes on.
func IsFull(err error) bool {
	return sqldb.IsFull(err)
}

// read is the hashes of a tile. Where a partial one was replaced by the full one, its beginning.
func (d Tiles) read(t tlog.Tile) ([]byte, error) {
	data, err := os.ReadFile(d.path(t))
	if errors.Is(err, fs.ErrNotExist) && t.W < torchwood.TileWidth {
		full := t
		full.W = torchwood.TileWidth
		data, err = os.ReadFile(d.path(full))
		if err == nil && len(data) == tileBytes {
			data = data[:t.W*tlog.HashSize]
		}
	}
	if err == nil && len(data) != t.W*tlog.HashSize {
		err = fmt.Errorf("%s has %d bytes instead of %d", d.path(t), len(data), t.W*tlog.HashSize)
	}
	return data, err
}

// ReadTiles implements [torchwood.TileReader].
func (d Tiles) ReadTiles(_ context.Context, tiles []tlog.Tile) (all [][]byte, err error) {
	all = make([][]byte, len(tiles))
	for i, t := range tiles {
		if all[i], err = d.read(t); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// SaveTiles implements [torchwood.TileReader]: there is nothing to save.
func (Tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadEndpoint implements [torchwood.TileReader].
func (d Tiles) ReadEndpoint(_ context.Context, path string) ([]byte, error) {
	if !filepath.IsLocal(path) {
		return nil, fs.ErrNotExist
	}
	return os.ReadFile(filepath.Join(string(d), path))
}

// edge reads the right edge of a tree of a size.
func (d Tiles) edge(size int64) (t tree, err error) {
	t.size = size
	for l := 0; size>>(torchwood.TileHeight*l) > 0; l++ {
		edge := make([]byte, 0, tileBytes)
		if tile := edgeTile(size, l); tile.W > 0 {
			data, err := d.read(tile)
			if err != nil {
				return t, err
			}
			edge = append(edge, data...)
		}
		t.edges = append(t.edges, edge)
	}
	return t, nil
}

// replace puts a directory in the place of another. After a crash in the middle there is none, and
// the tiles are made anew once more.
func (d Tiles) replace(other Tiles) error {
	old := string(other) + ".old"
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	if err := os.Rename(string(other), old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("tiles: %w", err)
	}
	if err := os.Rename(string(d), string(other)); err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	if err := syncDir(filepath.Dir(string(other))); err != nil {
		return err
	}
	os.RemoveAll(old)
	return nil
}
