package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger/bundle"
	"muniment/ledger/intake"
	"muniment/ledger/seal"
	"muniment/ledger/seal/heads"
	"muniment/ledger/seal/verify"
)

// bundled is how many calls the account has whose bundle is made.
const bundled = 10_000

// customer is an account with so many calls, or as many as the world has events.
func (w *world) customer(t *testing.T) domain.ID {
	t.Helper()
	id := domain.ID{0: 0xc0, 15: 5}
	w.imported(t, 1, intake.Events(strings.NewReader(fmt.Sprintf(`{"kind":"tenant.onboarded","tenant":"%s","sourceId":"account","occurred":"2024-03-01","data":{"name":"Example Clinic","role":"CONTROLLER","country":"DE"}}`+"\n", id)), intake.EventOptions{}))
	name, n := w.next(), min(bundled, w.size)
	w.imported(t, n, intake.Events(&lines{n: n, piece: func(i int) string {
		return strings.ReplaceAll(strings.ReplaceAll(w.call(name, i*10+1, year.to), w.tenant(i*10+1).String(), id.String()), "@example.com", "@example.org")
	}}, intake.EventOptions{}))
	return id
}

// bundles makes the account's bundle and checks it as whoever gets it does.
func (w *world) bundles(t *testing.T, c *column, e *evidence, tenant domain.ID) {
	t.Helper()
	maker := bundle.Maker{Ledger: w.ledger, Seals: e.seals, Epochs: e.heads, Vault: w.vault, Policy: []byte("# none\n"), Key: make([]byte, 32), Most: 1 << 20}
	start := time.Now()
	text, m, err := maker.Make(t.Context(), bundle.Question{Of: bundle.OfTenant, Tenant: tenant}, nil)
	must(t, err)
	c.add(bundleMade, time.Since(start).Seconds())
	if m.Counts.Events < min(bundled, int64(w.size)) {
		t.Fatalf("%+v", m.Counts)
	}
	start = time.Now()
	must(t, verify.Bundle(text, e.demands(), io.Discard))
	c.add(bundleVerified, time.Since(start).Seconds())
}

func (e *evidence) demands() verify.Demands {
	return verify.Demands{Policy: verify.KeyPolicy(e.seals.VKey()), Now: time.Now(), AcceptUnwitnessed: true}
}

// treeOnly is a log that shows its hashes, and no entries.
type treeOnly struct{ verify.Source }

func (treeOnly) Leaves(context.Context, int64, int, tlog.HashReader) ([][]byte, error) {
	return nil, verify.ErrWithheld
}

// verified checks the whole directory, by processor time: what one core does in a second. In turn with it
// stand the tree alone, and counting heads from leaves that are there already.
func (w *world) verified(t *testing.T, c *column, e *evidence) {
	t.Helper()
	last := e.seals.Checkpoint()
	kept := func() *verify.Kept { return &verify.Kept{Log: w.log, Tiles: e.tiles, Last: last.Text} }
	for what, s := range map[string]verify.Source{verifyTree: treeOnly{kept()}, verifyAll: kept()} {
		start := used(t)
		must(t, verify.Log(t.Context(), s, e.demands(), io.Discard))
		c.add(what, float64(last.Size)/(used(t)-start).Seconds())
	}
	const page = 1024
	var took time.Duration
	var r heads.Replay
	r.Heads = &heads.Memory{}
	maker := seal.LeafMaker{}
	for from := int64(0); from < last.Size; from += page {
		records, err := w.log.Read(t.Context(), from, int(min(page, last.Size-from)))
		must(t, err)
		texts, _, err := maker.Make(t.Context(), w.log, records, e.seals.Hashes(t.Context(), last))
		must(t, err)
		start := used(t)
		for _, text := range texts {
			l, err := heads.ParseLeaf(text)
			must(t, err)
			must(t, r.Add(t.Context(), l))
		}
		took += used(t) - start
	}
	c.add(verifyHeads, float64(last.Size)/took.Seconds())
}

// used is the processor time that this process has used so far.
func used(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	must(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rotated ends a key epoch: everything below the root is wrapped anew.
func (w *world) rotated(t *testing.T, c *column) {
	t.Helper()
	var keys float64
	must(t, w.dbs["vault"].Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM owners`).Scan(&keys))
	start := time.Now()
	_, err := w.vault.Rotate(t.Context())
	must(t, err)
	took := time.Since(start).Seconds()
	c.add(rotationRow, took)
	c.add(rotatedKeys, keys/took)
}

// evidenceSize is the bytes of tiles, heads and seals.
func (w *world) evidenceSize(t *testing.T) (size float64) {
	t.Helper()
	for _, name := range []string{"seal", "heads"} {
		must(t, w.dbs[name].Truncate(t.Context()))
		info, err := os.Stat(filepath.Join(w.dir, "ledger", name+".db"))
		must(t, err)
		size += float64(info.Size())
	}
	must(t, filepath.WalkDir(filepath.Join(w.dir, "ledger", "tiles"), func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += float64(info.Size())
		}
		return err
	}))
	return size
}
