package bundle

import (
	"cmp"
	"context"
	"math"
	"slices"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal/epochs"
)

// begin settles the viewpoint and lists what answers; heads are those of the tenants or subjects asked for.
func (w *making) begin(ctx context.Context) (heads []epochs.Proven, err error) {
	q := w.question
	if err := w.Seals.Seal(ctx); err != nil {
		return nil, err
	}
	if q.headed() {
		if heads, err = w.headRuns(ctx); err != nil {
			return nil, err
		}
	}
	w.checkpoint = w.Seals.Covering(max(w.Seals.Checkpoint().Size-1, 0))
	switch {
	case heads != nil:
		w.first = spanOf(heads[0].Seqs)
		return heads, nil
	case q.Of == OfStream:
		err = w.streamRun(ctx)
		w.first = spanOf(w.run)
		return nil, err
	}
	from, to, err := w.bounds(ctx)
	// One event more on each side shows that none of the period is missing.
	for seq := max(from-1, 0); err == nil && seq < min(to+1, w.checkpoint.Size); seq++ {
		w.run = append(w.run, seq)
	}
	w.first = spanOf(w.run)
	return nil, err
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

// headRuns seals an epoch, proves the heads under it and collects what replayers say of it.
func (w *making) headRuns(ctx context.Context) ([]epochs.Proven, error) {
	if _, err := w.Epochs.Seal(ctx); err != nil {
		return nil, err
	}
	from, to, err := w.bounds(ctx)
	if err != nil {
		return nil, err
	}
	heads, err := w.Epochs.Proven(ctx, w.question.Heads(), &epochs.Span{From: from, To: to}, w.Most)
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		w.run = append(w.run, h.Seqs...)
	}
	slices.Sort(w.run)
	w.run = slices.Compact(w.run)
	epoch := heads[0].Epoch.Seq
	w.cited[epoch] = true
	if w.Notes != nil {
		w.notes, err = w.Notes(ctx, epoch)
	}
	return heads, err
}

var errNoStream error = &domain.Refusal{Code: domain.NotFound, Rule: "bundle.stream", Field: "stream", Message: "the account has no such stream"}

func (w *making) streamRun(ctx context.Context) error {
	for {
		records, err := w.Ledger.Log.Stream(ctx, w.question.Stream, int64(len(w.run)), chunk)
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.Forged {
				return ledger.Forged{Seq: r.Seq}
			}
			if e, err := domain.ParseEnvelope(r.Envelope); err != nil || e.Tenant != w.question.Tenant {
				return cmp.Or(err, errNoStream) // somebody else's isn't there
			}
			if r.Seq < w.checkpoint.Size {
				w.run = append(w.run, r.Seq)
			}
		}
		if len(records) < chunk {
			break
		}
	}
	if len(w.run) == 0 {
		return errNoStream
	}
	return nil
}
