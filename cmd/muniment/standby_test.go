package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"muniment/ledger/sqldb/pgtest"
)

// TestPromotedUnderService: the primary is lost and a standby that lagged is promoted. The service ends
// and says that, not that another process is at work, and what it acknowledged isn't numbered a second
// time: a new start refuses the shorter log.
func TestPromotedUnderService(t *testing.T) {
	primary := pgtest.Start(t)
	standby := primary.Standby(t)
	t.Setenv("MUNIMENT_STORE", standby.URLOfBoth("postgres"))
	h := homeOf(t)
	h.muniment("import", "--as", "events", h.file("shop.ndjson", shopOnboarded()))
	s, err := serve(h.dir, []string{"MUNIMENT_DATA=" + h.data})
	must(t, err)
	if told := s.out.String(); !strings.Contains(told, "no synchronous standby") {
		t.Errorf("the start doesn't say what the server doesn't promise: %s", told)
	}
	standby.CatchUp()
	standby.Lag()
	h.muniment("import", "--as", "events", h.file("policy.ndjson",
		`{"kind":"retention.policy_set","tenant":"`+shop+`","sourceId":"policy/1","occurred":"2025-03-01","data":{"window":"DAYS_60","acknowledged":true}}`+"\n"))
	primary.Crash()
	standby.Promote()
	must(t, awaited("the service has ended", func() (bool, error) {
		select {
		case <-s.ended:
			return true, nil
		default:
			return false, nil
		}
	}))
	told := s.out.String()
	if s.result == nil || !strings.Contains(told, "another history") || !strings.Contains(told, "a standby was promoted") {
		t.Errorf("told: %v\n%s", s.result, told)
	}
	for _, wrong := range []string{"another instance", "another process"} {
		if strings.Contains(told, wrong) {
			t.Errorf("told of %s:\n%s", wrong, told)
		}
	}
	again, err := serve(h.dir, []string{"MUNIMENT_DATA=" + h.data})
	if err == nil {
		again.kill()
		t.Fatal("a new start works on the shorter log as if nothing had happened")
	}
	if text := err.Error(); !strings.Contains(text, "the log has 2 events, and the keys directory says that 3 were signed") || strings.Contains(text, "another instance") {
		t.Errorf("a new start: %s", text)
	}
}

// TestCopiedDirectory: an exact copy of a data directory can't work beside its original, which goes on;
// the original may start again at once after it was killed.
func TestCopiedDirectory(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	t.Setenv("MUNIMENT_STORE", server.Database())
	h := homeOf(t)
	h.muniment("import", "--as", "events", h.file("shop.ndjson", shopOnboarded()))
	s := h.serve()
	copied := h
	copied.data = filepath.Join(h.dir, "copy")
	if out, err := exec.Command("cp", "-a", h.data, copied.data).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	must(t, os.RemoveAll(filepath.Join(copied.data, "control.sock")))
	taking := copied.command("import", "--as", "events", h.file("shop.ndjson", shopOnboarded()), "--keys", h.data+".keys")
	out, err := taking.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "a copy can't work beside its original") {
		t.Errorf("the copy: %v\n%s", err, out)
	}
	if ok, err := s.ready(); !ok || err != nil {
		t.Errorf("the original: %v\n%s", err, s.out)
	}
	s.kill()
	h.serve() // awaited for 20 seconds, which a wait for the dead wouldn't leave much of
}
