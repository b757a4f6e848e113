package projections

import (
	"context"
	"fmt"

	"muniment/domain"
)

// lookup is how many ids one statement looks up.
const lookup = 500

// InteractionsByID finds interactions by their ids, as far as they are in the scope and were known
// at the viewpoint: for reports that walk a long list and can't ask for each row.
func (r Reader) InteractionsByID(ctx context.Context, ids []domain.ID, v domain.Viewpoint) (map[domain.ID]Interaction, error) {
	found := make(map[domain.ID]Interaction, len(ids))
	for len(ids) > 0 {
		n := min(lookup, len(ids))
		args := make([]any, n)
		for i := range args {
			args[i] = ids[i][:]
		}
		ids = ids[n:]
		q := factQuery("interactions", interactionColumns, "seq")
		q.where("f.interaction IN ("+marks(n)+")", args...)
		q.where("f.seq <= ?", v.Known)
		r.within(q.tenantCol, domain.ID{}, q.where)
		if err := r.interactionsInto(ctx, found, q, v); err != nil {
			return nil, fmt.Errorf("views: look up interactions: %w", err)
		}
	}
	return found, nil
}

// interactionsInto keeps the earliest kept record of each interaction.
func (r Reader) interactionsInto(ctx context.Context, found map[domain.ID]Interaction, q *query, v domain.Viewpoint) error {
	rows, err := r.views.db.Reader().QueryContext(ctx, q.text(q.cols, false, maxExamined), q.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		i, err := scanInteraction(v)(rows)
		if err != nil {
			return err
		}
		if _, twice := found[i.ID]; !twice {
			found[i.ID] = i
		}
	}
	return rows.Err()
}
