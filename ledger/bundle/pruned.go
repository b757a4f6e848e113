package bundle

import (
	"context"
	"fmt"
	"slices"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
)

// refusePruned refuses a question whose answer takes events that were pruned: their leaves can't be made any
// more, so nobody could check that the answer is complete. records are of the run, in order.
func (w *making) refusePruned(ctx context.Context, records []ledger.Record) error {
	for _, r := range records {
		if _, _, pruned := ledger.Pruned(r); !pruned {
			continue
		}
		by, err := seal.PrunedBy(ctx, w.Ledger.Log, w.Ledger.ID, r.Seq)
		if err != nil {
			return err
		}
		instead, err := w.instead(ctx, r.Seq)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("event %d was pruned", r.Seq)
		if by != nil {
			e := by.Event.(domain.LogPruned)
			what = fmt.Sprintf("events %d to %d were pruned, as event %d says", e.From, e.To-1, by.Seq)
		}
		return &domain.Refusal{Code: domain.NotAllowed, Rule: "bundle.pruned", Field: "question",
			Message: fmt.Sprintf("%s, and the answer takes event %d of them, so that it is complete can't be shown: %s", what, r.Seq, instead)}
	}
	return nil
}

// instead says what can be asked, when an event of the run was pruned. One event before a period must be
// there to show that none of it is missing.
func (w *making) instead(ctx context.Context, seq int64) (string, error) {
	if w.question.Of == OfStream {
		return "a stream is shown from its first event on; ask for its account or person, and a period after the pruned events", nil
	}
	i, _ := slices.BinarySearch(w.run, seq)
	var first domain.Time // log time of the first event behind the last that was pruned
	for part := range slices.Chunk(w.run[i:], chunk) {
		records, err := w.Ledger.Log.At(ctx, part)
		if err != nil {
			return "", err
		}
		for _, r := range records {
			if _, _, pruned := ledger.Pruned(r); pruned {
				first = 0
			} else if first == 0 {
				first = r.LogTime
			}
		}
	}
	if first == 0 {
		return "ask for a later period", nil
	}
	after := (first/second + 1) * second
	if w.question.Axis == Occurred {
		after += skew
	}
	return fmt.Sprintf("ask for a period that begins at %s or later", after), nil
}
