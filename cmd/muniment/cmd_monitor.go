package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"muniment/ledger/monitor"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
	"muniment/ledger/seal/verify"
	"muniment/ledger/sqldb"
	"muniment/ledger/vault"
)

type monitorCmd struct {
	Policy string        `type:"path" placeholder:"FILE" help:"Pinned policy (C2SP tlog-policy): the log's key, witnesses, quorum."`
	State  string        `type:"path" placeholder:"DIR" help:"Where the monitor remembers what it saw, between two looks and two runs. Its own, made at first use."`
	Token  string        `placeholder:"TOKEN" help:"URL: an auditor's token, so that entries can be read. Better as MUNIMENT_TOKEN, so that it is in no list of processes."`
	Sign   string        `type:"path" placeholder:"FILE" help:"The monitor's own key: write a signed note of what was replayed to STATE/replayed."`
	Submit bool          `help:"URL: hand the signed note to the ledger, which shows it at /replayed/NAME when its policy names this replayer."`
	Every  time.Duration `default:"1m" placeholder:"D" help:"How long to wait between two looks."`
	Once   bool          `help:"Look once, and end."`
	NewKey string        `placeholder:"NAME" help:"Make a key under this name, such as auditor.example.org, in FILE, and print the line for policies."`
	Log    string        `arg:"" name:"URL|DIR|FILE" env:"MUNIMENT_LOG" help:"Where a log is served, or a data directory that nothing serves; with --new-key the file to make. A URL with a password only in MUNIMENT_LOG."`
}

// Help explains.
func (*monitorCmd) Help() string {
	return `Runs anywhere and needs none of the ledger's keys. It reads what is new, checks that it continues what it saw before, counts each
tenant's and subject's events itself, and compares every epoch with that. What the ledger tells otherwise is named, at every look
again, and the exit code is 1. A signed note says how far it replayed; muniment verify --replayed takes it.

Examples:
  muniment monitor --new-key auditor.example.org auditor.key
  muniment monitor https://ledger.example.com --policy pinned.txt --state ./seen --sign auditor.key
  muniment monitor ./muniment-data --policy pinned.txt --state ./seen --once`
}

