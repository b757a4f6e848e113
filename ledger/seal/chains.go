package seal

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

	"muniment/domain"
	"muniment/ledger"
)

// maxLast bounds the memory for streams' last leaves: two generations of so many, about 100 bytes each.
const maxLast = 1 << 15

// head is the last sealed event of a stream.
type head struct {
	rev  int64
	leaf Hash
}

// lastLeaves remembers the last leaves of the streams that were written of late. Of the others the leaf is
// found again: the log says where their last event stands, and the tree what its leaf is.
type lastLeaves struct{ young, old map[domain.Stream]head }

func (h *lastLeaves) get(s domain.Stream) (head, bool) {
	if at, ok := h.young[s]; ok {
		return at, true
	}
	at, ok := h.old[s]
	return at, ok
}

func (h *lastLeaves) put(s domain.Stream, at head) {
	if len(h.young) >= maxLast || h.young == nil {
		h.young, h.old = make(map[domain.Stream]head), h.young
	}
	h.young[s] = at
}

// leaves makes the leaves of consecutive records, and their hashes. sealed answers for what was sealed before them.
func leaves(ctx context.Context, log ledger.Log, records []ledger.Record, h *lastLeaves, sealed tlog.HashReader) (all [][]byte, hashes []tlog.Hash, err error) {
	drafts := make([]draft, len(records))
	hashes = make([]tlog.Hash, len(records))
	err = parallel(len(records), func(i int) (err error) {
		if records[i].Forged {
			return ledger.Forged{Seq: records[i].Seq}
		}
		if drafts[i], err = draftOf(records[i]); err != nil {
			err = fmt.Errorf("event %d: %w", records[i].Seq, err)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if err := h.find(ctx, log, records, sealed); err != nil {
		return nil, nil, err
	}
	all = make([][]byte, len(records))
	for i, r := range records {
		var prev *Hash
		at, ok := h.get(r.Stream)
		if r.Revision > 0 {
			prev = &at.leaf
		} else {
			at.rev = -1
		}
		if r.Revision > 0 && !ok || at.rev != r.Revision-1 {
			return nil, nil, fmt.Errorf("event %d has revision %d of stream %s, and the revision sealed before it is %d: %w", r.Seq, r.Revision, r.Stream, at.rev, ErrGap)
		}
		all[i] = drafts[i].leaf(prev)
		hashes[i] = tlog.Hash(LeafHash(all[i]))
		h.put(r.Stream, head{r.Revision, Hash(hashes[i])})
	}
	return all, hashes, nil
}

// find fetches the last leaves of those streams that go on in records and aren't remembered.
func (h *lastLeaves) find(ctx context.Context, log ledger.Log, records []ledger.Record, sealed tlog.HashReader) error {
	type lost struct {
		stream domain.Stream
		rev    int64
		seq    int64
	}
	var missing []lost
	seen := make(map[domain.Stream]bool)
	for _, r := range records {
		if _, ok := h.get(r.Stream); !ok && !seen[r.Stream] && r.Revision > 0 {
			missing = append(missing, lost{stream: r.Stream, rev: r.Revision - 1})
		}
		seen[r.Stream] = true
	}
	if len(missing) == 0 {
		return nil
	}
	err := parallel(len(missing), func(i int) error {
		m := &missing[i]
		before, err := log.Stream(ctx, m.stream, m.rev, 1)
		if err == nil && (len(before) != 1 || before[0].Seq >= records[0].Seq) {
			err = fmt.Errorf("revision %d of stream %s is missing or out of place: %w", m.rev, m.stream, ErrGap)
		}
		if err == nil {
			m.seq = before[0].Seq
		}
		return err
	})
	if err != nil {
		return err
	}
	indexes := make([]int64, len(missing))
	for i, m := range missing {
		indexes[i] = tlog.StoredHashIndex(0, m.seq)
	}
	found, err := sealed.ReadHashes(indexes)
	if err != nil {
		return fmt.Errorf("read leaf hashes: %w", err)
	}
	for i, m := range missing {
		h.put(m.stream, head{m.rev, Hash(found[i])})
	}
	return nil
}

// parallel does n things on all processors; it returns an error of one that failed.
func parallel(n int, do func(i int) error) error {
	var g errgroup.Group
	workers := min(runtime.GOMAXPROCS(0), n)
	for w := range workers {
		g.Go(func() error {
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				if err := do(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// LeafMaker makes the leaves of sealed events again, in order and in bounded memory.
type LeafMaker struct{ last lastLeaves }

// Make makes the leaves of consecutive records, and their hashes. sealed answers for the leaves before them.
func (m *LeafMaker) Make(ctx context.Context, log ledger.Log, records []ledger.Record, sealed tlog.HashReader) ([][]byte, []tlog.Hash, error) {
	return leaves(ctx, log, records, &m.last, sealed)
}
