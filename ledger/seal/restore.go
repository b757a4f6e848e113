package seal

import (
	"context"
	"errors"
	"fmt"
	"os"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

// restore makes lock, tiles and memory agree, after a start or an error: what is in the lock holds.
func (s *Sealer) restore(ctx context.Context) (err error) {
	if s.broken != nil || s.ready {
		return s.broken
	}
	if s.last, err = s.lock.read(ctx); err != nil {
		return err
	}
	if len(s.last.note) > 0 {
		c, err := s.Signer().open(s.last.note)
		if err != nil || c.N != s.last.size || c.Hash != s.last.root {
			return fmt.Errorf("the last checkpoint isn't signed by the log key in the keys directory: bring the right key back from the keys' own backup (%w)", errors.Join(err))
		}
	}
	next, err := s.config.Log.Next(ctx)
	if err != nil {
		return err
	}
	if next < s.last.size {
		return fmt.Errorf("the log has %d events, and %d were sealed: %w", next, s.last.size, ErrChanged)
	}
	if err := s.notOlder(next); err != nil {
		return err
	}
	if err := s.edge(ctx); err != nil {
		return err
	}
	if err := s.sameAsMarked(ctx); err != nil {
		return err
	}
	if err := s.tailSame(ctx); err != nil {
		return err
	}
	note := s.last.note
	if len(note) == 0 { // an empty log has its checkpoint, too
		c, err := s.Signer().checkpoint(0, s.last.root)
		if err != nil {
			return err
		}
		note = c.Text
	}
	if err := s.tell(Checkpoint{s.last.size, s.last.root, note}); err != nil {
		return err
	}
	s.ready = true
	return nil
}

// edge reads the tree's edge from the tiles; when they don't give the root that was signed, they are
// made anew from the events.
func (s *Sealer) edge(ctx context.Context) error {
	t, err := s.config.Tiles.edge(s.last.size)
	if err == nil {
		var root tlog.Hash
		if root, err = t.root(); err == nil && root == s.last.root {
			s.tree = t
			return nil
		}
		err = errors.Join(err, errors.New("the tiles don't give the root that was signed"))
	}
	s.config.Warn("tiles are missing or damaged, and made anew from the events", err)
	return s.remake(ctx)
}

// remake makes all tiles of the last checkpoint from the events, beside the old ones, and puts them in
// their place when they give the root that was signed.
func (s *Sealer) remake(ctx context.Context) error {
	dir := s.config.Tiles + ".new"
	if err := os.RemoveAll(string(dir)); err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	var t tree
	var h lastLeaves
	for t.size < s.last.size {
		records, err := s.config.Log.Read(ctx, t.size, int(min(batchSize, s.last.size-t.size)))
		if err != nil {
			return err
		}
		root, err := t.root()
		if err != nil {
			return err
		}
		g, full, err := s.grow(ctx, dir, t, root, &h, records)
		if err != nil {
			return err
		}
		if err := dir.write(append(full, g.partial()...)); err != nil {
			return err
		}
		dir.drop(full)
		t = g
	}
	if root, err := t.root(); err != nil || root != s.last.root {
		return errors.Join(err, fmt.Errorf("the events up to %d give another root than was signed: %w", s.last.size, ErrChanged))
	}
	if err := dir.replace(s.config.Tiles); err != nil {
		return err
	}
	s.tree = t
	return nil
}

// tailSame compares the events of the last tile with their leaves: it shows a log that was put back to
// an older state and written on, before anything is signed on top of it.
func (s *Sealer) tailSame(ctx context.Context) error {
	from := max(s.last.size-1, 0) / torchwood.TileWidth * torchwood.TileWidth
	if s.last.size == 0 {
		s.heads = lastLeaves{}
		return nil
	}
	records, err := s.config.Log.Read(ctx, from, int(s.last.size-from))
	if err != nil {
		return err
	}
	at := s.at(ctx, s.last.size, s.last.root)
	s.heads = lastLeaves{} // those that remaking left are later than these events
	_, hashes, err := leaves(ctx, s.config.Log, records, &s.heads, at)
	if err == nil {
		err = sameLeaves(at, from, hashes)
	}
	return err
}
