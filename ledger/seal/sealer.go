package seal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// Errors that halt the sealer: what stands in the log isn't what was sealed, or can't be. Nothing more
// is sealed until somebody has looked.
var (
	// ErrGap: an event is missing, in the log's order or in its stream's.
	ErrGap = errors.New("the log has a gap")
	// ErrChanged: the log doesn't give the leaves any more that were sealed.
	ErrChanged = errors.New("the log is not the one that was sealed")
	// ErrOlder: more was signed than the log has, or another log was.
	ErrOlder = errors.New("the log is an older copy, or another")
)

// advised says what to do about what halts the sealer.
func advised(err error) error {
	switch {
	case errors.Is(err, ErrGap):
		return fmt.Errorf("%w; nothing more is sealed: run muniment verify, then restore a backup of the log that has the event", err)
	case errors.Is(err, ErrChanged):
		return fmt.Errorf("%w; nothing more is sealed: run muniment verify to see where it differs, then restore the log (or the seals, when an older backup of them was brought back)", err)
	case errors.Is(err, ErrOlder):
		return fmt.Errorf("%w: bring back the newest copy of the data; where its end is lost for good, put a backup in place with muniment restore --accept-lost-tail", err)
	case errors.Is(err, ledger.ErrForged):
		return fmt.Errorf("%w; nothing more is sealed, and nobody obeys it: find out who writes to the log's database, then restore the log", err)
	}
	return err
}

// Mark is what was signed last, as the keys directory knows it.
type Mark interface {
	// Last is the name, size and root of the log signed last, with an empty name before the first.
	Last() (origin string, size int64, root tlog.Hash, err error)
	// Signed is durable when it returns nil. It is called before what was signed can be seen by anybody.
	Signed(origin string, size int64, root tlog.Hash) error
}

const (
	// interval is the least time between two checkpoints: under load a receipt waits about so long.
	interval = 100 * time.Millisecond
	// batchSize is how many events one checkpoint adds at most; it bounds memory when there is much to do.
	batchSize = 8192
)

// Config of a sealer.
type Config struct {
	Log   ledger.Log
	DB    *sqldb.DB // holds the last signed checkpoint; of its own
	Tiles Tiles     // where tiles and checkpoint are published
	// Keys gives the log keys, 32 bytes each, the oldest first; for a log that is begun it may make one.
	Keys func(begin bool) ([][]byte, error)
	// Retired gives the public halves of log keys that sign no more; nil: there are none.
	Retired func() ([][]byte, error)
	// Origin names the log: of one that exists it must be the same, or "".
	Origin string
	Ledger domain.ID // names the log when nobody did, and the stream of what is said of it
	// Mark remembers, outside of what a copy of the log can bring back, how far it was signed; nil: nobody does.
	Mark Mark
	// Warn is told what went wrong and is mended here or tried again.
	Warn func(what string, err error)
}

// Sealer follows the log and seals it: leaf i is event i. One at a time: whoever opens a log to seal
// it fences the one before.
//
// Nothing is promised before it is safe: the events are durable when the log shows them; then come the
// tiles, synced with their directories; then the signed checkpoint takes the place of the one before
// it in the lock, compared and swapped; and only then is it published. A crash or an error leaves at
// worst tiles nobody was told of, or a checkpoint not yet published: the next start finds either by the
// very code that goes on, because the same events give the same tiles.
type Sealer struct {
	config Config
	lock   *lock
	points points

	working sync.Mutex // one seal at a time; guards what follows
	last    locked
	tree    tree
	heads   lastLeaves
	ready   bool       // last, tree and heads are what lock and tiles say
	marked  Checkpoint // what the mark says was signed beyond last; of size 0 when nothing is
	broken  error      // for good

	publishing sync.Mutex // one write of the published file at a time

	mu         sync.Mutex
	signer     *Signer
	signed     Checkpoint // the last one
	cosigned   Checkpoint // the last one that enough witnesses signed; Size 0 while there is none
	cosignedAt time.Time
	shown      Checkpoint    // which of them is published
	more       chan struct{} // closed when something more is signed
}

// witnessTime is how far behind the published checkpoint may be, so that it bears the witnesses'
// signatures; when they stay away for longer, it goes on without.
const witnessTime = 10 * time.Second

// points are where something is written; tests let each of them fail.
type points struct {
	tiles   func([]tileData) error
	swap    func(context.Context, locked, Checkpoint) error
	publish func([]byte) error
}

// Open opens a log to be sealed, or begins one, and publishes its last checkpoint (again).
func Open(ctx context.Context, c Config) (*Sealer, error) {
	s, err := open(ctx, c, nil)
	if err != nil {
		return nil, fmt.Errorf("open the seals: %w", advised(err))
	}
	return s, nil
}

