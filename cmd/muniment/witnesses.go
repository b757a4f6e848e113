package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"

	"muniment/domain"
	"muniment/ledger/seal/heads"
	"muniment/ledger/seal/witness"
)

// witnesses reads --policy: who is to sign checkpoints, nil for nobody, and whose notes are taken.
func (c *serveCmd) witnesses(ctx context.Context, h *house) (*witness.Feed, error) {
	if c.Policy == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.Policy)
	if err != nil {
		return nil, fmt.Errorf("--policy: %w", err)
	}
	ours, err := heads.ReadPolicy(text)
	if err != nil {
		return nil, fmt.Errorf("--policy %s: %w", c.Policy, err)
	}
	h.replayers = ours.Replayers
	p, err := witness.ParsePolicy(text, h.seals.Signer().VKeys()...)
	if errors.Is(err, witness.ErrNobody) && len(ours.Replayers) > 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("--policy %s: %w", c.Policy, err)
	}
	a := alarms{house: h, raised: map[witness.Alarm]bool{}}
	return &witness.Feed{Sealer: h.seals, Policy: p, Client: &http.Client{}, Alarm: func(found witness.Alarm) { a.raise(ctx, found) },
		Warn: func(what string, err error) { h.log.WithField("error", err.Error()).Warn(what) }}, nil
}

// alarms makes findings of what witnesses found: each once, though a witness says it again whenever it
// is asked.
type alarms struct {
	*house
	mu     sync.Mutex
	raised map[witness.Alarm]bool
}

func (a *alarms) raise(ctx context.Context, found witness.Alarm) {
	a.mu.Lock()
	defer a.mu.Unlock()
	once := found
	once.Size = 0
	if a.raised[once] {
		return
	}
	a.log.WithField("error", found.Error()).Error("a witness has seen another log: see the findings")
	e := domain.FindingRaised{Finding: domain.FindingKind(found.Kind), Place: found.Witness, Position: found.Seen}
	if domain.Reasons["reference"].Check(e.Place) != nil {
		e.Place = ""
	}
	if err := raiseOnce(ctx, a.ledger, "witness", fmt.Sprintf("%s/%s/%d", found.Witness, found.Kind, found.Seen), e); err != nil {
		a.log.WithField("error", err.Error()).Error("what a witness found can't be kept as a finding; it is tried again")
		return
	}
	a.raised[once] = true
}
