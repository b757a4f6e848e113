package bundle

import (
	"cmp"
	"context"
	"math"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
)

// begin settles the viewpoint and lists the run; head is that of the tenant or subject asked for.
func (w *making) begin(ctx context.Context) (head *epochs.Proven, err error) {
	q := w.question
	if err := w.Seals.Seal(ctx); err != nil {
		return nil, err
	}
	if q.Of == OfTenant || q.Of == OfSubject {
		if head, err = w.headRun(ctx); err != nil {
			return nil, err
		}
	}
	w.checkpoint = w.Seals.Covering(max(w.Seals.Checkpoint().Size-1, 0))
	switch {
	case head != nil:
		return head, nil
	case q.Of == OfStream:
		return nil, w.streamRun(ctx)
	}
	from, to, err := w.bounds(ctx)
	// One event more on each side shows that none of the period is missing.
	for seq := max(from-1, 0); err == nil && seq < min(to+1, w.checkpoint.Size); seq++ {
		w.run = append(w.run, seq)
	}
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

// headRun seals an epoch, proves the head under it and collects what replayers say of it.
func (w *making) headRun(ctx context.Context) (*epochs.Proven, error) {
	if _, err := w.Epochs.Seal(ctx); err != nil {
		return nil, err
	}
	from, to, err := w.bounds(ctx)
	if err != nil {
		return nil, err
	}
	q := w.question
	tag := seal.Tag("tenant", q.Tenant, q.Tenant)
	if q.Of == OfSubject {
		tag = seal.Tag("subject", q.Tenant, q.Subject)
	}
	head, err := w.Epochs.Proven(ctx, tlog.Hash(tag), &epochs.Span{From: from, To: to}, w.Most)
	if err != nil {
		return nil, err
	}
	w.run = head.Seqs
	w.cited[head.Epoch.Seq] = true
	if w.Notes != nil {
		w.notes, err = w.Notes(ctx, head.Epoch.Seq)
	}
	return &head, err
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
