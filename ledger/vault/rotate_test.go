package vault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
)

func TestMain(m *testing.M) {
	crashtest.Child(map[string]func(string) error{"rotate": playRotate, "replace a key": playReplace, "write down": playNote,
		"replace a key in it": in(playReplace), "write down in it": in(playNote),
		"look at it": in(playLook), "create it": in(playCreate)})
	os.Exit(m.Run())
}

// playRotate rotates and stops for ever after so many steps as the file "stop" says.
func playRotate(dir string) error {
	ctx := context.Background()
	var id domain.ID
	var stop int
	text, err := os.ReadFile(filepath.Join(dir, "stop"))
	if err != nil {
		return err
	}
	var hex string
	fmt.Sscan(string(text), &stop, &hex)
	if id, err = domain.ParseID(hex); err != nil {
		return err
	}
	keys, err := OpenKeysDir(filepath.Join(dir, "keys"), id)
	if err != nil {
		return err
	}
	db, err := dbtest.OpenAt(ctx, filepath.Join(dir, "vault.db"), sqldb.Options{SecureDelete: true})
	if err != nil {
		return err
	}
	v, err := Open(ctx, db, keys, id)
	if err != nil {
		return err
	}
	v.stepped = func(name string) {
		fmt.Println(name)
		if stop--; stop == 0 {
			select {}
		}
	}
	_, err = v.Rotate(ctx)
	return err
}

// people lets some people call two tenants; it returns where their numbers were kept.
func (h *house) people(n int) (seqs []int64) {
	h.t.Helper()
	for i := range n {
		s := call(fmt.Sprint("CA", i), phone(i))
		if i%3 == 0 {
			s.Tenant = other
		}
		seqs = append(seqs, h.take(s).Position)
	}
	h.follow()
	return seqs
}

// whole fails unless every value opens and every number leads to whom it led.
func (h *house) whole(seqs []int64) {
	h.t.Helper()
	for i, seq := range seqs {
		k := h.at(seq)
		values, err := h.vault.Open(h.t.Context(), &k.Envelope, &k.boxes[0])
		if err != nil || values["/number"] != phone(i).Value {
			h.t.Fatalf("event %d: %v", seq, err)
		}
		if id, ok := h.find(k.Tenant, phone(i)); !ok || id != k.Subjects[0].ID {
			h.t.Fatalf("the number of event %d leads elsewhere", seq)
		}
	}
}

func (h *house) rotate() Rotation {
	h.t.Helper()
	r, err := h.vault.Rotate(h.t.Context())
	h.ok(err)
	return r
}

func (h *house) epochs() []int64 {
	h.t.Helper()
	d := KeysDir{h.keysDir()}
	return must(d.Epochs())
}

// TestRotate: everything opens and leads where it did, nothing is left under the old root, and new
// keys come from pages that older copies don't know.
func TestRotate(t *testing.T) {
	h := newHouse(t)
	seqs := h.people(9)
	naming := must(h.vault.NamingKey(t.Context(), shop))
	for want := int64(2); want < 5; want++ {
		if r := h.rotate(); r != (Rotation{want - 1, want}) || h.vault.Epoch() != want {
			t.Fatalf("%+v, epoch %d", r, h.vault.Epoch())
		}
		for _, table := range []string{"secrets", "pages", "lookups"} {
			var n int
			h.ok(h.db.Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+table+` WHERE epoch <> $1`, want).Scan(&n))
			if n > 0 {
				t.Errorf("%d %s are not of epoch %d", n, table, want)
			}
		}
		if got := h.epochs(); !slices.Equal(got, []int64{want}) {
			t.Errorf("the keys directory has the roots of %d", got)
		}
		h.whole(seqs)
		if want == 3 {
			h.restart()
			h.whole(seqs)
		}
		h.ok(h.vault.Admit(t.Context(), domain.NewID()))
		if string(must(h.vault.NamingKey(t.Context(), shop))) != string(naming) {
			t.Fatal("a key that must stay has changed")
		}
		again := h.take(call(fmt.Sprint("CB", want), phone(1)))
		h.follow()
		if k := h.at(again.Position); k.Subjects[0].ID != h.at(seqs[1]).Subjects[0].ID {
			t.Error("the same number is another person")
		}
	}
	if pages := h.count("pages"); pages != 2 {
		t.Errorf("%d pages where one a tenant would do", pages)
	}
}

