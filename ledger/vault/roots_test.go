package vault

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger/crashtest"
)

// playReplace makes a key and destroys it.
func playReplace(dir string) error {
	d, err := OpenKeysDir(dir, domain.ID{15: 1})
	if err != nil {
		return err
	}
	if _, err := d.addKey("example.key"); err != nil {
		return err
	}
	return d.destroyKey("example.key")
}

// playNote writes down a revocation, how far the log was signed, and a line of a journal.
func playNote(dir string) error {
	d, err := OpenKeysDir(dir, domain.ID{15: 1})
	if err != nil {
		return err
	}
	if err := d.Revoke(domain.ID{15: 2}); err != nil {
		return err
	}
	if err := d.SetMark(Mark{Origin: "ledger.example.com/log", Size: 1}); err != nil {
		return err
	}
	l, err := openLines(d, journalFile, domain.ID{15: 1}, func(string) error { return nil })
	if err != nil {
		return err
	}
	return l.add("example")
}

// TestKeysOnDisk: each change of the directory is on the disk before what rests on it is done: what the kernel
// holds outlives kill -9, so that only the calls themselves show it.
func TestKeysOnDisk(t *testing.T) {
	for role, want := range map[string][]string{
		"replace a key": {
			"write example.key.new", "fsync example.key.new", "fsync keys", "rename example.key.new", "fsync keys",
			"rename example.key", "fsync keys", "pwrite example.key.dying", "fsync example.key.dying", "unlink example.key.dying", "fsync keys",
		},
		"write down": {
			"pwrite revocations.journal", "fsync revocations.journal", "fsync keys",
			"write sealed.mark.new", "fsync sealed.mark.new", "fsync keys", "rename sealed.mark.new", "fsync keys",
			"pwrite erasures.journal", "fsync erasures.journal",
		},
	} {
		t.Run(role, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "keys")
			if _, err := CreateKeysDir(dir, domain.ID{15: 1}); err != nil {
				t.Fatal(err)
			}
			if got := changesOf(t, role, dir); !slices.Equal(got, want) {
				t.Errorf("the calls were\n%q, want\n%q", got, want)
			}
		})
	}
}

// changesOf lists the calls that change the directory or bring a change to the disk, each with its file.
func changesOf(t *testing.T, role, dir string) (calls []string) {
	t.Helper()
	call := regexp.MustCompile(`^(\w+?)(?:at2?|64)?\((?:AT_FDCWD<[^>]*>, |\d+<)?"?[^>"]*/([^/>"]+)[>"]`)
	ours := regexp.MustCompile(`^keys$|^example\.key|^revocations|^sealed|^erasures`)
	for _, line := range crashtest.Trace(t, role, dir, "rename", "renameat", "renameat2", "unlink", "unlinkat", "write", "pwrite64", "fsync") {
		if strings.Contains(line, " = -1 ") { // there was nothing to remove
			continue
		}
		if m := call.FindStringSubmatch(line); m != nil && ours.MatchString(m[2]) {
			calls = append(calls, m[1]+" "+m[2])
		}
	}
	return calls
}

// playLook opens the directory, reads what stands in it, and notes a revocation.
func playLook(dir string) error {
	d, err := OpenKeysDir(dir, domain.ID{15: 1})
	if err != nil {
		return err
	}
	if _, err := d.Revoked(); err != nil {
		return err
	}
	if _, err := d.Mark(); err != nil {
		return err
	}
	return d.Revoke(domain.ID{15: 2})
}

func playCreate(dir string) error {
	_, err := CreateKeysDir(dir, domain.ID{15: 1})
	return err
}

// TestKeysFail: given a look at the keys directory or a change of it, when a call of the kernel fails, then it says so:
// nothing may rest on what isn't known to be on the disk.
func TestKeysFail(t *testing.T) {
	from := t.TempDir()
	if _, err := CreateKeysDir(filepath.Join(from, "keys"), domain.ID{15: 1}); err != nil {
		t.Fatal(err)
	}
	var also []string
	for _, name := range []string{revocationsFile, markFile, markFile + ".new", journalFile, "example.key", "example.key.new", "example.key.dying"} {
		also = append(also, filepath.Join("keys", name))
	}
	also = append(also, filepath.Join("keys", ledgerFile), filepath.Join("keys", "root-000001.key"), filepath.Join("keys", "row-000001.key"))
	made := slices.Clone(also)
	for _, name := range also {
		made = append(made, name+".new")
	}
	looks := []string{"newfstatat", "fstat", "unlinkat"} // renaming, removing and reading look first, and go on whatever they see
	for role, c := range map[string]struct {
		from      string
		also, but []string
	}{
		"replace a key in it": {from, also, looks}, "write down in it": {from, also, looks}, "look at it": {from, also, []string{"fstat"}}, "create it": {t.TempDir(), made, looks},
	} {
		crashtest.Traced{Role: role, File: "keys", From: c.from, Also: c.also, But: append(c.but, "close")}.Sweep(t, 1000, func(t *testing.T, dir string, e crashtest.Ended) int {
			if !e.Killed && !e.Failed {
				t.Error("a call failed, and the change was called done")
			}
			return 0
		})
	}
}

// in plays a role in the keys directory of a directory.
func in(play func(string) error) func(string) error {
	return func(dir string) error { return play(filepath.Join(dir, "keys")) }
}
