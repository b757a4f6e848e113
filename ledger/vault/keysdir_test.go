package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
)

// TestKeysDir: whatever is wrong with the directory, the error says what and where.
func TestKeysDir(t *testing.T) {
	id := domain.NewID()
	root, owner := "root-000001.key", "LEDGER"
	write := func(name, text string) func(string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600) }
	}
	for _, c := range []struct {
		name   string
		change func(dir string) error
		says   []string
	}{
		{"nothing", func(string) error { return nil }, nil},
		{"missing directory", os.RemoveAll, []string{"is missing", "backup", "--keys"}},
		{"a file", func(dir string) error { os.RemoveAll(dir); return os.WriteFile(dir, nil, 0o600) }, []string{"is no directory", "--keys"}},
		{"directory for all", func(dir string) error { return os.Chmod(dir, 0o755) }, []string{"can be read by others", "0755", "chmod 700"}},
		{"directory for the group", func(dir string) error { return os.Chmod(dir, 0o710) }, []string{"can be read by others", "0710", "chmod 700"}},
		{"missing root", func(dir string) error { return os.Remove(filepath.Join(dir, root)) }, []string{root, "no such file"}},
		{"missing owner", func(dir string) error { return os.Remove(filepath.Join(dir, owner)) }, []string{owner, "no such file"}},
		{"root for all", func(dir string) error { return os.Chmod(filepath.Join(dir, root), 0o644) }, []string{root, "can be read by others", "0644", "chmod 600"}},
		{"root for the group", func(dir string) error { return os.Chmod(filepath.Join(dir, root), 0o640) }, []string{root, "chmod 600"}},
		{"a journal for all", func(dir string) error {
			err := os.WriteFile(filepath.Join(dir, "revocations.journal"), nil, 0o600)
			return errors.Join(err, os.Chmod(filepath.Join(dir, "revocations.journal"), 0o644))
		}, []string{"revocations.journal", "can be read by others", "0644", "chmod 600"}},
		{"a journal for the group", func(dir string) error { return os.Chmod(filepath.Join(dir, journalFile), 0o620) }, []string{journalFile, "0620", "chmod 600"}},
		{"damaged root", write(root, strings.Repeat("zz", 32)), []string{root, "damaged", "hex", "backup"}},
		{"odd digits", write(root, strings.Repeat("a", 63)), []string{root, "damaged"}},
		{"short root", write(root, strings.Repeat("ab", 31)), []string{root, "32 bytes"}},
		{"empty root", write(root, ""), []string{root, "32 bytes"}},
		{"another ledger's", write(owner, domain.NewID().String()), []string{"another ledger", "--keys"}},
		{"damaged owner", write(owner, "-"), []string{owner, "damaged"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "keys")
			must(CreateKeysDir(dir, id))
			if err := c.change(dir); err != nil {
				t.Fatal(err)
			}
			_, err := OpenKeysDir(dir, id)
			if (err == nil) != (c.says == nil) {
				t.Fatalf("got %v", err)
			}
			for _, words := range append(c.says, dir) {
				if err != nil && !strings.Contains(err.Error(), words) {
					t.Errorf("%q does not say %q", err, words)
				}
			}
		})
	}
}

// TestCreateKeysDir: never over keys that are there, and nobody else may read them.
func TestCreateKeysDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	must(CreateKeysDir(dir, domain.NewID()))
	if _, err := CreateKeysDir(dir, domain.NewID()); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("made over another's: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 5 {
		t.Fatal(files, err)
	}
	for _, f := range append(files, dir) {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
}

// TestSecret: made once, then the same; a file that a crash left empty is no secret.
func TestSecret(t *testing.T) {
	d := must(CreateKeysDir(filepath.Join(t.TempDir(), "keys"), domain.NewID()))
	first := must(d.Secret("links"))
	if again := must(d.Secret("links")); len(first) != 32 || !bytes.Equal(first, again) || bytes.Equal(first, must(d.Secret("cursors"))) {
		t.Errorf("%x, %x", first, again)
	}
	for _, text := range []string{"", "\n", "ab"} {
		if err := os.WriteFile(filepath.Join(d.path, "links.key"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if key, err := d.Secret("links"); err == nil {
			t.Errorf("%q is taken for a secret of %d bytes", text, len(key))
		}
	}
}

// TestWrongRoot: the keys of another directory under the right name open nothing, and the vault says
// so at once instead of making new keys beside the old.
func TestWrongRoot(t *testing.T) {
	h := newHouse(t)
	h.take(call("CA1", phone(1)))
	h.close()
	elsewhere := filepath.Join(t.TempDir(), "keys")
	keys := must(CreateKeysDir(elsewhere, h.ID))
	db := dbtest.Open(t, filepath.Join(h.dir, "vault.db"), sqldb.Options{})
	_, err := Open(t.Context(), db, keys, h.ID)
	if err == nil || !strings.Contains(err.Error(), "wrong keys directory") {
		t.Errorf("got %v", err)
	}
	h.ok(db.Close())
	h.open(h.ID)
	if _, ok := h.find(shop, phone(1)); !ok {
		t.Error("the right directory finds nothing after the wrong one was tried")
	}
}