// TestRotateKilled: killed after any step and opened again, it is as before or as after, nothing is
// lost, and another rotation goes through.
func TestRotateKilled(t *testing.T) {
	for stop := 1; ; stop++ {
		h := newHouse(t)
		seqs := h.people(4)
		h.close()
		h.ok(os.WriteFile(filepath.Join(h.dir, "stop"), fmt.Appendf(nil, "%d %s", stop, h.ID), 0o600))
		e := crashtest.Kill(t, "rotate", h.dir, stop)
		h.open(h.ID)
		last := e.Told[len(e.Told)-1]
		want := int64(2)
		if last == "root made" {
			want = 1
		}
		if h.vault.Epoch() != want {
			t.Fatalf("killed after %q: epoch %d", last, h.vault.Epoch())
		}
		h.whole(seqs)
		h.rotate()
		h.whole(seqs)
		if got := h.epochs(); !slices.Equal(got, []int64{want + 1}) {
			t.Errorf("killed after %q: the keys directory has the roots of %d", last, got)
		}
		if last == "root destroyed" {
			if stop < 7 {
				t.Fatalf("only %d steps", stop)
			}
			return
		}
	}
}

// TestRootHalfDestroyed: a root that was being destroyed is destroyed at the next start.
func TestRootHalfDestroyed(t *testing.T) {
	h := newHouse(t)
	seqs := h.people(2)
	old := filepath.Join(h.keysDir(), "root-000001.key")
	text := must(os.ReadFile(old))
	h.rotate()
	h.ok(os.WriteFile(old+dying, text, 0o600))
	h.ok(os.WriteFile(filepath.Join(h.keysDir(), "root-000003.key.new"), []byte("ab"), 0o600)) // one that was being made
	h.restart()
	h.whole(seqs)
	if left, _ := filepath.Glob(filepath.Join(h.keysDir(), "*"+dying)); left != nil {
		t.Errorf("%v", left)
	}
	h.rotate()
	h.whole(seqs)
}

