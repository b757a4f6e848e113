package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muniment/domain"
	"muniment/ledger/seal/heads"
)

type epochCmd struct {
	Check    bool   `help:"Replay all epochs that were made since the last check, and say which are wrong."`
	Withdraw int64  `placeholder:"EVENT" default:"-1" help:"Say that the epoch at this event is wrong and counts no more, and make another. It can't be taken back."`
	Reason   string `placeholder:"REASON" help:"With --withdraw: DAMAGED_HEADS, FAULTY_BUILD or OTHER."`
	Login    string `placeholder:"LOGIN" help:"With --withdraw: who decides it."`
}

// Help explains.
func (*epochCmd) Help() string {
	return `serve makes an epoch every hour while there is something new, the first a minute after it starts. This makes one now, beside a running serve or without one:
for a proof that is to cover what was just kept.

serve replays its own epochs once a day, and says loudly when one isn't what the events give; --check does it now. A wrong one is
withdrawn by an event that everybody who replays the ledger sees: bundles and proofs that lean on it have to be made again.

Examples:
  muniment epoch
  muniment epoch --check
  muniment epoch --withdraw 4711 --reason DAMAGED_HEADS --login anna`
}

func (c *epochCmd) run(ctx context.Context, h *house, t terminal) error {
	if err := h.sealed(ctx); err != nil {
		return err
	}
	switch {
	case c.Check:
		return c.check(ctx, h, t)
	case c.Withdraw >= 0:
		return c.withdraw(ctx, h, t)
	case c.Reason != "" || c.Login != "":
		return usage{errors.New("--reason and --login go with --withdraw")}
	}
	e, err := h.epochs.Seal(ctx)
	if err != nil {
		return err
	}
	if e == nil {
		return fmt.Errorf("there is no event yet, so there is nothing to make an epoch of")
	}
	told(t, e)
	return nil
}

func told(t terminal, e *heads.Sealed) {
	fmt.Fprintf(t.out, "epoch at event %d: %d heads over %d events, root %x\n", e.Seq, e.Count, e.Size, e.Root[:])
}

func (c *epochCmd) check(ctx context.Context, h *house, t terminal) error {
	seen, err := h.checkEpochs(ctx)
	if err != nil {
		return err
	}
	if seen.Last == nil {
		fmt.Fprintln(t.out, "there is no epoch yet")
		return nil
	}
	fmt.Fprintf(t.out, "every epoch says what the events give, the last about %d events; %d withdrawn\n", seen.Last.Size, len(seen.Withdrawn))
	return nil
}

func (c *epochCmd) withdraw(ctx context.Context, h *house, t terminal) error {
	if reasons := domain.EpochReason("").Values(); !slices.Contains(reasons, c.Reason) {
		return usage{fmt.Errorf("--reason: expected one of %s", strings.Join(reasons, ", "))}
	}
	if c.Login == "" {
		return usage{errors.New("--withdraw needs --login: who decides it must be known")}
	}
	by, err := reading{Login: c.Login}.actor(ctx, h)
	if err != nil {
		return err
	}
	e, err := h.epochs.Withdraw(ctx, c.Withdraw, domain.EpochReason(c.Reason), by)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "the epoch at event %d is withdrawn\n", c.Withdraw)
	told(t, e)
	_, err = h.checkEpochs(ctx)
	return err
}
