package heads

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// MaxBehind is how many leaves may lie between what an epoch covers and its own leaf: so many a replay
// has to remember.
const MaxBehind = 1 << 20

// Gatherer gathers leaves into heads.
type Gatherer interface {
	// Apply adds the next leaves, in the ledger's order, without a gap.
	Apply(ctx context.Context, leaves []Leaf) error
	// Sum is all heads over what was applied.
	Sum(ctx context.Context) (Epoch, error)
}

// Sealed is an epoch and its place in the ledger.
type Sealed struct {
	Epoch
	Seq  int64
	Rev  int64 // in the stream of epochs
	Leaf tlog.Hash
}

// Lie is an epoch that says something else than the leaves before it.
type Lie struct {
	text string
	Seq  int64 // of an epoch that may be withdrawn; else 0
}

func (l Lie) Error() string { return l.text }

func lie(format string, args ...any) error { return Lie{text: fmt.Sprintf(format, args...)} }

// Replay gathers leaves into heads again, and compares each epoch with what that gives. Whoever has
// only leaves can do it; that the leaves are the ledger's own is for the caller to check.
type Replay struct {
	Heads   Gatherer
	Size    int64   // what Heads has
	Last    *Sealed // the last epoch, nil before the first; Rev and Leaf of its withdrawal, where that came after it
	Time    int64   // of the last leaf, which those that follow don't lie before
	Settled Settled
	waiting []Leaf // from Size on, until an epoch says how far to go
}

// Settled is which epochs count for nothing.
type Settled struct {
	Wrong     map[int64]Wrong `json:"wrong,omitempty"`     // by seq: they say something else, and aren't withdrawn
	Withdrawn []int64         `json:"withdrawn,omitempty"` // seqs
}

// Wrong is what an epoch covers, and why it is wrong.
type Wrong struct {
	Size int64  `json:"size"`
	Why  string `json:"why"`
}

// End is the lie that is left when all leaves were added: of the first epoch that is wrong, and wasn't withdrawn.
func (r *Replay) End() error {
	if len(r.Settled.Wrong) == 0 {
		return nil
	}
	seq := slices.Min(slices.Collect(maps.Keys(r.Settled.Wrong)))
	return Lie{r.Settled.Wrong[seq].Why, seq}
}

// Next is the seq of the next leaf.
func (r *Replay) Next() int64 { return r.Size + int64(len(r.waiting)) }

// Add takes the next leaf. A [Lie] is the operator's; another error says that it couldn't be compared.
func (r *Replay) Add(ctx context.Context, l Leaf) error {
	if l.Seq != r.Next() {
		return lie("leaf %d says that it is leaf %d", r.Next(), l.Seq)
	}
	if l.Time < r.Time {
		return lie("the time of leaf %d lies before that of the leaf before it", l.Seq)
	}
	r.Time = l.Time
	if l.OfEpochs() && (r.Last == nil || l.Seq > r.Last.Seq) {
		judge := r.compare
		if l.Withdraw != nil {
			judge = r.withdraw
		}
		if err := judge(ctx, &l); err != nil {
			return err
		}
	}
	r.waiting = append(r.waiting, l)
	if len(r.waiting) > MaxBehind { // no epoch may cover less than these any more
		return r.apply(ctx, MaxBehind/16)
	}
	return nil
}

// apply gathers the first n of those that wait.
func (r *Replay) apply(ctx context.Context, n int64) error {
	if err := r.Heads.Apply(ctx, r.waiting[:n]); err != nil {
		return err
	}
	r.Size += n
	r.waiting = append(r.waiting[:0], r.waiting[n:]...)
	return nil
}

// withdraw takes note that an epoch counts no more.
func (r *Replay) withdraw(_ context.Context, l *Leaf) error {
	w := l.Withdraw
	if r.Last == nil || l.Rev != r.Last.Rev+1 || *l.Prev != r.Last.Leaf {
		return lie("the withdrawal at event %d does not follow the epoch before it: an epoch was left out, or it lies in another stream", l.Seq)
	}
	last := *r.Last
	last.Rev, last.Leaf = l.Rev, l.Hash
	r.Last = &last
	if !slices.Contains(r.Settled.Withdrawn, w.Position) {
		r.Settled.Withdrawn = append(r.Settled.Withdrawn, w.Position)
		slices.Sort(r.Settled.Withdrawn)
	}
	if r.Settled.Wrong[w.Position].Size == w.Size {
		delete(r.Settled.Wrong, w.Position)
	}
	return nil
}

// compare compares an epoch's leaf with the leaves before it.
func (r *Replay) compare(ctx context.Context, l *Leaf) error {
	e := *l.Epoch
	last := Sealed{Rev: -1}
	if r.Last != nil {
		last = *r.Last
	}
	switch {
	case l.Rev != last.Rev+1, last.Rev >= 0 && *l.Prev != last.Leaf:
		return lie("epoch at event %d does not follow the epoch before it: it is number %d of its stream, and number %d was expected: an epoch was left out, or begun in another stream", l.Seq, l.Rev, last.Rev+1)
	case e.Size > l.Seq:
		return lie("epoch at event %d says that it covers %d events: more than there were", l.Seq, e.Size)
	case last.Rev >= 0 && e.Size <= last.Size:
		return lie("epoch at event %d covers %d events, not more than the epoch at event %d, which covers %d", l.Seq, e.Size, last.Seq, last.Size)
	case e.Size < r.Size:
		return lie("epoch at event %d covers %d events only: an epoch may be at most %d behind", l.Seq, e.Size, MaxBehind)
	}
	if err := r.apply(ctx, e.Size-r.Size); err != nil {
		return err
	}
	sum, err := r.Heads.Sum(ctx)
	if err != nil {
		return err
	}
	why := ""
	switch {
	case sum.Size != e.Size:
		return fmt.Errorf("the heads are over %d leaves instead of %d", sum.Size, e.Size)
	case sum.Count != e.Count:
		why = fmt.Sprintf("epoch at event %d says that there are %d heads over %d events; the events give %d: a tenant or subject was left out, or made up", l.Seq, e.Count, e.Size, sum.Count)
	case sum.Root != e.Root:
		why = fmt.Sprintf("epoch at event %d says root %s; the events give %s: an event was left out of a head, or put into a foreign one", l.Seq, e.Root, sum.Root)
	}
	if why != "" { // a later event may withdraw it
		if r.Settled.Wrong == nil {
			r.Settled.Wrong = map[int64]Wrong{}
		}
		r.Settled.Wrong[l.Seq] = Wrong{e.Size, why}
	}
	r.Last = &Sealed{e, l.Seq, l.Rev, l.Hash}
	return nil
}
