package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"muniment/domain"
	"muniment/graphql"
	"muniment/ledger"
	"muniment/ledger/bundle"
	"muniment/ledger/seal/verify"
)

type bundleCmd struct {
	Tenant  string   `placeholder:"ID|NAME" help:"All of an account."`
	Subject string   `placeholder:"ID" help:"All of one person."`
	Also    []string `placeholder:"ID" sep:"none" help:"One more account or person beside it: an agency's accounts, the ids of one person. Can be repeated."`
	Stream  string   `placeholder:"NAME" help:"One thing, such as interaction-0190…"`
	From    string   `placeholder:"T" help:"From when: a day, or a time."`
	To      string   `placeholder:"T" help:"Until before when."`
	Axis    string   `placeholder:"AXIS" help:"What the period is meant by: recorded (default) or occurred."`
	reading
	Wait time.Duration `placeholder:"D" help:"Wait so long, such as 3m, for the word of each replayer that the policy of serve names, and for witnesses."`
	Out  string        `short:"o" required:"" placeholder:"FILE" help:"Where to write it."`
}

// Help shows examples.
func (*bundleCmd) Help() string {
	return `Whoever gets it checks it without asking anybody: muniment verify FILE --policy pinned.txt. Without
account, person or stream it is about the whole ledger, without anybody's personal fields.

Examples:
  muniment bundle --subject 0190… -o person.zip
  muniment bundle --subject 0190… --purpose DATA_SUBJECT_REQUEST --case DSR-2026-014 --login anna -o person.zip
  muniment bundle --subject 0190… --also 0191… -o merged.zip
  muniment bundle --tenant "Example Shop GmbH" --from 2026-01-01 --to 2026-07-01 --axis occurred -o half-year.zip
  muniment bundle --stream interaction-0190… -o call.zip`
}

