package main

import (
	"context"
	"fmt"
)

type epochCmd struct{}

// Help explains.
func (*epochCmd) Help() string {
	return `serve makes an epoch every hour while there is something new, the first a minute after it starts. This makes one now, beside a running serve or without one:
for a proof that is to cover what was just kept.

Example:
  muniment epoch`
}

func (epochCmd) run(ctx context.Context, h *house, t terminal) error {
	if err := h.sealed(ctx); err != nil {
		return err
	}
	e, err := h.epochs.Seal(ctx)
	if err != nil {
		return err
	}
	if e == nil {
		return fmt.Errorf("there is no event yet, so there is nothing to make an epoch of")
	}
	fmt.Fprintf(t.out, "epoch at event %d: %d heads over %d events, root %x\n", e.Seq, e.Count, e.Size, e.Root[:])
	return nil
}
