package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/seal/witness"
	"muniment/ledger/vault"
)

type restoreCmd struct {
	From            string `placeholder:"DIR" help:"A backup. It goes into --data, which must be new, with the keys of --keys."`
	Policy          string `placeholder:"FILE" help:"Ask the witnesses of this policy how many events they have seen."`
	MinSize         int64  `placeholder:"N" help:"How many events there were at least, from a checkpoint or receipt that you kept."`
	AcceptLostTail  bool   `help:"Go on although the newest events are lost. Nothing personal is shown until their erasures are entered again."`
	Checkpoint      string `placeholder:"FILE" help:"With --accept-lost-tail: the last checkpoint you kept, such as tiles/checkpoint of the lost directory."`
	Origin          string `placeholder:"NAME" help:"With --accept-lost-tail: the name under which the log goes on. Default: the old name and a random word."`
	ErasuresEntered bool   `help:"Say that every erasure among lost events was asked for again: personal values are shown from then on."`
	Case            string `help:"With --erasures-entered: where it is written down how they were found out."`
}

// Help explains.
func (*restoreCmd) Help() string {
	return `Compares every file of the backup with its manifest, puts them into a new directory, and destroys again what the
erasure journal beside the keys names, before anything is shown. Views and tiles are made anew. One that is cut off
is begun again by the same command; until it is done nothing is served from the directory.

Refused: a backup that is changed, incomplete, of another ledger or build; a keys directory that is older than it, or
of another key epoch; and, unless --accept-lost-tail, a backup that ends before an erasure that the journal names,
before what witnesses have seen (--policy), or before --min-size.

With --accept-lost-tail the log goes on under another name, and its first event commits to the last checkpoint of the old one:
the old name's log is over. Enter the erasures among the lost events again, then say so.

Examples:
  muniment restore --from /backup/2026-11-23 --data /srv/muniment --keys /etc/muniment/keys --policy policy.txt
  muniment restore --from /backup/2026-11-16 --data /srv/muniment --keys /etc/muniment/keys --accept-lost-tail
  muniment restore --erasures-entered --case SEC-2026-014 --data /srv/muniment --keys /etc/muniment/keys`
}

// restore puts a backup in place.
func (c *restoreCmd) restore(ctx context.Context, g *cli, t terminal) error {
	if c.From == "" {
		return usage{errors.New("restore: name a backup with --from DIR, or say --erasures-entered")}
	}
	if !c.AcceptLostTail && (c.Origin != "" || c.Checkpoint != "") {
		return usage{errors.New("--origin and --checkpoint go with --accept-lost-tail: a log that lost nothing goes on under its name")}
	}
	if kinds := g.stores.kinds(); kinds != (stores{}).kinds() {
		return usage{fmt.Errorf("restore puts files in place, and --ledger or --store name a server (%s): docs/backup.md says how it is done there", kinds)}
	}
	from := t.path(c.From)
	if err := apart("--from", from, map[string]string{"--data": g.Data, "--keys": g.Keys}); err != nil {
		return err
	}
	b, err := openBackup(from)
	if err != nil {
		return err
	}
	keys, js, err := b.keys(ctx, g.Keys)
	if err != nil {
		return err
	}
	lock, r, err := b.target(g.Data)
	if err != nil {
		return err
	}
	defer lock.Close()
	last, err := c.lastCheckpoint(b, keys, t)
	if err != nil {
		return err
	}
	if !r.placed {
		if r, err = c.decide(ctx, b, keys, js, last, t); err != nil {
			return err
		}
		if err := r.place(ctx, b, g.Data, js.Erasures); err != nil {
			return err
		}
	}
	lock.Close() // whoever comes in between finds RESTORING
	return c.finish(ctx, g, t, b, r, last)
}

