package main

import (
	"context"
	"errors"
	"fmt"

	"muniment/ledger/bundle"
	"muniment/ledger/erasure"
)

type keysCmd struct {
	Policy    keysPolicyCmd    `cmd:"" help:"Print the policy to pin: the log's public key, in C2SP tlog-policy form."`
	Rotate    keysRotateCmd    `cmd:"" help:"Begin a new key epoch and destroy the root of the one before."`
	AddLog    keysAddLogCmd    `cmd:"" help:"Have a new key sign the log, beside the one that does."`
	RetireLog keysRetireLogCmd `cmd:"" help:"Destroy the log key that the newer has taken over from."`
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
	return printPolicy(h, t)
}

func printPolicy(h *house, t terminal) error {
	text, err := h.policy()
	if err == nil {
		_, err = t.file().Write(text)
	}
	return err
}

// policy is what others pin of this log.
func (h *house) policy() ([]byte, error) {
	_, vkey, err := h.bundleKey()
	return fmt.Appendf(nil, "# The log %s\nlog %s\n#: bundle %s\nquorum none\n", h.seals.Origin(), h.seals.VKey(), vkey), err
}

// bundleKey is the key that signs what bundles say.
func (h *house) bundleKey() (key []byte, vkey string, err error) {
	if key, err = h.dir.keys.Secret("bundle"); err == nil {
		_, vkey, err = bundle.NewSigner(h.seals.Origin(), key)
	}
	return key, vkey, err
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

type keysAddLogCmd struct{}

// Help explains.
func (*keysAddLogCmd) Help() string {
	return `From now on every checkpoint bears two signatures, so that a policy with either key accepts it. Give the new
policy, which this prints, to everybody who pinned the old one, and to the witnesses; when all have
it, run muniment keys retire-log. The ledger keeps an event of both.

Example:
  muniment keys add-log > policy.txt`
}

func (*keysAddLogCmd) run(ctx context.Context, h *house, t terminal) error {
	if _, err := h.dir.keys.AddLogKey(); err != nil {
		return err
	}
	if err := h.dir.keys.AddRowKey(); err != nil {
		return err
	}
	if err := h.rekeyRows(); err != nil {
		return err
	}
	if err := h.rekey(ctx); err != nil {
		return err
	}
	return printPolicy(h, t)
}

type keysRetireLogCmd struct{}

// Help explains.
func (*keysRetireLogCmd) Help() string {
	return `The older of two log keys is overwritten and removed. Whoever still has its policy refuses the log from
now on, and so does a witness that knows only that key. Copies in backups are yours to destroy.

Example:
  muniment keys retire-log`
}

func (*keysRetireLogCmd) run(ctx context.Context, h *house, t terminal) error {
	numbers, err := h.dir.keys.LogKeyNumbers()
	if err != nil {
		return err
	}
	if len(numbers) < 2 {
		return errors.New("there is one log key only, and without it nothing can be sealed: let another take over first, with muniment keys add-log")
	}
	keys, err := h.dir.keys.LogKeys(false)
	if err != nil {
		return err
	}
	if err := h.seals.Rekey(keys[1:]...); err != nil { // before the old one is gone for good
		return err
	}
	if err := h.dir.keys.DestroyLogKey(numbers[0]); err != nil {
		return err
	}
	if err := h.rekey(ctx); err != nil {
		return err
	}
	if err := h.endRowKeys(ctx); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "log key %d was destroyed here; log key %d signs alone. Destroy the copies you keep of it elsewhere.\n", numbers[0], numbers[1])
	return nil
}

// endRowKeys has the newest row key alone vouch for what is kept from now on.
func (h *house) endRowKeys(ctx context.Context) error {
	next, err := h.ledger.Log.Next(ctx)
	if err != nil {
		return err
	}
	if err := h.dir.keys.EndRowKeys(next); err != nil {
		return err
	}
	return h.rekeyRows()
}
