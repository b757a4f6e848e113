package vault

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"muniment/domain"
)

// TestRevocations: what was revoked is found again, a line that a crash cut is none, and copies of the keys
// have them too.
func TestRevocations(t *testing.T) {
	d, err := CreateKeysDir(filepath.Join(t.TempDir(), "keys"), domain.NewID())
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := d.Revoked(); err != nil || len(ids) != 0 {
		t.Fatal(ids, err)
	}
	want := []domain.ID{domain.NewID(), domain.NewID()}
	if err := d.Revoke(want[0]); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(d.Path(), revocationsFile), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("0123456789")
	f.Close()
	if ids, err := d.Revoked(); err != nil || !slices.Equal(ids, want[:1]) {
		t.Errorf("after a cut line: %v %v", ids, err)
	}
	if err := d.Revoke(want[1]); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy")
	if err := d.CopyTo(to); err != nil {
		t.Fatal(err)
	}
	for _, d := range []KeysDir{d, {to}} {
		if ids, err := d.Revoked(); err != nil || !slices.Equal(ids, want) {
			t.Errorf("%v %v", ids, err)
		}
	}
	if err := os.WriteFile(filepath.Join(to, revocationsFile), []byte("no id, and as long as a line is.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (KeysDir{to}).Revoked(); err == nil {
		t.Error("a damaged line is passed over")
	}
}
