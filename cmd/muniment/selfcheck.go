package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"muniment/domain"
	"muniment/ledger/monitor"
	"muniment/ledger/seal/epochs"
	"muniment/ledger/seal/heads"
	"muniment/ledger/seal/verify"
	"muniment/ledger/sqldb"
)

// Serve watches itself as a stranger would: with heads that it counts a second time, from the events, in a
// directory of their own. That is derived: deleted, the next check reads everything.
const (
	selfCheckDir   = "selfcheck"
	selfCheckFirst = 10 * time.Minute
	selfCheckEvery = 24 * time.Hour
)

// replaying replays our own epochs, each day, until ctx ends.
func (h *house) replaying(ctx context.Context) error {
	next := time.NewTimer(selfCheckFirst)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-next.C:
			next.Reset(selfCheckEvery)
		}
		var lie verify.Lie
		if _, err := h.checkEpochs(ctx); err != nil && ctx.Err() == nil && !errors.As(err, &lie) {
			h.log.WithField("error", err.Error()).Error("our own epochs could not be replayed; it is tried again tomorrow; muniment epoch --check does it now")
		}
	}
}

// checkEpochs replays what came since the last check, and compares each epoch. What an epoch says otherwise than the
// events is a finding, and readyz says that something isn't sound until it is withdrawn and a check has seen it.
func (h *house) checkEpochs(ctx context.Context) (monitor.Seen, error) {
	h.replay.Lock()
	defer h.replay.Unlock()
	seen, err := h.lookAtOurselves(ctx)
	var lie verify.Lie
	switch {
	case errors.As(err, &lie):
		h.log.WithField("error", err.Error()).Error("our own replay finds something else than our epochs say: withdraw the wrong one with muniment epoch --withdraw")
		h.health.set(sound, "epochs", "an epoch says something else than the events give: see the findings")
		var wrong heads.Lie
		errors.As(err, &wrong)
		return seen, errors.Join(err, raiseOnce(ctx, h.ledger, "epochs", fmt.Sprintf("EPOCH_WRONG/%d", wrong.Seq), domain.FindingRaised{Finding: "EPOCH_WRONG", Position: wrong.Seq}))
	case err == nil:
		h.health.set(sound, "epochs", "")
	}
	return seen, err
}

// lookAtOurselves goes on where the last check ended; where that can't be read any more, it begins anew.
func (h *house) lookAtOurselves(ctx context.Context) (seen monitor.Seen, err error) {
	dir := filepath.Join(h.dir.path, selfCheckDir)
	for range 2 {
		var lie verify.Lie
		if seen, err = h.lookFrom(ctx, dir); err == nil || ctx.Err() != nil || errors.As(err, &lie) {
			return seen, err
		}
		if err := os.RemoveAll(dir); err != nil {
			return seen, err
		}
	}
	return seen, err
}

func (h *house) lookFrom(ctx context.Context, dir string) (seen monitor.Seen, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return seen, err
	}
	db, err := sqldb.OpenSQLite(ctx, filepath.Join(dir, "heads.db"), sqldb.Options{})
	if err != nil {
		return seen, err
	}
	defer db.Close()
	store, err := epochs.Open(ctx, db)
	if err != nil {
		return seen, err
	}
	policy, err := h.policy()
	if err != nil {
		return seen, err
	}
	m := &monitor.Monitor{Demands: verify.Demands{Policy: policy}, Dir: dir, Heads: store}
	return m.Look(ctx, &verify.Kept{Log: h.ledger.Log, Tiles: h.tiles(), Last: h.seals.Checkpoint().Text, Live: true}, true)
}
