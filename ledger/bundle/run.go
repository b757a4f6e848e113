package bundle

import (
	"context"
	"sort"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger/seal"
	"muniment/ledger/seal/heads"
)

// Heads proves how many events a tenant or subject has.
type Heads interface {
	// Head finds the head of a tag under an epoch that covers all that is sealed now.
	Head(ctx context.Context, tag seal.Hash) (*Head, error)
}

// Head is what is known of one tag under an epoch.
type Head struct {
	Epoch int64 // seq of its leaf
	Proof heads.HeadProof
	// Seqs are those of the head's leaves from one index to another, which is not included.
	Seqs func(ctx context.Context, from, to int64) ([]int64, error)
	Tree tlog.HashReader // over the head's leaves
	from int64           // index of the run's first leaf
}

// begin settles the viewpoint and lists the run.
func (w *making) begin(ctx context.Context) (head *Head, err error) {
	q := w.question
	if q.Of == OfTenant || q.Of == OfSubject {
		tag := seal.Tag("tenant", q.Tenant, q.Tenant)
		if q.Of == OfSubject {
			tag = seal.Tag("subject", q.Tenant, q.Subject)
		}
		if head, err = w.Heads.Head(ctx, tag); err != nil {
			return nil, err
		}
		w.cited[head.Epoch] = true
	}
	if err := w.Seals.Seal(ctx); err != nil {
		return nil, err
	}
	w.checkpoint = w.Seals.Covering(max(w.Seals.Checkpoint().Size-1, 0))
	switch {
	case head != nil:
		return head, w.headRun(ctx, head)
	case q.Of == OfStream:
		return nil, w.streamRun(ctx)
	}
	first, last, err := w.bounds(ctx, w.checkpoint.Size, func(before int64) (int64, error) { return before, nil })
	for seq := first; seq <= last && err == nil; seq++ {
		w.run = append(w.run, seq)
	}
	return nil, err
}

// bounds is the run's first and last index among count leaves in the order of the log; before tells how
// many of these have a seq below one. One leaf on each side of a period shows that none of it is missing.
func (w *making) bounds(ctx context.Context, count int64, before func(seq int64) (int64, error)) (first, last int64, err error) {
	q := w.question
	last = count - 1
	earlier := func(t domain.Time) (int64, error) {
		known, err := w.Ledger.Log.Known(ctx, t-1)
		if err != nil {
			return 0, err
		}
		return before(known + 1)
	}
	from := q.From
	if q.Axis == Occurred && from != 0 {
		from -= skew
	}
	if from != 0 {
		n, err := earlier(from)
		if err != nil {
			return 0, 0, err
		}
		first = max(0, min(n, count)-1)
	}
	if q.Axis == Recorded && q.To != 0 {
		n, err := earlier(q.To)
		if err != nil {
			return 0, 0, err
		}
		last = min(n, count-1)
	}
	return first, last, nil
}

func (w *making) headRun(ctx context.Context, head *Head) error {
	if head.Proof.Head == nil {
		return nil
	}
	count := head.Proof.Head.Count
	first, last, err := w.bounds(ctx, count, func(seq int64) (n int64, err error) {
		i := sort.Search(int(count), func(i int) bool {
			var at []int64
			if err == nil {
				at, err = head.Seqs(ctx, int64(i), int64(i)+1)
			}
			return err != nil || at[0] >= seq
		})
		return int64(i), err
	})
	if err != nil {
		return err
	}
	head.from = first
	w.run, err = head.Seqs(ctx, first, last+1)
	return err
}

func (w *making) streamRun(ctx context.Context) error {
	for {
		records, err := w.Ledger.Log.Stream(ctx, w.question.Stream, int64(len(w.run)), chunk)
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.Seq < w.checkpoint.Size {
				w.run = append(w.run, r.Seq)
			}
		}
		if len(records) < chunk {
			break
		}
	}
	if len(w.run) == 0 {
		return &domain.Refusal{Code: domain.NotFound, Rule: "bundle.stream", Message: "there is no such stream"}
	}
	return nil
}
