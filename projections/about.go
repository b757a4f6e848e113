package projections

import (
	"context"
	"fmt"

	"muniment/domain"
)

// About lists the positions of all events that name a person, in the order of keeping.
func (v *Views) About(ctx context.Context, tenant, subject domain.ID) (seqs []int64, err error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT seq FROM about WHERE tenant = $1 AND subject = $2 AND list = 'events' ORDER BY seq`, tenant[:], subject[:])
	if err != nil {
		return nil, fmt.Errorf("views: list what names a person: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, fmt.Errorf("views: list what names a person: %w", err)
		}
		seqs = append(seqs, seq)
	}
	return seqs, rows.Err()
}
