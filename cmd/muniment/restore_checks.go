package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"muniment/ledger/seal"
	"muniment/ledger/seal/witness"
	"muniment/ledger/vault"
)

// keys opens the keys directory and reports where it is older than the backup.
func (b backup) keys(ctx context.Context, path string) (d vault.KeysDir, js vault.Journals, err error) {
	if d, err = vault.OpenKeysDir(path, b.Ledger); err != nil {
		return d, js, err
	}
	if js, err = d.Journals(b.Ledger); err != nil {
		return d, js, err
	}
	if err := b.signedBy(d); err != nil {
		return d, js, err
	}
	epochs, err := d.Epochs()
	if err != nil {
		return d, js, err
	}
	if !slices.Contains(epochs, b.Epoch) {
		return d, js, fmt.Errorf("the backup %s is of key epoch %d, and the keys directory has only the root of epoch %d: the root of an epoch that ended was destroyed so that older copies stay shut. Take a backup of that epoch, with --from", b.path, b.Epoch, epochs[len(epochs)-1])
	}
	has, err := lookAtVault(ctx, b.file("vault.db"))
	if err == nil && (js.Erasures < has.Erasures || js.Suppressions < has.Suppressions) {
		err = fmt.Errorf("the keys directory %s is older than the backup: its journals name %d destroyed keys and %d entries of the list that blocks, and the backup knows of %d and %d. Bring back the newest copy of the keys directory", path, js.Erasures, js.Suppressions, has.Erasures, has.Suppressions)
	}
	return d, js, err
}

// target takes the new directory: empty, or with a restore of this backup in it that was cut off.
func (b backup) target(path string) (f *os.File, r restoring, err error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, r, fmt.Errorf("make data directory: %w: name one with --data that this user may make", err)
	}
	if f, err = lock(path); err != nil {
		return nil, r, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	r, begun, err := readRestoring(path)
	if err != nil {
		return f, r, err
	}
	if begun {
		if r.backup != b.digest {
			err = fmt.Errorf("a restore of another backup into %s was cut off: run that one again, or delete the directory", path)
		}
		return f, r, err
	}
	list, err := os.ReadDir(path)
	if err != nil {
		return f, r, fmt.Errorf("data directory: %w", err)
	}
	for _, there := range list {
		if name := there.Name(); name != lockFile && name != restoringFile+".new" {
			return f, r, fmt.Errorf("--data %s is not empty: restore into a new directory, and put it in the other's place when you have looked at it", path)
		}
	}
	return f, r, nil
}

// last is the last checkpoint of the log that is known.
type lastKnown struct {
	seal.Checkpoint
	body []byte // without signatures; nil when there is none
}

func (c *restoreCmd) lastCheckpoint(b backup, keys vault.KeysDir, t terminal) (l lastKnown, err error) {
	if b.Checkpoint == "" {
		return l, nil
	}
	signer, err := signerOf(b.Origin, keys)
	if err != nil {
		return l, err
	}
	if l.Checkpoint, l.body, err = signer.Signed([]byte(b.Checkpoint)); err != nil {
		return l, fmt.Errorf("the backup's last checkpoint: %w: bring the right key back from the keys' own backup", err)
	}
	if c.Checkpoint == "" {
		return l, nil
	}
	text, err := os.ReadFile(t.path(c.Checkpoint))
	if err != nil {
		return l, usage{fmt.Errorf("--checkpoint: %w", err)}
	}
	kept, body, err := signer.Signed(text)
	if err != nil {
		return l, usage{fmt.Errorf("--checkpoint %s: %w", c.Checkpoint, err)}
	}
	if kept.Size > l.Size {
		l = lastKnown{kept, body}
	}
	return l, nil
}

// decide finds out how long the log was, and goes on when nothing is lost, or when that is accepted.
func (c *restoreCmd) decide(ctx context.Context, b backup, keys vault.KeysDir, js vault.Journals, last lastKnown, t terminal) (r restoring, err error) {
	r.backup = b.digest
	known := b.Next
	var says []string
	longer := func(size int64, who string) {
		if size > b.Next {
			known, says = max(known, size), append(says, who)
		}
	}
	longer(js.Last+1, "the erasure journal names an erasure, strike or disposal")
	longer(c.MinSize, "--min-size says so")
	longer(last.Size, "a checkpoint covers it")
	mark, err := keys.Mark()
	if err != nil {
		return r, err
	}
	switch mark.Origin {
	case b.Origin:
		longer(mark.Size, "the keys directory says that so many were signed")
	case "":
	default:
		if !c.AcceptLostTail {
			return r, fmt.Errorf("the keys directory has signed for the log %s since, and this backup is of %s: take a newer backup with --from, or go on from this one under another name with --accept-lost-tail, which closes personal values until erasures are entered again", mark.Origin, b.Origin)
		}
	}
	if c.Policy != "" {
		seen, err := c.witnessed(ctx, b, keys, t)
		if err != nil {
			return r, err
		}
		longer(seen, "a witness has seen it")
	}
	if !c.AcceptLostTail {
		if known > b.Next {
			return r, fmt.Errorf("the backup ends with %d events, and there were at least %d (%s): its newest events are lost, and erasures may be among them. Take a newer backup with --from, or go on without them with --accept-lost-tail, which closes personal values until their erasures are entered again", b.Next, known, strings.Join(says, "; "))
		}
		return r, nil
	}
	r.known, r.origin = known, c.Origin
	if r.origin == "" {
		r.origin = b.Origin + "/" + strings.ToLower(rand.Text()[:8]) // no two restores may sign under one name
	}
	if r.origin == b.Origin {
		return r, usage{fmt.Errorf("--origin %s is the name of the log whose end is lost: name another", r.origin)}
	}
	if err := seal.CheckOrigin(r.origin); err != nil {
		return r, usage{fmt.Errorf("--origin: %w", err)}
	}
	return r, nil
}

// witnessed asks the witnesses how long the log was.
func (c *restoreCmd) witnessed(ctx context.Context, b backup, keys vault.KeysDir, t terminal) (int64, error) {
	text, err := os.ReadFile(t.path(c.Policy))
	if err != nil {
		return 0, usage{fmt.Errorf("--policy: %w", err)}
	}
	signer, err := signerOf(b.Origin, keys)
	if err != nil {
		return 0, err
	}
	p, err := witness.ParsePolicy(text, signer.VKeys()...)
	if err != nil {
		return 0, usage{fmt.Errorf("--policy %s: %w", c.Policy, err)}
	}
	signed, _, err := signer.Signed([]byte(b.Checkpoint))
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	size, away, err := witness.Seen(ctx, &http.Client{}, p, signed)
	if err != nil {
		return 0, fmt.Errorf("--policy %s: %w. Say the size yourself with --min-size, or try again", c.Policy, err)
	}
	if len(away) > 0 {
		fmt.Fprintf(t.err, "These witnesses could not be asked: %s\n", strings.Join(away, ", "))
	}
	return size, nil
}
