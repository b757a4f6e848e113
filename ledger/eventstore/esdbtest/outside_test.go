package esdbtest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

const (
	kurrent        = "github.com/kurrent-io/KurrentDB-Client-Go"
	kurrentVersion = "v1.1.0"
)

// suites are those of KurrentDB's client that need one node and neither projections nor persistent
// subscriptions, with the number of tests in each.
var suites = map[string]int{
	"TestAppendEventsSuite": 3, "TestReadStreamSuite": 6, "TestReadAllSuite": 5, "TestSubscriptionSuite": 6,
	"TestDeleteSuite": 3, "TestConnectionSuite": 1, "TestSecureAuthenticationSuite": 3, "TestInsecureAuthenticationSuite": 2,
}

// TestOutside lets the vendor judge the double: KurrentDB-Client-Go's own, unmodified test suites are
// run against it. Its client can't be linked together with ours (both register the same protocol
// names and panic), so the suites are copied from the module cache and run as a test binary of their
// own. Their fixtures want localhost:2114 without and 2115 with TLS; the certificates that came with
// them have expired, so fresh ones take their place in the copy.
func TestOutside(t *testing.T) {
	if testing.Short() {
		t.Skip("the vendor's suites take half a minute")
	}
	dir := kurrentCopy(t)
	certificates, err := MakeCertificates(filepath.Join(dir, "certs", "ca"))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{
		{Address: "127.0.0.1:2114", Version: "25.1.0.1"},
		{Address: "127.0.0.1:2115", Version: "25.1.0.1", TLS: certificates, Users: map[string]string{"admin": "changeit"}},
	} {
		s, err := New(o)
		if errors.Is(err, syscall.EADDRINUSE) {
			t.Skipf("SKIPPED, THE DOUBLE IS NOT CHECKED FROM OUTSIDE: %v, and the suites want this port", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer s.Stop()
	}
	var names []string
	want := 0
	for name, tests := range suites {
		names = append(names, name)
		want += tests
	}
	cmd := exec.Command("go", "test", "-mod=mod", "-count=1", "-v", "-timeout=4m", "-run", "^("+strings.Join(names, "|")+")$", "./test")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	passed := len(regexp.MustCompile(`(?m)^    --- PASS`).FindAll(out, -1))
	if skipped := regexp.MustCompile(`(?m)^ *--- SKIP.*`).FindAll(out, -1); len(skipped) > 0 {
		t.Errorf("skipped: %s", skipped)
	}
	if err != nil && passed == 0 && unreachable(out) {
		t.Skipf("SKIPPED, THE DOUBLE IS NOT CHECKED FROM OUTSIDE: the suites' modules can't be had:\n%s", tail(out))
	}
	if err != nil || passed != want {
		t.Fatalf("%d of %d of the vendor's tests pass (%v):\n%s", passed, want, err, tail(out))
	}
	t.Logf("%d of %d of the vendor's own tests pass against the double (%s %s)", passed, want, kurrent, kurrentVersion)
}

// kurrentCopy copies the module, as it was published, into a directory of the test's own.
func kurrentCopy(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", kurrent+"@"+kurrentVersion)
	cmd.Dir = t.TempDir() // outside of our module: it must not enter our go.mod
	out, err := cmd.Output()
	at := regexp.MustCompile(`"Dir": "([^"]+)"`).FindSubmatch(out)
	if err != nil || at == nil {
		t.Skipf("SKIPPED, THE DOUBLE IS NOT CHECKED FROM OUTSIDE: %s %s can't be had: %v", kurrent, kurrentVersion, err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(string(at[1]))); err != nil {
		t.Fatal(err)
	}
	for _, rel := range []string{"certs/ca/ca.crt", "go.mod", "go.sum"} {
		if err := os.Chmod(filepath.Join(dir, rel), 0o600); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = os.Chmod(path, 0o700) // the cache is read-only; the copy must be removable
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func unreachable(out []byte) bool {
	for _, sign := range []string{"dial tcp", "no such host", "403 Forbidden", "410 Gone", "missing go.sum entry", "module lookup disabled"} {
		if bytes.Contains(out, []byte(sign)) && !bytes.Contains(out, []byte("=== RUN")) {
			return true
		}
	}
	return false
}

func tail(out []byte) []byte {
	if len(out) > 8000 {
		return out[len(out)-8000:]
	}
	return out
}
