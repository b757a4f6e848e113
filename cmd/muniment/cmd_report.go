package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"muniment/domain"
	"muniment/ledger"
	"muniment/projections"
	"muniment/projections/report"
)

type reportCmd struct {
	Kind    string `arg:"" name:"KIND" help:"subprocessors, accesses or erasure."`
	Tenant  string `placeholder:"ID|NAME" help:"accesses, erasure: of which account the person is. erasure without --subject: of the account itself."`
	Subject string `placeholder:"ID" help:"accesses, erasure: whose."`
	View    string `placeholder:"VIEW" help:"accesses: dpo (default) or subject, without names of staff."`
	AsOf    string `placeholder:"T" help:"Day in the world, or a time."`
	KnownAt string `placeholder:"T" help:"What the ledger knew then."`
	From    string `placeholder:"T" help:"subprocessors: what changed since. accesses: from when."`
	Format  string `default:"html" help:"html, csv or json."`
	Table   string `help:"csv: which table of the report."`
	reading
	Out string `short:"o" placeholder:"FILE" help:"Write to a file; standard output when left out."`
}

// Help shows examples.
func (*reportCmd) Help() string {
	return `Examples:
  muniment report subprocessors --as-of 2026-10-01 --from 2026-01-01 -o register.html
  muniment report accesses --subject 0190… --view subject --format csv
  muniment report accesses --subject 0190… --purpose DATA_SUBJECT_REQUEST --case DSR-2026-014 --login anna
  muniment report erasure --subject 0190… -o certificate.html
  muniment report erasure --tenant "Example Dental" --format json -o certificate.json

The same viewpoint gives the same bytes, but for a certificate's proofs; the digest of what is handed out is kept in the ledger.`
}

func (c *reportCmd) run(ctx context.Context, h *house, t terminal) error {
	q, err := c.request(ctx, h)
	if err != nil {
		return err
	}
	by, err := c.actor(ctx, h)
	if err != nil {
		return err
	}
	src := report.Source{Ledger: h.ledger, Views: h.views, Scope: projections.Scope{All: true}, Prove: h.proveSoon}
	if src.Reveal, err = c.reveal(h, by); err != nil {
		return err
	}
	file, _, err := report.Issue(ctx, src, q, domain.Envelope{Actor: by, Source: "cli", Purpose: c.Purpose})
	if err != nil {
		return flagged(err)
	}
	if c.Out == "" || c.Out == "-" {
		_, err := t.file().Write(file.Bytes)
		return err
	}
	if err := os.WriteFile(t.path(c.Out), file.Bytes, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(t.err, "wrote %s (%d bytes)\nSHA-256 %s, kept in the ledger\n", c.Out, len(file.Bytes), file.Digest)
	return nil
}

// commandLine acts with the rights of whoever owns the directory; the ledger can't know more.
var commandLine = domain.Actor{Kind: domain.Service, Role: "OPERATOR"}

func (c *reportCmd) request(ctx context.Context, h *house) (q report.Request, err error) {
	q = report.Request{Kind: report.Kind(c.Kind), View: report.View(c.View), Format: report.Format(strings.ToLower(c.Format)), Table: c.Table}
	if _, err := report.Lookup(q.Kind); err != nil {
		return q, usage{err}
	}
	if q.AsOf, q.From, err = q.Kind.Days(c.AsOf, c.From); err != nil {
		return q, flagged(err)
	}
	if c.KnownAt != "" {
		m, err := domain.ParseMoment(c.KnownAt)
		if err != nil {
			return q, usage{fmt.Errorf("--known-at: %w", err)}
		}
		q.KnownAt = m.At
	}
	if c.Subject != "" {
		if q.Subject, err = domain.ParseID(strings.TrimPrefix(c.Subject, "subject-")); err != nil {
			return q, usage{fmt.Errorf("--subject: %w", err)}
		}
	}
	if c.Tenant != "" {
		q.Tenant, err = tenantNamed(ctx, h, c.Tenant)
	}
	return q, err
}

// flagged says which flag a malformed request is about, as it is typed.
func flagged(err error) error {
	var no *domain.Refusal
	if !errors.As(err, &no) || no.Code != domain.Invalid || no.Field == "" {
		return err
	}
	name := map[string]string{"asOf": "as-of", "knownAt": "known-at"}[no.Field]
	return usage{fmt.Errorf("--%s: %s", cmp.Or(name, no.Field), no.Message)}
}

// reveal opens personal values for a stated purpose and case, and records first who reads them.
func (c *reportCmd) reveal(h *house, by domain.Actor) (func(context.Context, []ledger.Ref) ([]ledger.Value, error), error) {
	r, err := c.stated(by)
	if r == nil || err != nil {
		return nil, err
	}
	return h.ledger.Recorded(*r), nil
}
