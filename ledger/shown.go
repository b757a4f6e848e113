package ledger

import (
	"context"
	"errors"
)

// ErrNoEvent: the log has no event at a position.
var ErrNoEvent = errors.New("there is no such event in the log")

// ErrDamagedBox: a box, or a key that leads to it, isn't what was sealed.
var ErrDamagedBox = errors.New("it is damaged, and nothing of it is shown")

// Watch is who looks at what is read from an authentic log.
type Watch struct {
	// Same reports of each record whether it is the one that was signed at its place. What isn't signed yet is.
	Same func(context.Context, []Record) []bool
	// Damaged is told of each record that isn't what was kept, whoever met it; it may not block.
	Damaged func(seq int64)
}

// Watch has everything that is read from now on watched.
func (a *Authentic) Watch(w Watch) { a.watch.Store(&w) }

// Watched is a log that can be watched.
type Watched interface{ Watch(Watch) }

// damaged takes the bytes away from a record that isn't what was kept.
func (a *Authentic) damaged(r *Record) {
	*r = Record{Seq: r.Seq, Revision: r.Revision, LogTime: r.LogTime, Stream: r.Stream, Forged: true}
	if w := a.watch.Load(); w != nil {
		w.Damaged(r.Seq)
	}
}

// Shown reads events for somebody to see, in the order asked: each is compared with what was signed. One that is missing
// or isn't the same is [Record.Forged], so that the others can be shown.
func (a *Authentic) Shown(ctx context.Context, seqs []int64) ([]Record, error) {
	records, err := a.At(ctx, seqs)
	if errors.Is(err, ErrNoEvent) {
		records, err = a.oneByOne(ctx, seqs)
	}
	if w := a.watch.Load(); err == nil && w != nil {
		for i, same := range w.Same(ctx, records) {
			if !same && !records[i].Forged {
				a.damaged(&records[i])
			}
		}
	}
	return records, err
}

func (a *Authentic) oneByOne(ctx context.Context, seqs []int64) (all []Record, err error) {
	for _, seq := range seqs {
		one, err := a.At(ctx, []int64{seq})
		switch {
		case errors.Is(err, ErrNoEvent):
			one = []Record{{Seq: seq}}
			a.damaged(&one[0])
		case err != nil:
			return nil, err
		}
		all = append(all, one[0])
	}
	return all, nil
}

// Shown reads events for somebody to see, where the log can compare them with what was signed.
func (l *Ledger) Shown(ctx context.Context, seqs []int64) ([]Record, error) {
	if a, ok := l.Log.(interface {
		Shown(context.Context, []int64) ([]Record, error)
	}); ok {
		return a.Shown(ctx, seqs)
	}
	return l.Log.At(ctx, seqs)
}

// ShownEvent is that of one event; a damaged one is a [Forged] error.
func (l *Ledger) ShownEvent(ctx context.Context, seq int64) (Record, error) {
	records, err := l.Shown(ctx, []int64{seq})
	if err != nil {
		return Record{}, err
	}
	if records[0].Forged {
		return Record{}, Forged{seq}
	}
	return records[0], nil
}
