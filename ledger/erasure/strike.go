package erasure

import (
	"context"
	"errors"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/vault"
)

// strike removes the payload of an event, in steps that may be repeated:
//
//	approved     in the log, by a second person
//	noted        in the journal beside the root: an older copy of the log has the payload back
//	removed      a stub in its place, which holds what the leaf commits to; the claim digest blank
//	restated     views show the event as the log has it now        → strike.completed
func (p *Process) strike(ctx context.Context, o vault.Order) error {
	r, err := p.find(ctx, o.Entity)
	if err == nil && r == nil {
		err = errors.New("the log has no such event")
	}
	if err != nil {
		return err
	}
	if err := p.Keys.NoteStrike(ctx, o); err != nil {
		return err
	}
	p.step("strike noted")
	done, err := p.remove(ctx, o.Entity, *r)
	if err != nil {
		return err
	}
	if err := p.keep(ctx, o, "struck", done); err != nil {
		return err
	}
	p.step("strike.completed kept")
	return nil
}

// find is the record of an event by its id, nil when the log has none.
func (p *Process) find(ctx context.Context, event domain.ID) (*ledger.Record, error) {
	placed, err := p.Ledger.Log.Prior(ctx, []ledger.Key{{ID: event}})
	if err != nil || placed[0].Seq < 0 {
		return nil, err
	}
	records, err := p.Ledger.Log.At(ctx, []int64{placed[0].Seq})
	if err != nil {
		return nil, err
	}
	return &records[0], nil
}

// remove takes the payload out of the log, and what was made of it out of the views.
func (p *Process) remove(ctx context.Context, event domain.ID, r ledger.Record) (done domain.StrikeCompleted, err error) {
	log, ok := p.Ledger.Log.(ledger.Striker)
	if !ok {
		return done, fmt.Errorf("event %d: this log's engine can't remove a payload: docs/erasure.md says how it is done there", r.Seq)
	}
	pay, err := seal.PayloadCommitment(r.Payload)
	if err != nil {
		return done, fmt.Errorf("event %d: %w", r.Seq, err)
	}
	done = domain.StrikeCompleted{Event: event, Position: r.Seq}
	if done.Final, err = log.Strike(ctx, ledger.Removal{At: ledger.Key{Stream: r.Stream, ID: event}, Stub: ledger.Stub(pay)}); err != nil {
		return done, err
	}
	p.step("payload removed")
	if err := p.Views.CatchUp(ctx); err != nil {
		return done, err
	}
	err = p.Views.Restate(ctx, r)
	p.step("views restated")
	return done, err
}

// strikeAgain removes what the journal says was struck and an older copy of the log brought back. Where
// the events that told of it are lost, too, it is told anew.
func (p *Process) strikeAgain(ctx context.Context) error {
	for _, event := range p.Keys.Strikes() {
		if err := p.struckAgain(ctx, event); err != nil {
			return fmt.Errorf("strike event %s again: %w", event, err)
		}
	}
	return nil
}

func (p *Process) struckAgain(ctx context.Context, event domain.ID) error {
	r, err := p.find(ctx, event)
	if err != nil || r == nil {
		return err
	}
	stream := domain.Stream{Noun: "strike", ID: event}
	history, err := p.Ledger.History(ctx, stream)
	if err != nil {
		return err
	}
	var s domain.Strike
	for _, k := range history {
		s = s.Apply(k)
	}
	told := s.Status == domain.StrikeDone
	if _, struck := ledger.Struck(r.Payload); struck && told {
		return nil
	}
	done, err := p.remove(ctx, event, *r)
	if err != nil || told {
		return err
	}
	e, err := domain.ParseEnvelope(r.Envelope)
	if err != nil {
		return err
	}
	_, err = p.Ledger.Once(ctx, ledger.Command{Name: "strike", Stream: stream, Key: event.String() + "/again", Principal: principal, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: e.Tenant, Source: "muniment", Actor: domain.Actor{Kind: domain.System}}}, done)
	return err
}
