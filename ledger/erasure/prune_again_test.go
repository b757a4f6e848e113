package erasure_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/erasure"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/vault"
)

// TestPruneKilled: killed after any step and started again, it comes to the same end, told once.
func TestPruneKilled(t *testing.T) {
	dbtest.NeedsFiles(t)
	base, last := old(t, 300)
	base.strikeAll(256)
	base.ok(base.process.Views.CatchUp(t.Context()))
	base.Close()
	for stop := 1; ; stop++ {
		h := base.twin()
		h.ok(os.WriteFile(filepath.Join(h.dir, "stop"), fmt.Appendf(nil, "%d %s", stop, h.ID), 0o600))
		e := crashtest.Kill(t, "prune", h.dir, stop)
		step := e.Told[len(e.Told)-1]
		h.reopen()
		h.ok(h.process.Run(t.Context()))
		h.reduced("killed after "+step, last)
		if step == "done" {
			if stop < 5 {
				t.Fatalf("only %d steps", stop)
			}
			return
		}
	}
}

// playPrune is the process that is killed.
func playPrune(dir string) error {
	return play(dir, func(p *erasure.Process) error {
		return p.Prune(context.Background(), domain.ID{}, domain.Range{From: 0, To: 256})
	})
}

// twin is a closed house with the same files.
func (h *house) twin() *house {
	h.t.Helper()
	dir := h.t.TempDir()
	h.ok(os.CopyFS(dir, os.DirFS(h.dir)))
	h.ok(os.Chmod(filepath.Join(dir, "keys"), 0o700))
	h.ok(filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600)
	}))
	return &house{Ledger: h.Ledger, t: h.t, dir: dir}
}

// TestPruneRestored: a ledger put back from a copy of before has the range pruned again at its start, and
// tells of it; one that went on otherwise keeps its own events.
func TestPruneRestored(t *testing.T) {
	dbtest.NeedsFiles(t)
	files := []string{"log.db", "vault.db", "seal.db", "heads.db"}
	for name, c := range map[string]struct {
		before, after int // calls before the copy, and those that came otherwise since
		pruned        bool
	}{"the same events": {300, 0, true}, "others": {200, 100, false}} {
		t.Run(name, func(t *testing.T) {
			h, _ := old(t, c.before)
			h.ok(h.keeper().Cover(t.Context(), domain.Range{}))
			h.ok(h.Keys.CatchUp(t.Context(), h.Log))
			copies := h.copy(files...)
			h.reopen()
			for n := range 300 - c.before {
				h.kept(call(fmt.Sprint("LOST", n), phone(n%5)))
			}
			h.strikeAll(256)
			h.ok(h.process.Prune(t.Context(), domain.ID{}, domain.Range{From: 0, To: 256}))
			h.Close()
			for _, name := range append(files, "views.db") {
				os.Remove(filepath.Join(h.dir, name+"-wal"))
				os.Remove(filepath.Join(h.dir, name+"-shm"))
			}
			os.Remove(filepath.Join(h.dir, "views.db"))
			os.RemoveAll(filepath.Join(h.dir, "tiles"))
			h.restore(copies, files...)
			db, err := dbtest.OpenAt(t.Context(), filepath.Join(h.dir, "vault.db"), sqldb.Options{SecureDelete: true})
			h.ok(err)
			h.ok(vault.ForgiveTail(t.Context(), db, 1))
			h.ok(db.Close())
			h.reopen()
			for n := range c.after {
				h.kept(call(fmt.Sprint("NEW", n), phone(n%5)))
			}
			h.ok(h.process.Run(t.Context()))
			if !c.pruned {
				if list := h.prunings(); list != nil {
					t.Errorf("other events were pruned: %+v", list)
				}
				return
			}
			if e := h.prunings(); len(e) != 1 || e[0].Event.(domain.LogPruned).Events < 200 {
				t.Fatalf("%+v", e)
			}
			if out, err := h.verified(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestHeadsLost: heads go on where they stood; lost, they can't be counted anew over what was pruned, and no
// epoch is made that would be wrong.
func TestHeadsLost(t *testing.T) {
	dbtest.NeedsFiles(t)
	h, _ := old(t, 300)
	h.strikeAll(256)
	h.ok(h.process.Prune(t.Context(), domain.ID{}, domain.Range{From: 0, To: 256}))
	h.kept(call("NEW", phone(1)))
	h.reopen()
	h.ok(h.keeper().Seals.Seal(t.Context()))
	e, err := h.keeper().Seal(t.Context())
	h.ok(err)
	if e.Size < 300 {
		t.Errorf("the epoch covers %d events", e.Size)
	}
	h.Close()
	for _, name := range []string{"heads.db", "heads.db-wal", "heads.db-shm"} {
		os.Remove(filepath.Join(h.dir, name))
	}
	h.reopen()
	before, err := h.Log.Next(t.Context())
	h.ok(err)
	_, err = h.keeper().Seal(t.Context())
	if !errors.Is(err, ledger.ErrPruned) || !strings.Contains(fmt.Sprint(err), "bring the database of heads back from a backup") {
		t.Errorf("%v", err)
	}
	if after, _ := h.Log.Next(t.Context()); after != before {
		t.Error("an epoch was made")
	}
}
