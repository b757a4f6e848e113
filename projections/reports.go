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
	w.facts.add("reports", k.Seq, k.ID[:], k.Tenant[:], int64(k.Occurred.At), k.Actor.ID[:], body(e))
	return nil
}

// GeneratedReport is one report that was made, and its digest.
type GeneratedReport struct {
	ID       domain.ID // of the event
	Seq      int64
	Tenant   domain.ID
	Occurred domain.Time
	Actor    domain.ID
	domain.ReportGenerated
}

// Reports lists them by occurrence.
func (r Reader) Reports(ctx context.Context, tenant domain.ID, v domain.Viewpoint, p Page) (Conn[GeneratedReport], error) {
	q := factQuery("reports", reportColumns, "occurred", "seq")
	return list(ctx, r, q, tenant, v, p, tenant, func(s scanner) (GeneratedReport, []any, error) {
		x, err := scanGeneratedReport(s)
		return x, []any{int64(x.Occurred), x.Seq}, err
	})
}

const reportColumns = "seq, id, tenant, occurred, actor, body"

func scanGeneratedReport(s scanner) (x GeneratedReport, err error) {
	var detail string
	if err = s.Scan(&x.Seq, idOf(&x.ID), idOf(&x.Tenant), &x.Occurred, idOf(&x.Actor), &detail); err == nil {
		err = json.Unmarshal([]byte(detail), &x.ReportGenerated)
	}
	return x, err
}

// Report finds one by its id as of a viewpoint; nil when there is none.
func (r Reader) Report(ctx context.Context, id domain.ID, v domain.Viewpoint) (*GeneratedReport, error) {
	return fact(ctx, r, "reports", reportColumns, id, v, scanGeneratedReport)
}
