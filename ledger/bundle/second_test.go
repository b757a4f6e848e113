package bundle_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"muniment/ledger/bundle"
)

// second asks the verifier that somebody else wrote from docs/bundle.md and docs/formats.md alone. ok is false
// where it can't be asked.
func (w *world) second(text []byte) (verdict string, err error, ok bool) {
	w.t.Helper()
	return w.secondUnder(text, w.demands().Policy)
}

// secondUnder is second under another policy and with more demands.
func (w *world) secondUnder(text, pinned []byte, more ...string) (verdict string, err error, ok bool) {
	w.t.Helper()
	node, missing := exec.LookPath("node")
	if missing != nil {
		w.t.Log("NOT CHECKED: node is missing, so nothing but our own code has read this bundle; install Node 20 or later")
		return "", nil, false
	}
	dir := w.t.TempDir()
	path, policy := filepath.Join(dir, "bundle.zip"), filepath.Join(dir, "policy.txt")
	w.ok(os.WriteFile(path, text, 0o600))
	w.ok(os.WriteFile(policy, pinned, 0o600))
	out, err := exec.CommandContext(w.t.Context(), node, append([]string{"second/verify-bundle.mjs", path, "--policy", policy, "--accept-unwitnessed"}, more...)...).CombinedOutput()
	return string(out), err, true
}

// TestSecondVerifier: the second verifier comes to the same verdict about bundles of every kind.
func TestSecondVerifier(t *testing.T) {
	if testing.Short() {
		t.Skip("another process does the work")
	}
	w := newWorld(t)
	recorded := w.calls[3].Recorded / 1_000_000 * 1_000_000
	questions := map[string]bundle.Question{
		"ledger":   {Of: bundle.OfLedger},
		"tenant":   {Of: bundle.OfTenant, Tenant: w.shop},
		"stream":   {Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[0]},
		"person":   w.of(w.anna),
		"stranger": w.of([16]byte{9}),
		"recorded": {Of: bundle.OfSubject, Tenant: w.shop, Subject: w.bert, Axis: bundle.Recorded, From: recorded, To: recorded + 3600*1_000_000},
		"occurred": {Of: bundle.OfTenant, Tenant: w.shop, Axis: bundle.Occurred, From: recorded},
	}
	for _, erased := range []bool{false, true} {
		for name, q := range questions {
			text := w.make(q, &reading)
			w.holds(text)
			verdict, err, ok := w.second(text)
			if !ok {
				return
			}
			if err != nil || strings.Count(verdict, "\n") != 4 || !strings.HasPrefix(verdict, "intact ok ") {
				t.Errorf("%s: %v\n%s", name, err, verdict)
			}
		}
		if !erased {
			w.erase(w.anna)
		}
	}
}

// TestEmptyLedger: of a ledger that keeps nothing yet there is a bundle, too.
func TestEmptyLedger(t *testing.T) {
	w := emptyWorld(t)
	text := w.make(bundle.Question{Of: bundle.OfLedger}, nil)
	w.holds(text)
	if verdict, err, ok := w.second(text); ok && err != nil {
		t.Errorf("%v\n%s", err, verdict)
	}
}

// TestSecondVerifiersOwn runs the second verifier's own tests, with a real bundle none of whose bytes it lets pass
// when it is changed.
func TestSecondVerifiersOwn(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil || testing.Short() {
		t.Skip("NOT CHECKED: node is missing, or another process does the work")
	}
	w := newWorld(t)
	dir := t.TempDir()
	path, policy := filepath.Join(dir, "bundle.zip"), filepath.Join(dir, "policy.txt")
	w.ok(os.WriteFile(path, w.make(w.of([16]byte{9}), nil), 0o600))
	w.ok(os.WriteFile(policy, w.demands().Policy, 0o600))
	c := exec.CommandContext(t.Context(), node, "--test", "second/verify-bundle.test.mjs")
	c.Env = append(os.Environ(), "BUNDLE="+path, "POLICY="+policy)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
