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
	outcome := l.Take(ctx, ledger.Own(), []*ledger.Submission{{
		Source: by.Source, ID: domain.NewEventID(l.Now()), Tenant: d.Tenant, Occurred: domain.At(domain.TimeOf(l.Now())), Event: event,
		Actor: ledger.ActorClaim{Actor: by.Actor}, Auth: by.Auth, Purpose: by.Purpose, Basis: by.Basis, Subjects: claims(d.Subjects),
	}})[0]
	return outcome.Receipt, outcome.Err
}

func claims(refs []domain.SubjectRef) []ledger.SubjectClaim {
	out := make([]ledger.SubjectClaim, len(refs))
	for i, r := range refs {
		out[i] = ledger.SubjectClaim{ID: r.ID, Capacity: r.Capacity}
	}
	return out
}
