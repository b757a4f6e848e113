package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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
	must(t, awaited("what was kept is signed", func() (bool, error) {
		signed, err := s.signed()
		return fmt.Sprint(signed) == primary.Ask("postgres", `SELECT next FROM muniment_log.head`), err
	}))
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
	if s.result == nil || !strings.Contains(told, "another history") || !strings.Contains(told, "a standby was promoted") || !strings.Contains(told, "events kept: what the database has less than that is lost") {
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
	if text := err.Error(); !strings.Contains(text, "the keys directory says that") || strings.Contains(text, "another instance") {
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

// signed is how many events the newest checkpoint stands for.
func (s *serving) signed() (size int64, err error) {
	r, err := http.Get(s.url + "/checkpoint")
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err
	}
	lines := strings.Split(string(text), "\n")
	if r.StatusCode != http.StatusOK || len(lines) < 3 {
		return 0, fmt.Errorf("status %d: %s", r.StatusCode, text)
	}
	return strconv.ParseInt(lines[1], 10, 64)
}

// TestServiceBehindPooler: a service runs behind a pooler that leaves each connection its session; where
// the pooler has fewer connections than are needed, the start says so in time.
func TestServiceBehindPooler(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	const ignored = "search_path,idle_in_transaction_session_timeout"
	h := homeOf(t)
	t.Setenv("MUNIMENT_STORE", server.URLAt(server.Pooler(t, "session", ignored), "postgres"))
	h.muniment("import", "--as", "events", h.file("shop.ndjson", shopOnboarded()))
	s := h.serve()
	h.muniment("import", "--as", "events", h.file("again.ndjson", shopOnboarded()))
	must(t, s.stop())
	if got := server.Ask("postgres", `SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'`); got != "0" {
		t.Errorf("%s tables in public", got)
	}
	t.Setenv("MUNIMENT_STORE", server.URLAt(server.SmallPooler(t, "session", ignored, 5), "postgres")+"&connect_timeout=1")
	_, err := serve(h.dir, []string{"MUNIMENT_DATA=" + h.data})
	if err == nil || !strings.Contains(err.Error(), "pool") {
		t.Errorf("a small pool: %v", err)
	}
}
