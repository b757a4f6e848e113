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

// TestKeysOnDisk: each change of the directory is on the disk before what rests on it is done: what the kernel
// holds outlives kill -9, so that only the calls themselves show it.
func TestKeysOnDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if _, err := CreateKeysDir(dir, domain.ID{15: 1}); err != nil {
		t.Fatal(err)
	}
	var got []string
	call := regexp.MustCompile(`^(\w+?)(?:at2?|64)?\((?:AT_FDCWD<[^>]*>, |\d+<)?"?[^>"]*/([^/>"]+)[>"]`)
	for _, line := range crashtest.Trace(t, "replace a key", dir, "rename", "renameat", "renameat2", "unlink", "unlinkat", "write", "pwrite64", "fsync") {
		if strings.Contains(line, " = -1 ") { // there was nothing to remove
			continue
		}
		if m := call.FindStringSubmatch(line); m != nil && regexp.MustCompile(`^(keys|example\.key.*)$`).MatchString(m[2]) {
			got = append(got, m[1]+" "+m[2])
		}
	}
	want := []string{
		"write example.key.new", "fsync example.key.new", "fsync keys", "rename example.key.new", "fsync keys",
		"rename example.key", "fsync keys", "pwrite example.key.dying", "fsync example.key.dying", "unlink example.key.dying", "fsync keys",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the calls were\n%q, want\n%q", got, want)
	}
}
