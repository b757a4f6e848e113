package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/eventstore"
)

// incidents makes findings of what an engine's log has noticed: the engine writes an incident down
// when it meets it, here it goes into the ledger, once, whenever the log takes events.
type incidents struct {
	log     *eventstore.Log
	noticed chan struct{} // at least one since the last look
}

// tell is called by the engine's sequencer, which must not wait for an append to its own log.
func (i *incidents) tell() {
	select {
	case i.noticed <- struct{}{}:
	default:
	}
}

// watch raises findings until ctx ends.
func (h *house) watch(ctx context.Context) error {
	if h.incidents == nil {
		return nil
	}
	for {
		if err := h.raise(ctx); err != nil && ctx.Err() == nil {
			h.log.WithField("error", err.Error()).Error("an incident of the log can't be kept as a finding; it is tried again")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-h.incidents.noticed:
		case <-time.After(time.Minute):
		}
	}
}

// raise keeps a finding for each incident; those that were kept before are duplicates.
func (h *house) raise(ctx context.Context) error {
	all, err := h.incidents.log.Incidents(ctx)
	if err != nil {
		return err
	}
	var findings []*ledger.Submission
	for _, i := range all {
		findings = append(findings, findingOf(i))
	}
	for _, o := range h.ledger.Take(ctx, ledger.Own(), findings) {
		err = cmp.Or(err, o.Err)
	}
	return err
}

func findingOf(i eventstore.Incident) *ledger.Submission {
	e := domain.FindingRaised{Finding: domain.FindingKind("LOG_" + strings.ToUpper(i.Kind)), Place: i.Stream, Position: max(i.Commit, 0)}
	if domain.Reasons["reference"].Check(e.Place) != nil {
		e.Place = "" // with a long name for the log it is longer than a reference may be
	}
	return findingAs(fmt.Sprintf("incident/%s/%d/%d/%s", i.Kind, i.Commit, i.Prepare, i.Stream), e, i.Noticed)
}

// findingAs is a finding under an id of its own: raised again, it is a duplicate.
func findingAs(id string, e domain.FindingRaised, at domain.Time) *ledger.Submission {
	return &ledger.Submission{Source: "muniment", SourceID: id, Tenant: domain.Operator, Event: e, Occurred: domain.At(at),
		Stream: ledger.StreamRef{ID: id, At: at}, Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.System}}}
}

// raiseOnce raises a finding once for ever: its stream and event follow from who found what.
func raiseOnce(ctx context.Context, l *ledger.Ledger, who, what string, e domain.FindingRaised) error {
	naming, err := l.Vault.NamingKey(ctx, domain.Operator)
	if err != nil {
		return err
	}
	_, err = ledger.Do(ctx, l, ledger.Command{
		Name: "raiseFinding", Stream: domain.Stream{Noun: "finding", ID: domain.KeyedID(naming, who, what, "stream/finding", 0)}, Key: what, Principal: who,
		Input:    map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "muniment", Actor: domain.Actor{Kind: domain.System}},
	}, domain.Finding.Apply, func(domain.Finding, domain.Time) ([]domain.Event, *domain.Refusal) { return []domain.Event{e}, nil })
	return err
}
