package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// program is a copy of this one that everybody may run.
func (h home) program() string {
	h.t.Helper()
	self, err := os.Executable()
	must(h.t, err)
	path := filepath.Join(h.dir, "muniment")
	must(h.t, exec.Command("cp", self, path).Run())
	must(h.t, os.Chmod(path, 0o755))
	must(h.t, os.Chmod(h.dir, 0o755))
	return path
}

// listing is what a directory holds, to see that nothing was changed.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		fmt.Fprintln(&b, path, info.Mode(), info.Size(), info.ModTime())
		return err
	}))
	return b.String()
}

// forEverybody lets everybody read a directory, and nobody write.
func forEverybody(t *testing.T, dir string) {
	t.Helper()
	must(t, exec.Command("chmod", "-R", "a+rX,a-w", dir).Run())
	t.Cleanup(func() { exec.Command("chmod", "-R", "u+w", dir).Run() })
}

// TestVerifyChangesNothing: given a copy of a ledger that its reader may not write, then verify judges it, and leaves
// it as it is; what it can't read there it says.
func TestVerifyChangesNothing(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: only root can become nobody, so no copy of somebody else's was verified")
	}
	h := newHome(t)
	h.muniment("import", "--as", "events", h.file("facts.ndjson", established+shopOnboarded()+manyCalls(300)))
	policy := h.file("policy.txt", h.muniment("keys", "policy")+"\n")
	must(t, os.Chmod(policy, 0o644))
	program := h.program()
	copied := func(name string, from string) string {
		to := filepath.Join(h.dir, name)
		must(t, exec.Command("cp", "-r", from, to).Run())
		return to
	}
	verify := func(nobody bool, dir string) (string, error) {
		c := exec.Command(program, "verify", "--policy", policy, "--accept-unwitnessed", dir)
		c.Dir = h.dir
		if nobody {
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		out, err := c.CombinedOutput()
		return string(out), err
	}
	good := copied("good", h.data)

	s := h.serve()
	s.post(t, ingestPath, "", "Content-Type", "application/x-ndjson") // refused; it only has to have been there
	h.muniment("token", "create", "--role", "dpo", "--login", "ana", "--expires", "24h")
	s.kill()
	torn := copied("torn", h.data)
	if info, err := os.Stat(filepath.Join(torn, "log.db-wal")); err != nil || info.Size() == 0 {
		t.Fatal("no journal was left: ", err)
	}
	must(t, os.Remove(filepath.Join(torn, "log.db-shm")))

	changed := copied("changed", h.data)
	for _, end := range []string{"-wal", "-shm"} { // as after a clean end
		os.Remove(filepath.Join(changed, "log.db"+end))
		os.Remove(filepath.Join(changed, "seal.db"+end))
	}
	must(t, exec.Command("cp", filepath.Join(good, "log.db"), filepath.Join(good, "seal.db"), changed).Run())
	must(t, exec.Command("rm", "-r", filepath.Join(changed, "tiles")).Run())
	must(t, exec.Command("cp", "-r", filepath.Join(good, "tiles"), changed).Run())
	text, err := os.ReadFile(filepath.Join(changed, "log.db"))
	must(t, err)
	if n := bytes.Count(text, []byte("Example Shop GmbH")); n == 0 {
		t.Fatal("the name isn't there")
	}
	must(t, os.WriteFile(filepath.Join(changed, "log.db"), bytes.ReplaceAll(text, []byte("Example Shop GmbH"), []byte("Example Shop GmbX")), 0o600))

	for _, c := range []struct {
		dir  string
		ok   bool
		says string
	}{{good, true, "332 events sealed"}, {torn, false, "copy the directory to such a place"}, {changed, false, "events"}} {
		t.Run(filepath.Base(c.dir), func(t *testing.T) {
			forEverybody(t, c.dir)
			before := listing(t, c.dir)
			out, err := verify(true, c.dir)
			if (err == nil) != c.ok || !strings.Contains(out, c.says) {
				t.Errorf("%v %s", err, out)
			}
			if after := listing(t, c.dir); after != before {
				t.Errorf("it was changed:\n%s\n%s", before, after)
			}
		})
	}
	t.Run("read-only mount", func(t *testing.T) {
		at := filepath.Join(h.dir, "mounted")
		must(t, os.Mkdir(at, 0o755))
		if out, err := exec.Command("sh", "-c", fmt.Sprintf("mount --bind %s %s && mount -o remount,ro,bind %s", good, at, at)).CombinedOutput(); err != nil {
			t.Skipf("SKIPPED: nothing can be mounted here: %s", out)
		}
		t.Cleanup(func() { must(t, exec.Command("umount", "-l", at).Run()) })
		if out, err := verify(false, at); err != nil || !strings.Contains(out, "332 events sealed") {
			t.Errorf("%v %s", err, out)
		}
	})
}
