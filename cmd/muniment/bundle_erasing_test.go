package main

import (
	"io"
	"path/filepath"
	"testing"
	"time"

	"muniment/domain"
	"muniment/graphql"
	"muniment/ledger"
	"muniment/ledger/bundle"
	"muniment/ledger/seal/verify"
)

// TestBundleAfterErasures: given an erasure that was ordered a moment ago and that nobody has carried out yet, when a
// bundle of that person is asked for, then it waits: it opens nothing, says who erased
// what, and holds.
func TestBundleAfterErasures(t *testing.T) {
	f := &flips{t: t, dir: homeOf(t).dir, tenant: domain.NewID(), now: time.Now().Truncate(time.Second)}
	f.clean = filepath.Join(f.dir, "ledger")
	f.filled()
	h, err := f.open(f.clean)
	must(t, err)
	defer h.Close()
	_, err = ledger.Do(t.Context(), h.ledger, ledger.Command{Name: "test", Stream: domain.Stream{Noun: "subject", ID: f.caller}, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: f.tenant, Source: "test", Actor: domain.Actor{Kind: domain.Person, Role: "DPO"}, Subjects: []domain.SubjectRef{{ID: f.caller, Capacity: domain.Processor}}}},
		domain.Subject.Apply, func(s domain.Subject, _ domain.Time) ([]domain.Event, *domain.Refusal) {
			return s.Erase(domain.ErasureRequested{Ground: "OBJECTED", Case: "DSR-2026-014"})
		})
	must(t, err)
	must(t, h.vault.CatchUp(t.Context(), h.ledger.Log))
	if pending, err := h.vault.Orders(t.Context()); err != nil || len(pending) != 1 {
		t.Fatalf("%d orders are open (%v)", len(pending), err)
	}
	reading := ledger.Reading{Actor: domain.Actor{Kind: domain.Person, ID: domain.ID{9}, Role: "DPO"}, Source: "test", Purpose: "AUDIT", Case: "AUD-1"}
	made, err := h.bundle(t.Context(), graphql.BundleWanted{Question: bundle.Question{Of: bundle.OfSubject, Tenant: f.tenant, Subject: f.caller}, Reading: &reading, Most: 1000, By: domain.Envelope{Actor: commandLine, Source: "cli"}})
	must(t, err)
	if c := made.Manifest.Counts; c.Opened != 0 || c.Erased < 40 { // a box in each of her calls
		t.Errorf("%+v", c)
	}
	policy, err := h.policy()
	must(t, err)
	must(t, verify.Bundle(made.Bytes, verify.Demands{Policy: policy, Now: f.now, AcceptUnwitnessed: true}, io.Discard))
}