// keys opens the keys directory and reports where it is older than the backup.
func (b backup) keys(ctx context.Context, path string) (d vault.KeysDir, js vault.Journals, err error) {
	if d, err = vault.OpenKeysDir(path, b.Ledger); err != nil {
		return d, js, err
	}
	if js, err = d.Journals(b.Ledger); err != nil {
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
	known, says := b.Next, ""
	longer := func(size int64, who string) {
		if size > known {
			known, says = size, who
		}
	}
	longer(js.Last+1, "the erasure journal names an erasure")
	longer(c.MinSize, "--min-size says so")
	longer(last.Size, "a checkpoint covers it")
	if c.Policy != "" {
		seen, err := c.witnessed(ctx, b, keys, t)
		if err != nil {
			return r, err
		}
		longer(seen, "a witness has seen it")
	}
	if !c.AcceptLostTail {
		if known > b.Next {
			return r, fmt.Errorf("the backup ends with %d events, and there were at least %d (%s): its newest events are lost, and erasures may be among them. Take a newer backup with --from, or go on without them with --accept-lost-tail, which closes personal values until their erasures are entered again", b.Next, known, says)
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

// finish opens what was placed, which has erased again what the journal names, keeps what was lost as
// an incident, and lets the directory be used.
func (c *restoreCmd) finish(ctx context.Context, g *cli, t terminal, b backup, r restoring, last lastKnown) error {
	h, err := openHouse(ctx, houseConfig{Data: g.Data, Keys: g.Keys, Log: newLogger(t.err, true, true), Now: time.Now, Restoring: true})
	if err != nil {
		return err
	}
	defer h.Close()
	var lost []vault.Lost
	err = h.following(ctx, func(ctx context.Context) (err error) {
		if r.known > 0 {
			if err := h.keepLoss(ctx, b, r, last); err != nil {
				return err
			}
			lost, err = h.vault.Lost(ctx)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := h.Close(); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(g.Data, restoringFile)); err != nil {
		return err
	}
	if err := syncDirectory(g.Data); err != nil {
		return err
	}
	c.tell(t, g, b, r, lost)
	return nil
}

// keepLoss keeps that the newest events are lost, once: in the vault's stream, where it commits to the
// old log's last checkpoint, and as a finding for somebody to look into.
func (h *house) keepLoss(ctx context.Context, b backup, r restoring, last lastKnown) error {
	e := domain.TailLost{Next: b.Next, Known: r.known, Size: last.Size, Backup: b.digest}
	if last.body != nil {
		e.Checkpoint = fmt.Sprintf("%x", sha256.Sum256(last.body))
	}
	_, err := ledger.Do(ctx, h.ledger, ledger.Command{
		Name: "loseTail", Stream: domain.Stream{Noun: "vault", ID: h.dir.id}, Key: r.origin, Principal: "restore", Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "muniment", Actor: commandLine},
	}, domain.KeyVault.Apply, func(domain.KeyVault, domain.Time) ([]domain.Event, *domain.Refusal) { return []domain.Event{e}, nil })
	if err != nil {
		return err
	}
	finding := domain.FindingRaised{Finding: "LOG_TAIL_LOST", Position: b.Next}
	return h.ledger.Take(ctx, []*ledger.Submission{findingAs("restore/"+r.origin, finding, b.Taken)})[0].Err
}

func (c *restoreCmd) tell(t terminal, g *cli, b backup, r restoring, lost []vault.Lost) {
	fmt.Fprintf(t.out, "Restored %d events into %s, as they were on %s.\nTokens that were revoked since then are good again: revoke them, with muniment token.\n", b.Next, g.Data, b.Taken)
	switch {
	case r.known > 0:
		fmt.Fprintf(t.out, "\nTHE NEWEST EVENTS ARE LOST (there were at least %d). Personal values stay closed until every erasure among them is asked for\nagain and somebody says so:\n  muniment restore --erasures-entered --case …\nThe log goes on as %s: give its policy (muniment keys policy) to whoever checks it.\n", r.known, r.origin)
		for _, l := range lost {
			fmt.Fprintf(t.out, "  keys were destroyed of subject-%s of tenant-%s, and why is lost\n", l.Subject, l.Tenant)
		}
	case c.Policy == "" && c.MinSize == 0:
		fmt.Fprint(t.out, "Nobody outside was asked how long the log was (--policy, --min-size). If anything was kept after this backup, restore it\nanew with --accept-lost-tail before you use it.\n")
	}
}

// run says that lost erasures were entered again.
func (c *restoreCmd) run(ctx context.Context, h *house, t terminal) error {
	_, err := ledger.Do(ctx, h.ledger, ledger.Command{
		Name: "enterErasures", Stream: domain.Stream{Noun: "vault", ID: h.dir.id}, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "cli", Actor: commandLine},
	}, domain.KeyVault.Apply, func(v domain.KeyVault, _ domain.Time) ([]domain.Event, *domain.Refusal) {
		return v.Enter(domain.ErasuresEntered{Case: c.Case})
	})
	if err != nil {
		return flagged(err)
	}
	if err := h.vault.CatchUp(ctx, h.ledger.Log); err != nil {
		return err
	}
	fmt.Fprintln(t.out, "Personal values are shown again. The finding LOG_TAIL_LOST stays open until somebody closes it.")
	return nil
}
