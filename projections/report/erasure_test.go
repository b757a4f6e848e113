package report

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/erasure"
	"muniment/ledger/seal"
	"muniment/ledger/vault"
)

// TestErasureCertificate: keys are counted from the bodies; what only some classes' erasure took is
// told from what is retained; and before anybody asked for an erasure there is no certificate.
func TestErasureCertificate(t *testing.T) {
	w := called(t)
	q := Request{Kind: Erasure, Subject: ana}
	var no *domain.Refusal
	if _, err := Generate(t.Context(), w.source(), q); !errors.As(err, &no) || no.Rule != "report.erasure" {
		t.Fatalf("without an erasure: %v", err)
	}
	before := w.generate(Request{Kind: Accesses, Subject: ana}).Viewpoint.Size()
	p := &erasure.Process{Ledger: w.ledger, Keys: w.ledger.Vault.(*vault.Vault), Claims: w.ledger.Log.(erasure.Claims), Views: w.views}
	erase := func(e domain.ErasureRequested) {
		t.Helper()
		e.Ground, e.Case = "OBJECTED", "DSR-2026-014"
		_, err := ledger.Do(t.Context(), w.ledger, ledger.Command{Name: "test", Stream: domain.Stream{Noun: "subject", ID: ana}, Input: map[string]any{},
			Envelope: domain.Envelope{Tenant: dental, Source: "test", Actor: domain.Actor{Kind: domain.System}, Subjects: []domain.SubjectRef{{ID: ana, Capacity: domain.Processor}}}},
			domain.Subject.Apply, func(s domain.Subject, _ domain.Time) ([]domain.Event, *domain.Refusal) { return s.Erase(e) })
		if err == nil {
			err = p.Run(t.Context())
		}
		if err == nil {
			err = w.views.CatchUp(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	retained := func() (n int) {
		t.Helper()
		for _, by := range column(t, w.generate(q), "keys", "destroyed") {
			if by == "-" {
				n++
			}
		}
		return n
	}
	erase(domain.ErasureRequested{Classes: []domain.Class{domain.InteractionData}})
	keys := column(t, w.generate(q), "keys", "class")
	contacts := len(slices.DeleteFunc(slices.Clone(keys), func(c string) bool { return c != "Contact" }))
	if got := retained(); contacts == 0 || got != contacts || got == len(keys) {
		t.Errorf("of %q %d are retained", keys, got)
	}
	erase(domain.ErasureRequested{Suppress: "OBJECTION"})
	if got := retained(); got != 0 {
		t.Errorf("%d are retained", got)
	}
	if got := column(t, w.generate(q), "retained", "ground"); len(got) != 1 {
		t.Errorf("retained on purpose: %q", got)
	}
	if got := column(t, w.generate(q), "keys", "olderCopiesDead"); slices.ContainsFunc(got, func(s string) bool { return s != "-" }) {
		t.Errorf("older copies are called dead in the same key epoch: %q", got)
	}
	unsealed := w.source()
	unsealed.Prove = func(context.Context, int64) (seal.Proof, error) { return seal.Proof{}, seal.ErrNotSealed }
	if doc, err := Generate(t.Context(), unsealed, q); err != nil || len(doc.Proofs) != 7 || doc.checkpoint() != "" {
		t.Errorf("%d proofs, %v", len(doc.Proofs), err)
	} else if got := column(t, doc, "sealed", "size"); len(got) != 7 || slices.ContainsFunc(got, func(s string) bool { return s != "-" }) {
		t.Errorf("what isn't sealed is told as %q", got)
	} else if text, err := doc.json(); err != nil || !bytes.Contains(text, []byte(`"state": "DURABLE","size": null,"leaf": null,"proof": null`)) {
		t.Errorf("%s, %v", text, err)
	}
	if err := erasure.RecordEpoch(t.Context(), w.ledger, 2); err != nil {
		t.Fatal(err)
	}
	if err := w.views.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := column(t, w.generate(q), "keys", "olderCopiesDead"); slices.Contains(got, "-") {
		t.Errorf("older copies are not called dead after it ended: %q", got)
	}
	q.Size = before
	if _, err := Generate(t.Context(), w.source(), q); !errors.As(err, &no) || no.Rule != "report.erasure" {
		t.Errorf("as it was known before: %v", err)
	}
}
