package main

import (
	"context"
	"fmt"
)

type keysCmd struct {
	Policy keysPolicyCmd `cmd:"" help:"Print the policy to pin: the log's public key, in C2SP tlog-policy form."`
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
