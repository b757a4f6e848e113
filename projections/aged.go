package projections

import (
	"context"

	"muniment/domain"
)

// agedAtOnce is how many places of the trail one query looks at: a reader that goes on for long keeps
// the journal of the database busy, and erasures wait to empty it.
const agedAtOnce = 1 << 16

// Aged lists the positions of events of a cut's kinds that occurred and were recorded before its bounds,
// with or without their payloads, in the order of keeping. It looks at a stretch of the trail from a
// position on; next is where to go on, -1 at the end.
func (v *Views) Aged(ctx context.Context, c domain.Cut, recordedBefore domain.Time, struck bool, from int64) (seqs []int64, next int64, err error) {
	next = from + agedAtOnce
	args := []any{from, next, int64(c.OccurredBefore), int64(recordedBefore), oneIf(struck)}
	for _, kind := range c.Kinds {
		args = append(args, kind)
	}
	query := `SELECT seq FROM trail WHERE seq >= ? AND seq < ? AND occurred < ? AND recorded < ? AND struck = ? AND kind IN (` + marks(len(c.Kinds)) + `) ORDER BY seq`
	if seqs, err = v.seqs(ctx, "what is past its period", query, args...); err != nil {
		return nil, 0, err
	}
	if next >= v.Seen() {
		next = -1
	}
	return seqs, next, nil
}
