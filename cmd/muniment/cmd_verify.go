package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/bundle"
	"muniment/ledger/seal"
	"muniment/ledger/seal/verify"
	"muniment/ledger/vault"
	"muniment/projections/report"
)

type verifyCmd struct {
	Policy            string        `type:"path" placeholder:"FILE" help:"Pinned policy (C2SP tlog-policy): the log's key, witnesses, quorum."`
	Key               string        `placeholder:"VKEY" help:"Instead of a policy: the log's public key alone, as muniment keys policy prints it."`
	MinSize           int64         `placeholder:"N" help:"Refuse a log with less events than were seen before."`
	MaxAge            time.Duration `placeholder:"D" help:"Refuse a checkpoint that no witness has signed for so long, such as 24h."`
	Replayed          []string      `type:"path" placeholder:"FILE" help:"Note of a replayer that the policy names (line #: replayer NAME VKEY): who vouches that nobody's head lacks an event. May be given more than once."`
	AcceptUnwitnessed bool          `help:"Exit 0 though no witness is demanded."`
	Report            string        `type:"path" placeholder:"FILE" help:"Of a bundle: write a page for people, made of nothing but what was checked, once all of it holds."`
	Token             string        `placeholder:"TOKEN" help:"URL: an auditor's token, so that entries are read, too. Better as MUNIMENT_TOKEN, so that it is in no list of processes."`
	Log               string        `arg:"" name:"BUNDLE.zip|DIR|URL" env:"MUNIMENT_LOG" help:"A bundle, a data directory, or where a log is served. A URL with a password only in MUNIMENT_LOG."`
}

// Help shows examples.
func (*verifyCmd) Help() string {
	return `Reads everything again: signatures, every tile, every event, every epoch. The policy (or key) must come from elsewhere than
from the log. A line for each check that holds; the first that doesn't is named, and the exit code is 1. Four lines at the end say
what it comes to: intact, complete (and on whose word), fresh, unforked.

Examples:
  muniment verify ./muniment-data --policy pinned.txt
  muniment verify https://ledger.example.com --policy pinned.txt --max-age 24h
  muniment verify ./muniment-data --key ledger.example.com+12345678+AY… --accept-unwitnessed`
}

func (c *verifyCmd) demands(t terminal) (d verify.Demands, err error) {
	d = verify.Demands{MinSize: c.MinSize, MaxAge: c.MaxAge, Now: time.Now(), AcceptUnwitnessed: c.AcceptUnwitnessed}
	switch {
	case (c.Policy == "") == (c.Key == ""):
		return d, usage{errors.New("verify: name what you trust, with --policy FILE or with --key VKEY")}
	case c.Key != "":
		d.Policy = verify.KeyPolicy(c.Key)
	default:
		if d.Policy, err = os.ReadFile(t.path(c.Policy)); err != nil {
			return d, usage{fmt.Errorf("--policy: %w", err)}
		}
	}
	for _, file := range c.Replayed {
		text, err := os.ReadFile(t.path(file))
		if err != nil {
			return d, usage{fmt.Errorf("--replayed: %w", err)}
		}
		d.Replayed = append(d.Replayed, text)
	}
	return d, nil
}

func isURL(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

// verify checks a URL or a directory; of a running serve's directory, that serve reads its own files.
func (c *verifyCmd) verify(ctx context.Context, g *cli, args []string, t terminal) error {
	d, err := c.demands(t)
	if err != nil {
		return err
	}
	if isURL(c.Log) {
		return verify.Log(ctx, verify.Served{URL: c.Log, Token: c.Token, Client: &http.Client{}}, d, t.out)
	}
	if info, err := os.Stat(t.path(c.Log)); err == nil && info.Mode().IsRegular() {
		if c.Report != "" {
			d.Page = func(m *bundle.Manifest, events []*bundle.Event) error { return writePage(t.path(c.Report), m, events) }
		}
		return verifyFile(t.path(c.Log), info.Size(), d, t)
	}
	if c.Report != "" {
		return usage{errors.New("--report: only a bundle is shown as a page")}
	}
	if g.Keys == defaultKeys(g.Data) { // nobody named one
		g.Keys = defaultKeys(t.path(c.Log))
	}
	g.Data = t.path(c.Log)
	if done, err := remote(ctx, g, args, t); done {
		return err
	}
	if err := unfinished(g.Data); err != nil {
		return err
	}
	h := &house{stores: g.stores, log: newLogger(t.err, g.Quiet, true), now: time.Now}
	defer h.Close()
	kept, err := h.openKept(ctx, g.Data)
	if err != nil {
		return err
	}
	if d.Marked, err = h.marked(g.Keys); err != nil {
		return err
	}
	return verify.Log(ctx, kept, d, t.out)
}

// marked is what the keys directory says was signed, where there is one: whoever has the data alone can't ask.
func (h *house) marked(path string) (t tlog.Tree, err error) {
	if _, err := os.Stat(path); err != nil {
		return t, nil
	}
	keys, err := vault.OpenKeysDir(path, h.dir.id)
	if errors.Is(err, fs.ErrPermission) { // nor can whoever may not read it
		return t, nil
	}
	if err != nil {
		return t, err
	}
	m, err := keys.Mark()
	return tlog.Tree{N: m.Size, Hash: m.Root}, err
}

// openKept opens a directory's log and seals, for those who need none of its keys.
func (h *house) openKept(ctx context.Context, path string) (_ *verify.Kept, err error) {
	if h.dir, err = openWithoutKeys(path, h.stores); err != nil {
		return nil, err
	}
	h.closers = append(h.closers, h.dir.Close)
	if err := h.lease(ctx); err != nil {
		return nil, err
	}
	log, err := h.logToRead(ctx)
	if err != nil {
		return nil, err
	}
	db, err := h.databaseToRead(ctx, "seal")
	if err != nil {
		return nil, err
	}
	last, err := seal.LastCheckpoint(ctx, db)
	return &verify.Kept{Log: log, Tiles: h.tiles(), Last: last}, err
}

// verifyFile checks a bundle: nothing but the file is needed, and nothing is asked.
func verifyFile(path string, size int64, d verify.Demands, t terminal) error {
	if size > bundle.MaxSize {
		return fmt.Errorf("%s has %d bytes, more than any bundle has", path, size)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return verify.Bundle(text, d, t.out)
}

func writePage(path string, m *bundle.Manifest, events []*bundle.Event) error {
	page, err := report.Bundle(m, events)
	if err == nil {
		err = os.WriteFile(path, page, 0o600)
	}
	return err
}

// run verifies the directory of the serve that runs.
func (c *verifyCmd) run(ctx context.Context, h *house, t terminal) error {
	d, err := c.demands(t)
	if err != nil {
		return err
	}
	return verify.Log(ctx, &verify.Kept{Log: h.ledger.Log, Tiles: h.tiles(), Last: h.seals.Checkpoint().Text, Live: true}, d, t.out)
}

func (h *house) tiles() seal.Tiles { return seal.Tiles(filepath.Join(h.dir.path, tilesDir)) }
