package main

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"muniment/ledger/eventstore/esdbtest"
	"muniment/ledger/sqldb/pgtest"
)

// engineCheck checks the engine at a URL, which is given as one with a password must be.
func engineCheck(t *testing.T, url string, args ...string) (code int, out, errs string) {
	t.Helper()
	t.Setenv("MUNIMENT_LEDGER", url)
	var o, e bytes.Buffer
	code = run(t.Context(), append([]string{"engine-check"}, args...), terminal{in: strings.NewReader(""), out: &o, err: &e, dir: t.TempDir()})
	t.Logf("muniment engine-check %s\n%s%sexit %d", strings.Join(args, " "), o.String(), e.String(), code)
	return code, o.String(), e.String()
}

// TestEngineCheck: every promise holds on SQLite, on a real PostgreSQL, where nothing is left behind,
// and on the test double of EventStoreDB, told in a table.
func TestEngineCheck(t *testing.T) {
	double := esdbtest.Start(t, esdbtest.Options{})
	server := pgtest.Start(t)
	defer func() {
		if left := server.Ask("postgres", "SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'muniment%'"); left != "0" {
			t.Errorf("%s schemas are left", left)
		}
	}()
	for _, url := range []string{"", "sqlite:" + t.TempDir(), server.URL("postgres"), double.URL()} {
		code, out, _ := engineCheck(t, url)
		if code != exitDone || strings.Contains(out, " NO ") || !strings.Contains(out, "17 of 17 hold.") {
			t.Errorf("%s: exit code %d", url, code)
		}
	}
}

// TestEngineCheckBehindPooler: a pooler that passes over startup parameters brings no table into somebody
// else's schema and takes none from it; one in transaction mode is refused with the mode that is needed.
func TestEngineCheckBehindPooler(t *testing.T) {
	server := pgtest.Start(t)
	server.Exec("postgres", "CREATE TABLE public.customers (n INT)")
	server.Exec("postgres", "INSERT INTO public.customers SELECT generate_series(1, 1000)")
	const ignored = "search_path,idle_in_transaction_session_timeout"
	code, out, _ := engineCheck(t, server.URLAt(server.Pooler(t, "session", ignored), "postgres"))
	if code != exitDone || !strings.Contains(out, "17 of 17 hold.") || !strings.Contains(out, "no synchronous standby") {
		t.Errorf("session mode: exit code %d", code)
	}
	code, _, errs := engineCheck(t, server.URLAt(server.Pooler(t, "transaction", ignored), "postgres"))
	if code != exitFailed || !strings.Contains(errs, "pool_mode=session") {
		t.Errorf("transaction mode: exit code %d: %s", code, errs)
	}
	if left := server.Ask("postgres", "SELECT count(*) FROM public.customers"); left != "1000" {
		t.Errorf("%s rows of somebody's table are left", left)
	}
	if left := server.Ask("postgres", "SELECT string_agg(table_schema || '.' || table_name, ' ') FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"); left != "public.customers" {
		t.Errorf("tables: %s", left)
	}
}

// TestEngineCheckFails: what can't be checked says why, in time, without the password.
func TestEngineCheckFails(t *testing.T) {
	for url, want := range map[string]struct {
		code int
		says string
	}{
		"mysql://admin:secret-pw@localhost":                              {exitUsage, "expected sqlite:DIR, postgres://"},
		"postgres://admin:secret-pw@127.0.0.1:1/muniment":                {exitFailed, "nothing listens there"},
		"esdb://admin:secret-pw@" + esdbtest.BlackHole(t) + "?tls=false": {exitFailed, "check host and port"},
		"esdb://localhost:1?tls=perhaps":                                 {exitFailed, "true or false"},
		"sqlite:/nowhere/at/all":                                         {exitFailed, "/nowhere/at/all"},
	} {
		code, out, errs := engineCheck(t, url, "--ledger-timeout", "1s")
		if code != want.code || !strings.Contains(errs, want.says) || strings.Contains(out+errs, "secret-pw") {
			t.Errorf("%s: exit code %d, %s", url, code, errs)
		}
	}
}

// TestEngineCheckNotices: an engine that loses what it acknowledged is found out.
func TestEngineCheckNotices(t *testing.T) {
	double := esdbtest.Start(t, esdbtest.Options{})
	var mu sync.Mutex
	seen := map[string]bool{}
	double.OnAppend(func(stream string) esdbtest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if !seen[stream] && len(seen) == 10 {
			double.Hide(stream, 0) // an event that is acknowledged, and lost
		}
		seen[stream] = true
		return esdbtest.None
	})
	code, _, errs := engineCheck(t, double.URL(), "--ledger-timeout", "1s")
	if code != exitFailed || !strings.Contains(errs, "doesn't keep") {
		t.Errorf("exit code %d, %s", code, errs)
	}
}
