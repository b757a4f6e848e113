package sqlstore

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestReadOnly: a file or directory that this user may not write. Root may write everything, so the
// test's thread becomes nobody for the file system, and ends with the goroutine.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log.db")
	openAt(t, path, nil).Close()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(mode os.FileMode, path string) error {
		if err := os.Chmod(filepath.Join(dir, "log.db"), mode); err != nil {
			t.Fatal(err)
		}
		answer := make(chan error)
		go func() {
			runtime.LockOSThread() // never unlocked: the thread is thrown away
			if os.Getuid() == 0 {
				if err := syscall.Setfsuid(65534); err != nil {
					answer <- err
					return
				}
			}
			answer <- openError(t, path)
		}()
		return <-answer
	}
	if os.Getuid() != 0 {
		os.Chmod(dir, 0o555)
		defer os.Chmod(dir, 0o755)
	}
	for _, c := range []struct {
		mode os.FileMode
		path string
	}{
		{0o400, path},
		{0o666, path}, // the file may be written, but no journal beside it
		{0o666, filepath.Join(dir, "new.db")},
	} {
		err := refused(c.mode, c.path)
		if err == nil || !strings.Contains(err.Error(), "this user may write") || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s with mode %o: %v", filepath.Base(c.path), c.mode, err)
		}
	}
}
