package report

import (
	"context"
	"strings"

	"muniment/domain"
	"muniment/ledger"
)

// Issue makes a report and keeps that it was made, before its bytes leave: the one way to hand out a
// report. by says who asked: actor, auth, purpose, basis and source of the event's envelope; tenant
// and subjects are the report's own. After an error nothing may be handed out.
func Issue(ctx context.Context, s Source, q Request, by domain.Envelope) (File, ledger.Receipt, error) {
	d, err := Generate(ctx, s, q)
	if err != nil {
		return File{}, ledger.Receipt{}, err
	}
	f, err := Render(d, q.Format, q.Table)
	if err != nil {
		return File{}, ledger.Receipt{}, err
	}
	receipt, err := Keep(ctx, s.Ledger, d, q.Format, f.Digest, by)
	if err != nil {
		return File{}, ledger.Receipt{}, err
	}
	return f, receipt, nil
}

// Keep keeps that a report was made, with the digest of the bytes about to be handed out. The
// viewpoint was fixed before, so the event is never part of what it tells about.
func Keep(ctx context.Context, l *ledger.Ledger, d *Document, f Format, digest string, by domain.Envelope) (ledger.Receipt, error) {
	event := domain.ReportGenerated{Report: d.word, Format: strings.ToUpper(string(f)), Digest: digest,
		AsOf: d.Viewpoint.AsOf, KnownAt: d.Viewpoint.KnownAt, Seq: d.Viewpoint.Known}
	by.Tenant, by.Subjects = d.Tenant, d.Subjects
	return ledger.Do(ctx, l, ledger.Command{
		Name: "generateReport", Stream: domain.Stream{Noun: "audit", ID: d.Tenant}, Envelope: by,
		Input: map[string]any{"digest": digest, "report": event.Report},
	}, func(nothing struct{}, _ domain.Kept) struct{} { return nothing },
		func(struct{}, domain.Time) ([]domain.Event, *domain.Refusal) { return []domain.Event{event}, nil })
}