func open(ctx context.Context, c Config, wrap func(points) points) (*Sealer, error) {
	s := &Sealer{config: c, more: make(chan struct{})}
	var err error
	if c.Origin != "" {
		if err := CheckOrigin(c.Origin); err != nil {
			return nil, err
		}
	}
	if s.lock, err = takeLock(ctx, c.DB, cmp.Or(c.Origin, DefaultOrigin(c.Ledger))); err != nil {
		return nil, err
	}
	row, err := s.lock.read(ctx)
	if err != nil {
		return nil, err
	}
	if c.Origin != "" && row.origin != c.Origin {
		return nil, fmt.Errorf("this log was begun as %s, and its name can't change: leave --origin out", row.origin)
	}
	keys, err := c.Keys(len(row.note) == 0)
	if err != nil {
		return nil, err
	}
	if s.signer, err = c.signerWith(row.origin, keys); err != nil {
		return nil, err
	}
	s.points = points{c.Tiles.write, s.lock.swap, c.Tiles.publish}
	if wrap != nil {
		s.points = wrap(s.points)
	}
	s.working.Lock()
	defer s.working.Unlock()
	return s, s.restore(ctx)
}

// Run seals what is kept, as it is kept, until ctx ends or something must not go on.
func (s *Sealer) Run(ctx context.Context) error {
	var last time.Time
	for {
		s.working.Lock()
		size := s.last.size
		s.working.Unlock()
		if err := s.config.Log.Wait(ctx, size); err != nil {
			return err
		}
		// Under load a checkpoint for all that came meanwhile; at once when nothing came for a while.
		if err := pause(ctx, time.Until(last.Add(interval))); err != nil {
			return err
		}
		last = time.Now()
		if err := s.Seal(ctx); err != nil {
			if !IsFull(err) {
				return err
			}
			s.config.Warn("the log can't be sealed for want of room; nothing of it is lost, and it is tried again", err)
			if err := pause(ctx, time.Second); err != nil {
				return err
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Seal seals all that is kept when it is called, in as many checkpoints as it takes.
func (s *Sealer) Seal(ctx context.Context) error {
	s.working.Lock()
	defer s.working.Unlock()
	next, err := s.config.Log.Next(ctx)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	for {
		if err := s.restore(ctx); err != nil {
			return fmt.Errorf("seal: %w", advised(err))
		}
		if s.last.size >= next {
			return nil
		}
		if err := s.batch(ctx); err != nil {
			s.ready = false
			if errors.Is(err, errSync) || errors.Is(err, ErrGap) || errors.Is(err, ErrChanged) || errors.Is(err, ErrFenced) || errors.Is(err, ErrOlder) || errors.Is(err, ledger.ErrForged) {
				s.broken = err
			}
			return fmt.Errorf("seal: %w", advised(err))
		}
	}
}

// batch adds the next events to the tree and signs it.
func (s *Sealer) batch(ctx context.Context) error {
	most := int64(batchSize)
	if s.marked.Size > s.last.size { // compared when it is reached
		most = min(most, s.marked.Size-s.last.size)
	}
	records, err := s.config.Log.Read(ctx, s.last.size, int(most))
	if err != nil {
		return err
	}
	g, full, err := s.grow(ctx, s.config.Tiles, s.tree, s.last.root, &s.heads, records)
	if err != nil {
		return err
	}
	if err := s.points.tiles(append(full, g.partial()...)); err != nil {
		if errors.Is(err, errOther) {
			err = fmt.Errorf("%w: %w", err, ErrChanged)
		}
		return err
	}
	root, err := g.root()
	if err != nil {
		return err
	}
	if g.size == s.marked.Size && root != s.marked.Root {
		return fmt.Errorf("the first %d events give another root than was signed: %w", g.size, ErrOlder)
	}
	if err := s.mark(g.size, root); err != nil {
		return err
	}
	c, err := s.Signer().checkpoint(g.size, root)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	if err := s.points.swap(context.WithoutCancel(ctx), s.last, c); err != nil { // what is marked is kept, too: an end that was asked for doesn't come in between
		return fmt.Errorf("keep the checkpoint: %w", err)
	}
	s.last.size, s.last.root, s.last.note, s.tree = c.Size, c.Root, c.Text, g
	if err := s.tell(c); err != nil {
		return err
	}
	s.config.Tiles.drop(full)
	return nil
}

// grow is a tree with the leaves of records that follow it, and the tiles that have become full.
func (s *Sealer) grow(ctx context.Context, dir Tiles, t tree, root tlog.Hash, h *lastLeaves, records []ledger.Record) (tree, []tileData, error) {
	if len(records) == 0 || records[0].Seq != t.size {
		return t, nil, fmt.Errorf("event %d is missing: %w", t.size, ErrGap)
	}
	sealed := torchwood.TileHashReaderWithContext(ctx, tlog.Tree{N: t.size, Hash: root}, dir) // of dir, which may not be published yet
	_, hashes, err := leaves(ctx, s.config.Log, records, h, sealed)
	if err != nil {
		return t, nil, err
	}
	g, full := t.grown(hashes)
	return g, full, nil
}
