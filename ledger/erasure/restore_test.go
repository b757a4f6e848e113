package erasure_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/vault"
)

// copies are the bytes of some files of the ledger.
type copies map[string][]byte

func (h *house) copy(names ...string) copies {
	h.t.Helper()
	h.Close()
	c := copies{}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(h.dir, name))
		if !os.IsNotExist(err) {
			h.ok(err)
			c[name] = text
		}
	}
	return c
}

// restore puts old copies in place; a file that wasn't there then is removed.
func (h *house) restore(c copies, names ...string) {
	h.t.Helper()
	h.Close()
	for _, name := range names {
		path := filepath.Join(h.dir, name)
		if text, there := c[name]; there {
			h.ok(os.WriteFile(path, text, 0o600))
		} else {
			h.ok(os.Remove(path))
		}
	}
}

// bringBack puts an older log and vault in place and goes on with them: so many lines of the journal are
// known to tell of what was lost.
func (h *house) bringBack(c copies, forgiven int64) {
	h.t.Helper()
	h.Close()
	for _, name := range []string{"log.db-wal", "log.db-shm", "vault.db-wal", "vault.db-shm", "views.db", "views.db-wal", "views.db-shm"} {
		os.Remove(filepath.Join(h.dir, name))
	}
	h.restore(c, "log.db", "vault.db")
	db, err := dbtest.OpenAt(h.t.Context(), filepath.Join(h.dir, "vault.db"), sqldb.Options{SecureDelete: true})
	h.ok(err)
	h.ok(vault.ForgiveTail(h.t.Context(), db, forgiven))
	h.ok(db.Close())
	h.reopen()
}

const journal = "keys/erasures.journal"

// erasedAfterCopy is a ledger of which copies were taken before somebody was erased.
func erasedAfterCopy(t *testing.T) (h *house, c copies, r ledger.Receipt, person domain.ID) {
	dbtest.NeedsFiles(t)
	h = newHouse(t)
	r = h.kept(call("CA1", phone(1)))
	h.kept(call("CA2", phone(2)))
	person, _ = h.find(phone(1))
	h.ok(h.Keys.CatchUp(t.Context(), h.Log))
	c = h.copy("log.db", "vault.db", journal)
	h.reopen()
	h.erase(person, domain.ErasureRequested{Suppress: "OBJECTION"})
	return h, c, r, person
}

// TestOldVault: the erased person's keys in an older copy of the vault, of the same key epoch, are
// destroyed again before anything is read, and all else that was purged goes again. No event is kept
// twice. (What came on the list that blocks since the copy is not on it: its number can't be opened
// any more.)
func TestOldVault(t *testing.T) {
	h, c, r, person := erasedAfterCopy(t)
	next, err := h.Log.Next(t.Context())
	h.ok(err)
	h.restore(c, "vault.db")
	h.reopen()
	if got := h.state(r.Position, "/number"); got != ledger.StateErased {
		t.Errorf("the number is %s", got)
	}
	records, err := h.Log.At(t.Context(), []int64{r.Position})
	h.ok(err)
	kept, boxes, err := ledger.DecodeBoxes(records[0])
	h.ok(err)
	if _, err := h.Keys.OpenCondemned(t.Context(), &kept.Envelope, &boxes[0]); !errors.Is(err, ledger.ErrErased) {
		t.Errorf("the copy brought the key back, only a note keeps it shut: %v", err)
	}
	h.ok(h.process.Run(t.Context()))
	if _, ok := h.find(phone(1)); ok {
		t.Error("the number leads to somebody")
	}
	if after, _ := h.Log.Next(t.Context()); after != next {
		t.Errorf("%d more events", after-next)
	}
	if id, ok := h.find(phone(2)); !ok || id == person {
		t.Error("somebody else is lost")
	}
	if got := h.state(r.Position+2, "/number"); got != ledger.StateClear {
		t.Errorf("somebody else's number is %s", got)
	}
	for n, want := range map[int]bool{1: true, 2: false} {
		if b, blocked, err := h.Keys.Blocked(t.Context(), shop, phone(n)); err != nil || blocked != want || want && b.Ground != "OBJECTION" {
			t.Errorf("number %d is blocked: %v, %+v, %v", n, blocked, b, err)
		}
	}
}

// TestOldLog: a log that ends before what the vault has followed is refused: what is kept in it next
// would be taken for followed.
func TestOldLog(t *testing.T) {
	dbtest.NeedsFiles(t)
	h := newHouse(t)
	h.kept(call("CA1", phone(1)))
	c := h.copy("log.db")
	h.reopen()
	h.kept(call("CA2", phone(2)))
	h.ok(h.Keys.CatchUp(t.Context(), h.Log))
	h.restore(c, "log.db")
	l, err := ledgertest.OpenIn(context.Background(), h.dir, h.ID)
	if err == nil {
		l.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "older copy than the vault") {
		t.Errorf("got %v", err)
	}
}

// TestOldOthers: an older keys directory, or an older log, is refused and named.
func TestOldOthers(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		says  string
	}{
		{"the journal is older", []string{journal}, "keys directory is an older copy"},
		{"the log is older", []string{"log.db", "vault.db"}, "ledger is an older copy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, old, _, _ := erasedAfterCopy(t)
			h.restore(old, c.files...)
			l, err := ledgertest.OpenIn(context.Background(), h.dir, h.ID)
			if err == nil {
				l.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestTornJournal: a line that a crash cut short is left out, and the next one takes its place; one that
// was changed is refused.
func TestTornJournal(t *testing.T) {
	h, _, r, _ := erasedAfterCopy(t)
	whole := h.copy(journal)[journal]
	path := filepath.Join(h.dir, journal)
	h.ok(os.WriteFile(path, append(whole[:len(whole):len(whole)], "00000000"...), 0o600))
	h.reopen()
	if got := h.state(r.Position, "/number"); got != ledger.StateErased {
		t.Errorf("the number is %s", got)
	}
	second, _ := h.find(phone(2))
	h.erase(second, domain.ErasureRequested{})
	h.Close()
	h.reopen()
	changed := h.copy(journal)[journal]
	if len(changed) <= len(whole) {
		t.Fatal("nothing was added")
	}
	changed[len(whole)-40] ^= 1
	h.ok(os.WriteFile(path, changed, 0o600))
	if l, err := ledgertest.OpenIn(context.Background(), h.dir, h.ID); err == nil || !strings.Contains(err.Error(), "damaged") {
		l.Close()
		t.Errorf("got %v", err)
	}
}
