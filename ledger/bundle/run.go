package bundle

import (
	"context"
	"math"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
)

// begin settles the viewpoint and lists the run; head is that of the tenant or subject asked for.
func (w *making) begin(ctx context.Context) (head *epochs.Proven, err error) {
	q := w.question
	ofHead := q.Of == OfTenant || q.Of == OfSubject
	if err := w.Seals.Seal(ctx); err != nil {
		return nil, err
	}
	if ofHead {
		if _, err := w.Epochs.Seal(ctx); err != nil {
			return nil, err
		}
	}
	w.checkpoint = w.Seals.Covering(max(w.Seals.Checkpoint().Size-1, 0))
	if q.Of == OfStream {
		return nil, w.streamRun(ctx)
	}
	from, to, err := w.bounds(ctx)
	switch {
	case err != nil:
		return nil, err
	case ofHead:
		return w.headRun(ctx, epochs.Span{From: from, To: to})
	}
	// One event more on each side shows that none of the period is missing.
	for seq := max(from-1, 0); seq < min(to+1, w.checkpoint.Size); seq++ {
		w.run = append(w.run, seq)
	}
	return nil, nil
}

// bounds is the part of the log, from a seq up to another, that can hold what answers.
func (w *making) bounds(ctx context.Context) (from, to int64, err error) {
	q := w.question
	to = math.MaxInt64 - 1
	first := q.From
	if q.Axis == Occurred && first != 0 {
		first -= skew
	}
	if first != 0 {
		if from, err = w.Ledger.Log.Known(ctx, first-1); err != nil {
			return 0, 0, err
		}
		from++
	}
	if q.Axis == Recorded && q.To != 0 {
		if to, err = w.Ledger.Log.Known(ctx, q.To-1); err != nil {
			return 0, 0, err
		}
		to++
	}
	return from, to, nil
}

func (w *making) headRun(ctx context.Context, span epochs.Span) (*epochs.Proven, error) {
	q := w.question
	tag := seal.Tag("tenant", q.Tenant, q.Tenant)
	if q.Of == OfSubject {
		tag = seal.Tag("subject", q.Tenant, q.Subject)
	}
	head, err := w.Epochs.Store.Prove(ctx, tlog.Hash(tag), &span, maxRun)
	if err != nil {
		return nil, err
	}
	w.run = head.Seqs
	w.cited[head.Epoch.Seq] = true
	return &head, nil
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
