package epochs

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/seal/heads"
	"muniment/ledger/sqldb"
)

// batchLeaves is how many leaves one transaction gathers at most. It bounds memory, to some 200 MB where
// every leaf touches another bucket of many heads.
const batchLeaves = 1 << 17

// Apply adds the next leaves, which must follow without a gap. What was added before an error stays.
func (s *Store) Apply(ctx context.Context, leaves []heads.Leaf) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for part := range slices.Chunk(leaves, batchLeaves) {
		if err := s.apply(ctx, part); err != nil {
			return sqldb.Explain(err)
		}
	}
	return nil
}

// addition is a leaf for one head.
type addition struct {
	tag tlog.Hash
	place
}

func (s *Store) apply(ctx context.Context, leaves []heads.Leaf) error {
	by := map[int64][]addition{}
	next := s.at
	for i := range leaves {
		l := &leaves[i]
		if e := l.Epoch; e != nil {
			if e.Size >= next.last.Size && l.Seq > next.last.Seq {
				// All epochs before this one lie among the leaves that it covers: the next is made when the last is sealed.
				next.last, next.lastEvents = heads.Sealed{Epoch: *e, Seq: l.Seq, Rev: l.Rev, Leaf: l.Hash}, e.Size-(next.size-next.events)
			}
		} else if w := l.Withdraw; w != nil {
			if w.Position == next.last.Seq {
				next.lastEvents = withdrawn
			}
			if l.Rev > next.last.Rev {
				next.last.Rev, next.last.Leaf = l.Rev, l.Hash
			}
		} else {
			next.events++
		}
		next.size++
		for _, tag := range l.Tags() {
			by[bucketOf(tag)] = append(by[bucketOf(tag)], addition{tag, place{l.Seq, l.Hash}})
		}
	}
	ids := slices.Sorted(maps.Keys(by))
	var roots []heads.Entry
	begun := int64(0)
	err := s.db.Tx(ctx, func(tx *sql.Tx) (err error) {
		begun, roots = 0, roots[:0]
		for part := range slices.Chunk(ids, 1024) {
			n, err := s.rewrite(ctx, tx, part, by, &roots)
			if err != nil {
				return err
			}
			begun += n
		}
		next.heads = s.at.heads + begun
		return s.move(ctx, tx, next)
	})
	if err != nil {
		return err
	}
	s.at = next
	for _, e := range roots {
		s.top.Set(e)
	}
	s.top.Root() // so that readers, who may be many, find nothing stale
	return nil
}

// rewrite adds what came to some buckets, and returns how many heads were begun.
func (s *Store) rewrite(ctx context.Context, tx *sql.Tx, ids []int64, by map[int64][]addition, roots *[]heads.Entry) (begun int64, err error) {
	buckets, err := s.buckets(ctx, tx, ids)
	if err != nil {
		return 0, err
	}
	var changed, full []any
	for _, id := range ids {
		b := buckets[id]
		if b == nil {
			b = &bucket{}
		}
		touched := map[tlog.Hash]bool{}
		for _, a := range by[id] {
			h, isNew := b.head(a.tag)
			if isNew {
				begun++
			}
			touched[a.tag] = true
			if r := h.push(a.place); r != nil {
				full = append(full, r.tag[:], r.n, appendPlaces(nil, r.leaves), appendHashes(nil, r.roots))
			}
		}
		for i := range b.heads {
			if h := &b.heads[i]; touched[h.tag] {
				h.inner = h.sum().Inner()
			}
		}
		root := heads.Root(b.entries())
		changed = append(changed, id, root[:], b.bytes())
		*roots = append(*roots, topEntry(id, root))
	}
	if err := s.rows.writeBuckets.Insert(ctx, tx, changed); err != nil {
		return 0, err
	}
	return begun, s.rows.writeRuns.Insert(ctx, tx, full)
}

// buckets reads some of them, within a transaction.
func (s *Store) buckets(ctx context.Context, tx *sql.Tx, ids []int64) (map[int64]*bucket, error) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	all := make(map[int64]*bucket, len(ids))
	return all, s.rows.readBuckets.Look(ctx, tx, args, func(found *sql.Rows) error {
		defer found.Close()
		for found.Next() {
			var id int64
			var text []byte
			if err := found.Scan(&id, &text); err != nil {
				return err
			}
			b, err := parseBucket(text)
			if err != nil {
				return err
			}
			all[id] = b
		}
		return found.Err()
	})
}
