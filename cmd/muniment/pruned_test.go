package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
)

// prune has the first bundles of a ledger struck and pruned, as its own retention does.
func (h home) prune(to int64) {
	h.t.Helper()
	house, err := openHouse(h.t.Context(), houseConfig{Data: h.data, Keys: h.data + ".keys", Log: newLogger(io.Discard, true, true), Now: time.Now})
	must(h.t, err)
	defer house.Close()
	records, err := house.ledger.Log.Read(h.t.Context(), 0, int(to))
	must(h.t, err)
	for _, r := range records {
		k, err := ledger.Decode(r)
		must(h.t, err)
		_, epoch := k.Event.(domain.EpochSealed)
		if kind, _ := domain.Lookup(k.Kind); !kind.Passing || epoch {
			continue
		}
		pay, err := seal.PayloadCommitment(r.Payload)
		must(h.t, err)
		_, err = house.ledger.Log.(ledger.Striker).Strike(h.t.Context(), ledger.Removal{At: ledger.Key{Stream: r.Stream, ID: k.ID}, Stub: ledger.Stub(pay)})
		must(h.t, err)
	}
	must(h.t, house.erasures.Prune(h.t.Context(), domain.ID{}, domain.Range{From: 0, To: to}))
	must(h.t, house.sealed(h.t.Context()))
}

// says runs a command with an auditor's token, which must succeed or fail, and returns all that it says.
func (h home) says(succeeds bool, token string, args ...string) string {
	h.t.Helper()
	c := h.command(args...)
	c.Env = append(c.Env, "MUNIMENT_TOKEN="+token)
	out, err := c.CombinedOutput()
	if (err == nil) != succeeds {
		h.t.Errorf("muniment %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// restored restores a copy, and returns where.
func (h home) restored(from string, args ...string) home {
	h.t.Helper()
	r := home{h.t, h.dir, from + ".data"}
	r.muniment(append([]string{"restore", "--from", from, "--keys", h.data + ".keys"}, args...)...)
	must(h.t, os.Symlink(h.data+".keys", r.data+".keys"))
	return r
}

// TestPrunedLedger is the life of a ledger after it was pruned: it is served, verified, watched, asked,
// imported into, backed up and restored; and what can't be shown any more is refused.
func TestPrunedLedger(t *testing.T) {
	const calls = 700
	h := newHome(t)
	accounts, file := h.file("shop.ndjson", shopOnboarded()), h.file("calls.ndjson", manyCalls(calls))
	h.muniment("import", "--as", "events", accounts)
	h.muniment("import", "--as", "events", file)
	policy := h.file("policy.txt", h.muniment("keys", "policy")+"\n")
	token := h.muniment("token", "create", "--role", "regulator", "--tenant", shop)
	h.muniment("epoch")
	watch := func(succeeds bool, state string) string {
		s := h.serve()
		defer s.stop()
		out := h.says(succeeds, token, "monitor", s.url, "--policy", policy, "--state", filepath.Join(h.dir, state), "--once")
		out += h.says(true, token, "verify", s.url, "--policy", policy, "--accept-unwitnessed")
		return out
	}
	watch(true, "seen")
	before, since := filepath.Join(h.dir, "before"), filepath.Join(h.dir, "since")
	h.muniment("backup", "--to", before)
	h.prune(512)
	h.sound()
	whole := func(h home, policy string) {
		t.Helper()
		out := h.muniment("verify", "--policy", policy, "--accept-unwitnessed", h.data)
		if !strings.Contains(out, "pruned     ok  of ") || !strings.Contains(out, "intact     ok") {
			t.Error(out)
		}
	}
	whole(h, policy)
	if out := watch(true, "seen"); !strings.Contains(out, "pruned     --  of events 0 to 511 only hashes are shown") {
		t.Error(out)
	}
	if out := watch(false, "begun-late"); !strings.Contains(out, "event 0 was pruned before it was counted here") || strings.Contains(out, "ALARM") {
		t.Error(out)
	}
	if out := h.says(false, "", "bundle", "--tenant", shop, "-o", "shop.zip"); !strings.Contains(out, "events 0 to 511 were pruned, as event") || !strings.Contains(out, "ask for a period that begins at") {
		t.Error(out)
	}
	if out := lastLine(h.muniment("import", "--as", "events", file)); !strings.HasPrefix(out, fmt.Sprintf("kept 0, duplicate %d, refused 0", calls)) {
		t.Errorf("imported again: %s", out)
	}

	h.muniment("backup", "--to", since)
	r := h.restored(since)
	whole(r, policy)
	r.muniment("epoch") // the heads came along
	r.sound()
	r = h.restored(before, "--accept-lost-tail") // it knows of no pruning
	whole(r, r.file("new-policy.txt", r.muniment("keys", "policy")+"\n"))
	r.muniment("epoch")
	r.sound()
}
