package projections

import (
	"context"
	"fmt"
	"slices"

	"muniment/domain"
)

// EventsAfter reads what comes behind a position of the trail, in the order of keeping, within the
// reader's scope. seen is how far it looked: go on from there. Both the events and the rows looked
// at are bounded, so seen can move without any event.
func (r Reader) EventsAfter(ctx context.Context, f EventFilter, after int64) (events []Event, seen int64, err error) {
	last := min(r.views.Seen()-1, after+maxExamined)
	if last <= after {
		return nil, after, nil
	}
	q := factQuery("trail", trailColumns, "seq")
	q.subject(f.Subject, "events", domain.Viewpoint{Known: last})
	if f.Stream != "" {
		q.where("f.stream = ?", f.Stream)
	}
	q.between(f.From, f.To)
	if f.Reported != 0 {
		q.where("f.reported = ?", oneIf(f.Reported > 0))
	}
	q.oneOf("f.kind", f.Kinds)
	r.within(q.tenantCol, f.Tenant, q.where)
	q.where(q.order[0]+" > ? AND "+q.order[0]+" <= ?", after, last)
	rows, err := r.views.db.Reader().QueryContext(ctx, q.text(q.cols, false, MaxPage), append(slices.Clone(q.args), q.filterArgs...)...)
	if err != nil {
		return nil, after, fmt.Errorf("views: follow the trail: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return nil, after, fmt.Errorf("views: follow the trail: %w", err)
		}
		events = append(events, e)
	}
	if len(events) == MaxPage {
		last = events[MaxPage-1].Seq
	}
	return events, last, rows.Err()
}

// Bookmark is a cursor that stands for a position of the trail, for those who may not know the
// position. It holds for one filter, whoever asks: what it leads to is the reader's scope to say.
func (v *Views) Bookmark(f EventFilter, seq int64) string {
	return v.cursor(question(Scope{}, "trail/after", f), domain.Viewpoint{Known: seq}, []any{seq})
}

// OpenBookmark reads a [Views.Bookmark].
func (v *Views) OpenBookmark(cursor, field string, f EventFilter) (int64, error) {
	c, _, err := v.open(cursor, field, question(Scope{}, "trail/after", f))
	return c.Known, err
}
