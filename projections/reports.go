package projections

import (
	"context"
	"encoding/json"

	"muniment/domain"
)

// reports lists the reports that were generated.
type reports struct{}

func (reports) apply(_ context.Context, w *writer, k *domain.Kept) error {
	e, ok := k.Event.(domain.ReportGenerated)
	if !ok {
		return nil
	}
	w.facts.add("reports", k.Seq, k.Tenant[:], int64(k.Occurred.At), k.Actor.ID[:], body(e))
	return nil
}

// GeneratedReport is one report that was made, and its digest.
type GeneratedReport struct {
	Seq      int64
	Tenant   domain.ID
	Occurred domain.Time
	Actor    domain.ID
	domain.ReportGenerated
}

// Reports lists them by occurrence.
func (r Reader) Reports(ctx context.Context, tenant domain.ID, v domain.Viewpoint, p Page) (Conn[GeneratedReport], error) {
	q := factQuery("reports", "seq, tenant, occurred, actor, body", "occurred", "seq")
	return list(ctx, r, q, tenant, v, p, tenant, func(s scanner) (x GeneratedReport, key []any, err error) {
		var detail string
		if err = s.Scan(&x.Seq, idOf(&x.Tenant), &x.Occurred, idOf(&x.Actor), &detail); err == nil {
			err = json.Unmarshal([]byte(detail), &x.ReportGenerated)
		}
		return x, []any{int64(x.Occurred), x.Seq}, err
	})
}
