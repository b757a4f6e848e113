// Package epochs keeps the heads of a sealed log in a database of their own, appends epochs, and proves
// heads under the last of them. Deleted, it is gathered anew from the log.
//
//	store.go   the database: how far it is, what it says
//	apply.go   the next leaves
//	bucket.go  heads as bytes
//	prove.go   paths, periods
//	keeper.go  epochs, as the log goes on
package epochs

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger/seal/heads"
	"muniment/ledger/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Store is heads in a database: [heads.Gatherer]. Each call of Apply is one or more transactions, and
// each carries how far it came, so a process that is killed goes on there. One process at a time.
type Store struct {
	db   *sqldb.DB
	rows rows

	mu  sync.RWMutex // readers see the heads of one size
	at  state
	top heads.Trie // over the buckets' roots

	unsound atomic.Bool // a proof didn't hold: everything is read anew before the next epoch
}

// state is the row that says what the others are.
type state struct {
	size, events, heads int64
	last                heads.Sealed // Seq -1 before the first; Rev and Leaf of its withdrawal, where that came after it
	lastEvents          int64        // epochs not counted, among those that the last covers; or withdrawn
}

// withdrawn, in the place of lastEvents: nothing is proven under the last epoch any more.
const withdrawn = -1

// settled reports whether the heads are those of the last epoch: nothing but epochs came since.
func (s state) settled() bool { return s.last.Seq >= 0 && s.events == s.lastEvents }

type rows struct{ readBuckets, writeBuckets, writeRuns sqldb.Shapes }

// Open opens the heads in a database of their own.
func Open(ctx context.Context, db *sqldb.DB) (*Store, error) {
	s, err := open(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("open the heads: %w", sqldb.Explain(err))
	}
	return s, nil
}

func open(ctx context.Context, db *sqldb.DB) (*Store, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, dir); err != nil {
		return nil, err
	}
	s := &Store{db: db}
	err = db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO state (one, size, events, heads, epoch_seq, epoch_size, epoch_events, epoch_count, epoch_root, epoch_rev, epoch_leaf)
			VALUES (1, 0, 0, 0, -1, 0, 0, 0, $1, -1, $1) ON CONFLICT DO NOTHING`, make([]byte, tlog.HashSize))
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	return s, s.sound(ctx)
}

func (s *Store) prepare(ctx context.Context) (err error) {
	const most = 256
	writer := func(text string) (*sql.Stmt, error) { return s.db.Prepare(ctx, text) }
	if s.rows.readBuckets, err = sqldb.PrepareShapes(writer, most, 1, func(n int) string {
		return `SELECT bucket, heads FROM buckets WHERE bucket IN (` + sqldb.List(1, n) + `)`
	}); err != nil {
		return err
	}
	if s.rows.writeBuckets, err = sqldb.PrepareShapes(writer, most, 3, func(n int) string {
		return `INSERT INTO buckets (bucket, root, heads) VALUES ` + s.db.Rows(n, 3) + ` ON CONFLICT (bucket) DO UPDATE SET root = excluded.root, heads = excluded.heads`
	}); err != nil {
		return err
	}
	s.rows.writeRuns, err = sqldb.PrepareShapes(writer, most, 4, func(n int) string {
		return `INSERT INTO runs (tag, run, leaves, roots) VALUES ` + s.db.Rows(n, 4)
	})
	return err
}

// load reads how far it is, and the buckets' roots, each recomputed from what it stands for.
func (s *Store) load(ctx context.Context) error {
	var root, leaf []byte
	st := &s.at
	if err := s.db.Reader().QueryRowContext(ctx, `SELECT size, events, heads, epoch_seq, epoch_size, epoch_events, epoch_count, epoch_root, epoch_rev, epoch_leaf FROM state WHERE one = 1`).
		Scan(&st.size, &st.events, &st.heads, &st.last.Seq, &st.last.Size, &st.lastEvents, &st.last.Count, &root, &st.last.Rev, &leaf); err != nil {
		return err
	}
	if len(root) != tlog.HashSize || len(leaf) != tlog.HashSize {
		return errDamaged
	}
	st.last.Root, st.last.Leaf = tlog.Hash(root), tlog.Hash(leaf)
	found, err := s.db.Reader().QueryContext(ctx, `SELECT bucket, root, heads FROM buckets`)
	if err != nil {
		return err
	}
	defer found.Close()
	count := int64(0)
	for found.Next() {
		var bucket int64
		var root, text []byte
		if err := found.Scan(&bucket, &root, &text); err != nil {
			return err
		}
		n, err := soundBucket(bucket, root, text)
		if err != nil {
			return err
		}
		count += n
		s.top.Set(topEntry(bucket, tlog.Hash(root)))
	}
	s.top.Root()
	if err := found.Err(); err != nil {
		return err
	}
	if count != st.heads {
		return errDamaged
	}
	return nil
}

// topEntry is a bucket's place in the map.
func topEntry(bucket int64, root tlog.Hash) heads.Entry {
	return heads.Entry{Tag: tlog.Hash{byte(bucket >> 8), byte(bucket)}, Hash: root}
}

// Size is how many leaves are gathered.
func (s *Store) Size() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.at.size
}

// Last is the last epoch that was noted, or passed; nil before the first.
func (s *Store) Last() *heads.Sealed {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.at.last.Seq < 0 {
		return nil
	}
	last := s.at.last
	return &last
}

// Sum is all heads.
func (s *Store) Sum(context.Context) (heads.Epoch, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return heads.Epoch{Size: s.at.size, Count: s.at.heads, Root: s.top.Root()}, nil
}

// Reasons why nothing can be proven at the moment.
var (
	ErrNone   = errors.New("there is no epoch yet")
	ErrBehind = errors.New("an epoch is being made") // ask again when it is
)

// damaged remembers that a proof didn't hold, and says so.
func (s *Store) damaged() error {
	s.unsound.Store(true)
	return &domain.Refusal{Code: domain.Unavailable, Rule: "evidence.heads",
		Message: "the counted heads are damaged, so nothing is proven by them: they are counted anew with the next epoch, within the hour, or now with muniment epoch"}
}

// ErrFenced: another process gathers into this database, or it was put back.
var ErrFenced = errors.New("the heads are not as this process left them: another process gathers them, or an older copy of the database was put back: stop the other, start again")

// Note keeps that an epoch says what these heads are.
func (s *Store) Note(ctx context.Context, e heads.Sealed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Size != s.at.size {
		return fmt.Errorf("the heads are over %d leaves, and the epoch over %d", s.at.size, e.Size)
	}
	next := s.at
	next.last, next.lastEvents = e, s.at.events
	if err := s.db.Tx(ctx, func(tx *sql.Tx) error { return s.move(ctx, tx, next) }); err != nil {
		return sqldb.Explain(err)
	}
	s.at = next
	return nil
}

// move writes the state, if it is still the one that is known.
func (s *Store) move(ctx context.Context, tx *sql.Tx, next state) error {
	r, err := tx.ExecContext(ctx, `UPDATE state SET size = $1, events = $2, heads = $3, epoch_seq = $4, epoch_size = $5, epoch_events = $6, epoch_count = $7,
		epoch_root = $8, epoch_rev = $9, epoch_leaf = $10 WHERE one = 1 AND size = $11 AND epoch_seq = $12`, next.size, next.events, next.heads, next.last.Seq, next.last.Size,
		next.lastEvents, next.last.Count, next.last.Root[:], next.last.Rev, next.last.Leaf[:], s.at.size, s.at.last.Seq)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return ErrFenced
}
