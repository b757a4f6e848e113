package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger"
	"muniment/ledger/seal"
)

// Kept is a log with its events, on this machine.
type Kept struct {
	Log     ledger.Log
	Tiles   seal.Tiles
	Last    []byte // the last signed checkpoint, from the database of seals
	Live    bool   // a sealer goes on meanwhile: newer checkpoints than Last may be published
	maker   seal.LeafMaker
	strikes strikes
}

// Checkpoint is the last one that was signed.
func (k *Kept) Checkpoint(context.Context) ([]byte, error) {
	if len(k.Last) == 0 {
		return nil, errors.New("nothing was sealed yet")
	}
	return k.Last, nil
}

// Tile reads the published file.
func (k *Kept) Tile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	all, err := k.Tiles.ReadTiles(ctx, []tlog.Tile{t})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// Leaves are made from the events anew.
func (k *Kept) Leaves(ctx context.Context, from int64, n int, sealed tlog.HashReader) ([][]byte, error) {
	records, err := k.Log.Read(ctx, from, n)
	if err != nil {
		return nil, lie("events: %w", err)
	}
	if len(records) == 0 {
		return nil, nil
	}
	for _, r := range records {
		if err := k.note(r); err != nil {
			return nil, err
		}
	}
	texts, _, err := k.maker.Make(ctx, k.Log, records, sealed)
	if err != nil {
		return nil, lie("events: %w", err)
	}
	return texts, nil
}

// note takes down what a record has to do with strikes.
func (k *Kept) note(r ledger.Record) error {
	return k.strikes.note(r, ledger.KindOf(r))
}

// published compares what is published with what was signed last: after a crash it may be older.
func (k *Kept) published(ctx context.Context, d Demands, last torchwood.Checkpoint) error {
	text, err := k.Tiles.ReadEndpoint(ctx, "checkpoint")
	if err != nil {
		return lie("published: the published checkpoint can't be read: %w", err)
	}
	c, _, err := d.signatures(text)
	switch {
	case err != nil:
		return fmt.Errorf("published: %w", err)
	case c.N > last.N && !k.Live:
		return lie("published: the published checkpoint has size %d, and the last that was signed %d", c.N, last.N)
	case c.N == last.N && c.Hash != last.Hash:
		return lie("published: two checkpoints of size %d with two roots are signed: the log shows two histories", c.N)
	case c.N == last.N || min(c.N, last.N) == 0:
		return nil
	}
	small, great := c.Tree, last.Tree
	if small.N > great.N {
		small, great = great, small
	}
	path, err := tlog.ProveTree(great.N, small.N, torchwood.TileHashReaderWithContext(ctx, great, reader{k}))
	if err == nil {
		err = tlog.CheckTree(path, great.N, great.Hash, small.N, small.Hash)
	}
	if err != nil {
		return lie("published: the published checkpoint of size %d is of another history: %w", c.N, err)
	}
	return nil
}

// Size asks the log.
func (k *Kept) Size(ctx context.Context) (int64, error) { return k.Log.Next(ctx) }

// Served is a log behind a URL.
type Served struct {
	URL    string
	Token  string // an auditor's, "" for none
	Client *http.Client
}

// maxAnswer is more than the greatest entry bundle has.
const maxAnswer = 256*(2+64<<10) + 1

// Checkpoint fetches it.
func (s Served) Checkpoint(ctx context.Context) ([]byte, error) { return s.get(ctx, "checkpoint") }

// Size isn't told by anybody but the checkpoint.
func (Served) Size(context.Context) (int64, error) { return -1, nil }

// Tile fetches one; a full one where the partial one is gone.
func (s Served) Tile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	data, err := s.get(ctx, torchwood.TilePath(t))
	if errors.Is(err, fs.ErrNotExist) && t.W < torchwood.TileWidth {
		width := t.W
		t.W = torchwood.TileWidth
		if data, err = s.get(ctx, torchwood.TilePath(t)); err == nil && len(data) == torchwood.TileWidth*tlog.HashSize {
			data = data[:width*tlog.HashSize]
		}
	}
	return data, err
}

// Leaves fetches entry bundles.
func (s Served) Leaves(ctx context.Context, from int64, n int, _ tlog.HashReader) (texts [][]byte, err error) {
	if s.Token == "" {
		return nil, ErrWithheld
	}
	for n > 0 {
		t := tlog.Tile{H: torchwood.TileHeight, L: -1, N: from / torchwood.TileWidth, W: min(n, torchwood.TileWidth)}
		bundle, err := s.get(ctx, torchwood.TilePath(t))
		if errors.Is(err, fs.ErrNotExist) && t.W < torchwood.TileWidth {
			t.W = torchwood.TileWidth
			bundle, err = s.get(ctx, torchwood.TilePath(t))
		}
		if err != nil {
			return nil, fmt.Errorf("read entries: %w", err)
		}
		for range min(n, torchwood.TileWidth) {
			var entry []byte
			if entry, bundle, err = torchwood.ReadTileEntry(bundle); err != nil {
				return nil, lie("events: %s: %w", torchwood.TilePath(t), err)
			}
			texts = append(texts, entry)
		}
		from, n = from+torchwood.TileWidth, n-torchwood.TileWidth
	}
	return texts, nil
}

func (s Served) get(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(s.URL, "/")+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	if s.Token != "" {
		r.Header.Set("Authorization", "Bearer "+s.Token)
	}
	answer, err := s.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, err
	case answer.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("/%s: %w", path, fs.ErrNotExist)
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("/%s: %s: %.200s", path, answer.Status, strings.TrimSpace(string(body)))
	case len(body) == maxAnswer:
		return nil, fmt.Errorf("/%s: the answer is too long", path)
	}
	return body, nil
}
