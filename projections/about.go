package projections

import (
	"context"
	"fmt"

	"muniment/domain"
)

// About lists the positions of all events that name a person, in the order of keeping.
func (v *Views) About(ctx context.Context, tenant, subject domain.ID) ([]int64, error) {
	return v.seqs(ctx, "what names a person", `SELECT seq FROM about WHERE tenant = $1 AND subject = $2 AND list = 'events' ORDER BY seq`, tenant[:], subject[:])
}

// By lists the positions of all events of a tenant that somebody is the actor of, in the order of
// keeping. It reads all of the tenant's trail: staff are erased rarely.
func (v *Views) By(ctx context.Context, tenant, actor domain.ID) ([]int64, error) {
	return v.seqs(ctx, "what somebody did", `SELECT seq FROM trail WHERE tenant = $1 AND actor = $2 ORDER BY seq`, tenant[:], actor[:])
}

// Of lists the positions of a tenant's events from one on, in the order of keeping: at most limit.
func (v *Views) Of(ctx context.Context, tenant domain.ID, from int64, limit int) ([]int64, error) {
	return v.seqs(ctx, "a tenant's events", `SELECT seq FROM trail WHERE tenant = $1 AND seq >= $2 ORDER BY seq LIMIT $3`, tenant[:], from, limit)
}

func (v *Views) seqs(ctx context.Context, what, query string, args ...any) (seqs []int64, err error) {
	rows, err := v.db.Reader().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("views: list %s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, fmt.Errorf("views: list %s: %w", what, err)
		}
		seqs = append(seqs, seq)
	}
	return seqs, rows.Err()
}
