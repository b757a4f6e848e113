package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"muniment/domain"
	"muniment/ledger"
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
		if err := r.place(ctx, b, g.Data, keys, js.Erasures); err != nil {
			return err
		}
	}
	lock.Close() // whoever comes in between finds RESTORING
	return c.finish(ctx, g, t, b, r, last)
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
	return h.ledger.Take(ctx, ledger.Own(), []*ledger.Submission{findingAs("restore/"+r.origin, finding, b.Taken)})[0].Err
}

func (c *restoreCmd) tell(t terminal, g *cli, b backup, r restoring, lost []vault.Lost) {
	fmt.Fprintf(t.out, "Restored %d events into %s, as they were on %s.\nTokens that were made since then are gone; those that were revoked stay so.\n", b.Next, g.Data, b.Taken)
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