func (c *bundleCmd) run(ctx context.Context, h *house, t terminal) error {
	q, err := c.question(ctx, h)
	if err != nil {
		return err
	}
	by, err := c.actor(ctx, h)
	if err != nil {
		return err
	}
	read, err := c.stated(by)
	if err != nil {
		return err
	}
	made, err := h.bundle(ctx, graphql.BundleWanted{Question: q, Reading: read, Wait: c.Wait, Most: maxBundle, By: domain.Envelope{Actor: by, Source: "cli", Purpose: c.Purpose}})
	if err != nil {
		return err
	}
	text, m := made.Bytes, made.Manifest
	if err := os.WriteFile(t.path(c.Out), text, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(t.err, "wrote %s (%d bytes): %d events, %d personal values opened\nSHA-256 %s, kept in the ledger\n", c.Out, len(text), m.Counts.Events, m.Counts.Opened, made.Digest)
	return nil
}

func (c *bundleCmd) question(ctx context.Context, h *house) (q bundle.Question, err error) {
	q.Of = bundle.OfLedger
	if c.Subject != "" && c.Stream != "" {
		return q, usage{errors.New("name --subject or --stream, not both")}
	}
	if c.Tenant != "" {
		q.Of = bundle.OfTenant
		if q.Tenant, err = tenantNamed(ctx, h, c.Tenant); err != nil {
			return q, err
		}
	}
	if c.Subject != "" {
		q.Of = bundle.OfSubject
		if q.Subject, err = domain.ParseID(strings.TrimPrefix(c.Subject, "subject-")); err != nil {
			return q, usage{fmt.Errorf("--subject: %w", err)}
		}
	}
	if q.Also, err = c.also(ctx, h, q.Of); err != nil {
		return q, err
	}
	if c.Stream != "" {
		q.Of = bundle.OfStream
		if q.Stream, err = domain.ParseStream(c.Stream); err != nil {
			return q, usage{fmt.Errorf("--stream: %w", err)}
		}
	}
	if q.From, err = wholeSecond("from", c.From); err == nil {
		q.To, err = wholeSecond("to", c.To)
	}
	if err != nil {
		return q, err
	}
	switch q.Axis = bundle.Axis(c.Axis); {
	case q.Axis == bundle.Whole && (q.From != 0 || q.To != 0):
		q.Axis = bundle.Recorded
	case q.Axis != bundle.Whole && q.Axis != bundle.Recorded && q.Axis != bundle.Occurred:
		return q, usage{errors.New("--axis: recorded (when the ledger kept it) or occurred (when it happened)")}
	}
	if q.Tenant.IsZero() && q.Of != bundle.OfLedger {
		q.Tenant, err = c.whose(ctx, h, q)
	}
	return q, err
}

// also lists the accounts or persons beside the first.
func (c *bundleCmd) also(ctx context.Context, h *house, of bundle.Of) (ids []domain.ID, err error) {
	for _, name := range c.Also {
		var id domain.ID
		switch of {
		case bundle.OfTenant:
			id, err = tenantNamed(ctx, h, name)
		case bundle.OfSubject:
			id, err = domain.ParseID(strings.TrimPrefix(name, "subject-"))
		default:
			err = errors.New("it goes with --tenant or --subject")
		}
		if err != nil {
			return nil, usage{fmt.Errorf("--also: %w", err)}
		}
		ids = append(ids, id)
	}
	return bundle.Rising(ids), nil
}

// whose finds the account that a person or stream belongs to.
func (c *bundleCmd) whose(ctx context.Context, h *house, q bundle.Question) (domain.ID, error) {
	s := q.Stream
	if q.Of == bundle.OfSubject {
		s = domain.Stream{Noun: "subject", ID: q.Subject}
	}
	records, err := h.ledger.Log.Stream(ctx, s, 0, 1)
	if err != nil {
		return domain.ID{}, err
	}
	if len(records) == 0 {
		return domain.ID{}, fmt.Errorf("nothing was ever kept of %s: to show that, name the account it would belong to with --tenant", s)
	}
	e, err := domain.ParseEnvelope(records[0].Envelope)
	return e.Tenant, err
}

func wholeSecond(flag, text string) (domain.Time, error) {
	if text == "" {
		return 0, nil
	}
	m, err := domain.ParseMoment(text)
	if err != nil {
		return 0, usage{fmt.Errorf("--%s: %w", flag, err)}
	}
	if m.At%1_000_000 != 0 {
		return 0, usage{fmt.Errorf("--%s: a period begins and ends with a whole second", flag)}
	}
	return m.At, nil
}

// maxBundle is how many events a bundle for the command line holds: beyond that nobody reads it.
const maxBundle = 200_000

// bundle makes a bundle, checks it as whoever gets it will, and keeps that it was made, before any byte of
// it leaves.
func (h *house) bundle(ctx context.Context, want graphql.BundleWanted) (made graphql.BundleMade, err error) {
	key, _, err := h.bundleKey()
	if err != nil {
		return made, err
	}
	policy, err := h.policy()
	if err != nil {
		return made, err
	}
	maker := bundle.Maker{Ledger: h.ledger, Seals: h.seals, Epochs: h.epochs, Vault: h.vault, Policy: policy, Key: key, Most: want.Most,
		Notes: func(ctx context.Context, leaves int64) ([]string, error) { return h.notes(ctx, leaves, want.Wait) }}
	err = h.afterErasures(ctx, func() (err error) {
		made.Bytes, made.Manifest, err = maker.Make(ctx, want.Question, want.Reading)
		return err
	})
	if err != nil {
		return made, err
	}
	if err := verify.Bundle(made.Bytes, verify.Demands{Policy: policy, Now: h.now(), AcceptUnwitnessed: true}, io.Discard); err != nil {
		return made, fmt.Errorf("the bundle doesn't hold, and isn't handed out: %w", err)
	}
	made.Digest = sha256Of(made.Bytes)
	now := domain.TimeOf(h.now())
	by := want.By
	var told []*ledger.Submission
	tenants := want.Question.Tenants()
	if len(tenants) == 0 {
		tenants = []domain.ID{domain.Operator}
	}
	for _, tenant := range tenants {
		told = append(told, &ledger.Submission{Source: by.Source, ID: domain.NewEventID(h.now()), Tenant: tenant, Occurred: domain.At(now),
			Event: domain.ReportGenerated{Report: "BUNDLE", Format: "ZIP", Digest: made.Digest, AsOf: now, KnownAt: made.Manifest.Made, Seq: made.Manifest.Size - 1},
			Actor: ledger.ActorClaim{Actor: by.Actor}, Auth: by.Auth, Purpose: by.Purpose, Basis: by.Basis})
	}
	for _, o := range h.ledger.Take(ctx, ledger.Own(), told) {
		made.Receipt, err = o.Receipt, errors.Join(err, o.Err)
	}
	return made, err
}

// settleTime is how long a bundle waits for what was under way when it was asked for.
const settleTime = 8 * time.Second

// afterErasures makes a bundle once what was ordered to be destroyed is, and the ledger says so under a checkpoint:
// right after a start an erasure may still be carried to its end.
func (h *house) afterErasures(ctx context.Context, make func() error) error {
	if err := h.erasures.Carry(ctx); err != nil {
		return err
	}
	for end := time.After(settleTime); ; {
		err := make()
		var no *domain.Refusal
		if !errors.As(err, &no) || no.Rule != "bundle.erasing" && no.Rule != "bundle.striking" {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-end:
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func sha256Of(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