// TestOldCopies is the release gate: an old copy of the vault with today's root opens nothing, nor
// does today's vault with an old root, under whatever name they are tried.
func TestOldCopies(t *testing.T) {
	dbtest.NeedsFiles(t)
	h := newHouse(t)
	seqs := h.people(4)
	h.close()
	oldVault, oldRoot := must(os.ReadFile(filepath.Join(h.dir, "vault.db"))), must(os.ReadFile(filepath.Join(h.keysDir(), "root-000001.key")))
	h.open(h.ID)
	h.rotate()
	h.close()
	newVault, newRoot := must(os.ReadFile(filepath.Join(h.dir, "vault.db"))), must(os.ReadFile(filepath.Join(h.keysDir(), "root-000002.key")))
	try := func(vault, root []byte, epoch int) error {
		dir := t.TempDir()
		h.ok(os.WriteFile(filepath.Join(dir, "vault.db"), vault, 0o600))
		keys := must(CreateKeysDir(filepath.Join(dir, "keys"), h.ID))
		h.ok(os.Remove(filepath.Join(dir, "keys", "root-000001.key")))
		h.ok(os.WriteFile(filepath.Join(dir, "keys", fmt.Sprintf(rootFile, epoch)), root, 0o600))
		db := dbtest.Open(t, filepath.Join(dir, "vault.db"), sqldb.Options{})
		defer db.Close()
		_, err := Open(t.Context(), db, keys, h.ID)
		return err
	}
	for _, c := range []struct {
		name        string
		vault, root []byte
		epoch       int
		says        string
	}{
		{"old vault, today's root", oldVault, newRoot, 2, "old copy"},
		{"old vault, today's root under the old name", oldVault, newRoot, 1, "does not open"},
		{"today's vault, old root", newVault, oldRoot, 1, "old copy"},
		{"today's vault, old root under today's name", newVault, oldRoot, 2, "does not open"},
		{"both old", oldVault, oldRoot, 1, ""},
		{"both of today", newVault, newRoot, 2, ""},
	} {
		if err := try(c.vault, c.root, c.epoch); c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	h.open(h.ID)
	h.whole(seqs)
}

// TestNothingOlderUnwraps: no key of the old epoch opens any key of the new one, and no key that
// seals from now on was in the old vault.
func TestNothingOlderUnwraps(t *testing.T) {
	h := newHouse(t)
	h.people(4)
	old := must(h.vault.of(t.Context(), shop))
	oldRoot := h.vault.roots.Load().keys[1]
	var known [][32]byte
	for _, k := range h.all() {
		for _, b := range k.boxes {
			p, _ := h.vault.pageOf(b.Key)
			known = append(known, must(h.vault.page(t.Context(), p))[:]...)
		}
	}
	h.rotate()
	rows := must(h.db.Reader().QueryContext(t.Context(), `SELECT s.tenant, s.name, s.wrapped FROM secrets s`))
	defer rows.Close()
	for rows.Next() {
		var tenant, wrapped []byte
		var name string
		h.ok(rows.Scan(&tenant, &name, &wrapped))
		if _, err := unwrap(oldRoot, wrapped, "secret", string(tenant), name); err == nil {
			t.Errorf("the old root opens %s", name)
		}
	}
	h.ok(rows.Err())
	for _, b := range []branch{processing, relationship, organisation} {
		pages := must(h.db.Reader().QueryContext(t.Context(), `SELECT page, wrapped FROM pages`))
		for pages.Next() {
			var id, wrapped []byte
			h.ok(pages.Scan(&id, &wrapped))
			if _, err := unwrap(old.branches[b], wrapped, "page", string(id)); err == nil {
				t.Errorf("the old %s key opens a page", b)
			}
		}
		pages.Close()
	}
	k := h.at(h.take(call("CA new", phone(50))).Position)
	p, n := h.vault.pageOf(k.boxes[0].Key)
	if slices.Contains(known, must(h.vault.page(t.Context(), p))[n]) {
		t.Error("a key from before the rotation seals what came after")
	}
}

// TestRotateWhileServing: calls come in, are looked up and followed while epochs end, and nobody
// becomes two.
func TestRotateWhileServing(t *testing.T) {
	const callers, calls, numbers = 4, 40, 7
	h := newHouse(t)
	h.people(numbers)
	ctx, stop := context.WithCancel(t.Context())
	followed := make(chan error)
	go func() { followed <- h.vault.Follow(ctx, h.log) }()
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for n := range calls {
				s := call(fmt.Sprintf("CX%d-%d", caller, n), phone((caller+n)%numbers))
				if (caller+n)%numbers%3 == 0 {
					s.Tenant = other
				}
				if o := h.Take(t.Context(), ledger.Own(), []*ledger.Submission{s})[0]; o.Err != nil {
					t.Error(o.Err)
				}
			}
		})
	}
	for range 5 {
		h.rotate()
	}
	all.Wait()
	stop()
	if err := <-followed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	h.restart()
	who := map[string]domain.ID{}
	for _, k := range h.all() {
		if _, ok := k.Event.(domain.InteractionRecorded); !ok {
			continue
		}
		values, err := h.vault.Open(t.Context(), &k.Envelope, &k.boxes[0])
		h.ok(err)
		if first, ok := who[values["/number"]]; ok && first != k.Subjects[0].ID {
			t.Error("one number, two persons")
		}
		who[values["/number"]] = k.Subjects[0].ID
	}
	if len(who) != numbers {
		t.Errorf("%d persons", len(who))
	}
}