func (c *monitorCmd) alone(ctx context.Context, g *cli, t terminal) error {
	if c.NewKey != "" {
		return c.makeKey(t)
	}
	if c.Policy == "" || c.State == "" {
		return usage{errors.New("monitor: name what you trust with --policy FILE, and where to remember with --state DIR")}
	}
	policy, err := os.ReadFile(t.path(c.Policy))
	if err != nil {
		return usage{fmt.Errorf("--policy: %w", err)}
	}
	var signer note.Signer
	if c.Submit && (c.Sign == "" || !isURL(c.Log)) {
		return usage{errors.New("monitor: --submit hands a note that is signed (--sign FILE) to a ledger behind a URL")}
	}
	if c.Sign != "" {
		if signer, err = readSigner(t.path(c.Sign)); err != nil {
			return usage{fmt.Errorf("--sign: %w", err)}
		}
	}
	dir := t.path(c.State)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	held, err := lock(dir)
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	defer held.Close()
	db, err := sqldb.OpenSQLite(ctx, filepath.Join(dir, "heads.db"), sqldb.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	store, err := epochs.Open(ctx, db)
	if err != nil {
		return err
	}
	m := &monitor.Monitor{Demands: verify.Demands{Policy: policy}, Dir: dir, Heads: store}
	return c.watch(ctx, g, t, m, signer)
}

// watch looks until ctx ends, or once.
func (c *monitorCmd) watch(ctx context.Context, g *cli, t terminal, m *monitor.Monitor, signer note.Signer) error {
	for {
		err := c.look(ctx, g, t, m, signer)
		if c.Once || ctx.Err() != nil && err == nil {
			return err
		}
		var lie verify.Lie
		switch {
		case errors.As(err, &lie):
			fmt.Fprintf(t.err, "ALARM: %s\n", err)
		case err != nil && ctx.Err() == nil:
			fmt.Fprintf(t.err, "could not look: %s; it is tried again\n", err)
		}
		select {
		case <-ctx.Done():
			if errors.As(err, &lie) {
				return err
			}
			return nil
		case <-time.After(c.Every):
		}
	}
}

func (c *monitorCmd) look(ctx context.Context, g *cli, t terminal, m *monitor.Monitor, signer note.Signer) error {
	if isURL(c.Log) {
		return c.tell(ctx, t, m, signer, verify.Served{URL: c.Log, Token: c.Token, Client: &http.Client{}}, false)
	}
	h := &house{stores: g.stores, log: newLogger(t.err, g.Quiet, true), now: time.Now}
	defer h.Close()
	kept, err := h.openKept(ctx, t.path(c.Log))
	if err != nil {
		return err
	}
	return c.tell(ctx, t, m, signer, kept, true)
}

// tell looks, says what was found, and signs it.
func (c *monitorCmd) tell(ctx context.Context, t terminal, m *monitor.Monitor, signer note.Signer, s verify.Source, bodies bool) error {
	seen, err := m.Look(ctx, s, bodies)
	if errors.Is(err, verify.ErrWithheld) {
		return fmt.Errorf("%w: give an auditor's token in MUNIMENT_TOKEN", err)
	}
	if err != nil {
		return err
	}
	switch {
	case seen.First:
		fmt.Fprintf(t.out, "%s: %d events, seen for the first time; ", seen.Origin, seen.Tree.N)
	default:
		fmt.Fprintf(t.out, "%s: %d events, %d of them new, continuing what was seen before; ", seen.Origin, seen.Tree.N, seen.Read)
	}
	if seen.Last == nil {
		fmt.Fprintln(t.out, "no epoch yet")
	} else {
		every := "every epoch"
		if n := len(seen.Withdrawn); n > 0 {
			every = fmt.Sprintf("every epoch but %d that was withdrawn", n)
		}
		fmt.Fprintf(t.out, "%s says what the events give, the last about %d events\n", every, seen.Size)
	}
	if signer == nil {
		return nil
	}
	text, err := note.Sign(&note.Note{Text: seen.String()}, signer)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	if err := monitor.Keep(filepath.Join(m.Dir, "replayed"), text); err != nil || !c.Submit {
		return err
	}
	return c.submit(ctx, text)
}

// submit hands a note to the ledger.
func (c *monitorCmd) submit(ctx context.Context, text []byte) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.Log, "/")+"/replayed", bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("--submit: %w", err)
	}
	answer, err := (&http.Client{}).Do(r)
	if err != nil {
		return fmt.Errorf("--submit: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		said, _ := io.ReadAll(io.LimitReader(answer.Body, 300))
		return fmt.Errorf("--submit: %s: %s", answer.Status, strings.TrimSpace(string(said)))
	}
	return nil
}

// makeKey makes a replayer's key; it is never overwritten.
func (c *monitorCmd) makeKey(t terminal) error {
	if err := seal.CheckOrigin(c.NewKey); err != nil {
		return usage{fmt.Errorf("--new-key: %w", err)}
	}
	secret, public, err := note.GenerateKey(rand.Reader, c.NewKey)
	if err != nil {
		return fmt.Errorf("--new-key: %w", err)
	}
	path := t.path(c.Log)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("--new-key: %w: name a file that isn't there yet", err)
	}
	_, err = f.WriteString(secret + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("--new-key: %w", err)
	}
	fmt.Fprintf(t.out, "#: replayer %s %s\n", c.NewKey, public)
	return nil
}

func readSigner(path string) (note.Signer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: make one with muniment monitor --new-key NAME FILE", err)
	}
	if err := vault.Private(path, info); err != nil {
		return nil, fmt.Errorf("%w, and make a new key if somebody may have read it", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("%s is no key that muniment monitor --new-key made", path)
	}
	return signer, nil
}
