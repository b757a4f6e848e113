package epochs

import (
	"bytes"
	"context"
	"database/sql"
	"errors"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/seal/heads"
)

// soundBucket recomputes the root of a bucket from its heads, and each head from its leaves, and looks whether they
// belong there, each once; n is how many heads it has.
func soundBucket(bucket int64, root, text []byte) (n int64, err error) {
	b, err := parseBucket(text)
	if err != nil {
		return 0, err
	}
	for i := range b.heads {
		h := &b.heads[i]
		if h.inner != h.sum().Inner() || bucketOf(h.tag) != bucket || i > 0 && bytes.Compare(b.heads[i-1].tag[:], h.tag[:]) >= 0 {
			return 0, errDamaged
		}
	}
	if is := heads.Root(b.entries()); len(root) != tlog.HashSize || is != tlog.Hash(root) {
		return 0, errDamaged
	}
	return int64(len(b.heads)), nil
}

// sound reads everything anew. What is damaged is dropped: it is derived, and gathered anew from the log.
func (s *Store) sound(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	again := s.unsound.Swap(false) // a run may be damaged, too: none of them is trusted
	s.at, s.top = state{}, heads.Trie{}
	err := s.load(ctx)
	if again && err == nil {
		err = errDamaged
	}
	if !errors.Is(err, errDamaged) {
		return err
	}
	if err := s.db.Tx(ctx, func(tx *sql.Tx) error {
		for _, text := range []string{`DELETE FROM buckets`, `DELETE FROM runs`} {
			if _, err := tx.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `UPDATE state SET size = 0, events = 0, heads = 0, epoch_seq = -1, epoch_size = 0, epoch_events = 0, epoch_count = 0,
			epoch_root = $1, epoch_rev = -1, epoch_leaf = $1 WHERE one = 1`, make([]byte, tlog.HashSize))
		return err
	}); err != nil {
		return err
	}
	s.at, s.top = state{}, heads.Trie{}
	return s.load(ctx)
}
