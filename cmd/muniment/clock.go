package main

import (
	"context"
	"fmt"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

// maxJump is how far the wall clock may run ahead of the time that has passed since the start: what is kept
// with a wrong time stays so, and log time never goes back.
const maxJump = 5 * time.Minute

// maxBehind is how far a start may lie behind the newest event.
const maxBehind = 24 * time.Hour

// steady watches the clock from now on.
func steady(now func() time.Time) func() error {
	start := now()
	return func() error {
		at := now()
		return jumped(at.Round(0).Sub(start.Round(0)), at.Sub(start))
	}
}

// jumped compares what the wall clock says has passed with what has.
func jumped(wall, passed time.Duration) error {
	if ahead := wall - passed; ahead > maxJump {
		return &domain.Refusal{Code: domain.Unavailable, Rule: "clock.jumped",
			Message: fmt.Sprintf("the machine's clock jumped ahead by %s, so nothing is kept until somebody has looked: set it right, then start muniment again (after a standby of the machine, start it again)", ahead.Round(time.Second))}
	}
	return nil
}

// notBehind refuses to open a ledger whose newest event lies far ahead of the clock: one of both is wrong.
func notBehind(ctx context.Context, log ledger.Log, now time.Time) error {
	next, err := log.Next(ctx)
	if err != nil || next == 0 {
		return err
	}
	last, err := log.At(ctx, []int64{next - 1})
	if err != nil {
		return err
	}
	if ahead := last[0].LogTime.Std().Sub(now); ahead > maxBehind {
		return fmt.Errorf("the newest event was kept at %s, and the machine's clock says %s: set the clock right; if it was wrong when that event was kept, restore a backup from before", last[0].LogTime, domain.TimeOf(now))
	}
	return nil
}
