package main

import (
	"context"
	"fmt"

	"muniment/ledger/erasure"
)

type keysCmd struct {
	Policy keysPolicyCmd `cmd:"" help:"Print the policy to pin: the log's public key, in C2SP tlog-policy form."`
	Rotate keysRotateCmd `cmd:"" help:"Begin a new key epoch and destroy the root of the one before."`
}

type keysPolicyCmd struct{}

// Help explains.
func (*keysPolicyCmd) Help() string {
	return `Give it to whoever is to check this log, by a way they trust; add witnesses and a quorum to it.

Examples:
  muniment keys policy > policy.txt
  muniment verify ./muniment-data --policy policy.txt`
}

func (keysPolicyCmd) run(_ context.Context, h *house, t terminal) error {
	fmt.Fprintf(t.out, "# The log %s\nlog %s\nquorum none\n", h.seals.Origin(), h.seals.VKey())
	return nil
}

type keysRotateCmd struct{}

// Help explains.
func (*keysRotateCmd) Help() string {
	return `Every key above a person's own is made or wrapped anew, then the old root is overwritten and removed
from the keys directory. From then on older copies of the vault open nothing, so what was erased
in that epoch is gone from them too. Run it weekly, beside a running serve or without one; one
that is cut off is finished at the next start.

Copies of the keys directory, in backups or escrow, are yours to destroy.

Example:
  muniment keys rotate`
}

func (*keysRotateCmd) run(ctx context.Context, h *house, t terminal) error {
	r, err := h.vault.Rotate(ctx)
	if err != nil {
		return err
	}
	if err := erasure.RecordEpoch(ctx, h.ledger, r.To); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "key epoch %d began; the root of epoch %d was destroyed here. Destroy the copies you keep of it elsewhere.\n", r.To, r.From)
	return nil
}
