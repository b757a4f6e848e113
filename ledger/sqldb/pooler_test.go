package sqldb_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/pgtest"
)

// passedOver are the startup parameters that operators make PgBouncer pass over.
const passedOver = "search_path,idle_in_transaction_session_timeout,extra_float_digits"

// TestPoolerInSessionMode: behind a pooler that refuses startup parameters, or passes over them, every
// connection is in the schema that was asked for, and a transaction outlives a crash of the server.
func TestPoolerInSessionMode(t *testing.T) {
	server := pgtest.Start(t)
	for name, ignored := range map[string]string{"refuses parameters": "extra_float_digits", "passes over them": passedOver} {
		t.Run(name, func(t *testing.T) {
			url := server.URLAt(server.Pooler(t, "session", ignored), "postgres") + "&statement_timeout=77000"
			schema := strings.ReplaceAll(name, " ", "_")
			db := openServer(t, url, schema)
			must(t, db, tally)
			for _, q := range []struct{ text, want string }{
				{`SELECT current_schema()`, schema},
				{`SELECT current_setting('statement_timeout')`, "77s"},
				{`SELECT current_setting('idle_in_transaction_session_timeout')`, "1min"},
				{fmt.Sprintf(`SELECT table_schema FROM information_schema.tables WHERE table_name = 'tally' AND table_schema IN ('public', '%s')`, schema), schema},
			} {
				if got := column(t, db, q.text); got != q.want {
					t.Errorf("%s: %q instead of %q", q.text, got, q.want)
				}
			}
			for i := range 3 {
				if i == 1 {
					server.Crash()
					server.Resume()
				}
				must(t, db, kept, i)
			}
			exactlyOnce(t, db, 3)
		})
	}
}

// TestPoolerInTransactionMode: it is refused with the mode that is needed, before anything is set or
// written.
func TestPoolerInTransactionMode(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	for _, mode := range []string{"transaction", "statement"} {
		url := server.URLAt(server.Pooler(t, mode, passedOver), "postgres")
		for range 3 {
			db, err := sqldb.OpenServer(t.Context(), url, "muniment_log")
			if err == nil {
				db.Close()
			}
			if !errors.Is(err, sqldb.ErrTransactionPooler) || !strings.Contains(fmt.Sprint(err), "pool_mode=session") {
				t.Errorf("%s mode: %v", mode, err)
			}
			if _, err := sqldb.MakeScratch(t.Context(), url); !errors.Is(err, sqldb.ErrTransactionPooler) {
				t.Errorf("%s mode, a trial: %v", mode, err)
			}
		}
		pooled, err := sql.Open("pgx", url+"&default_query_exec_mode=simple_protocol")
		if err != nil {
			t.Fatal(err)
		}
		defer pooled.Close()
		var path string
		if err := pooled.QueryRow(`SELECT current_setting('search_path')`).Scan(&path); err != nil || path != `"$user", public` {
			t.Errorf("%s mode: somebody else finds search_path %s, %v", mode, path, err)
		}
	}
	if n := server.Ask("postgres", `SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'muniment%'`); n != "0" {
		t.Errorf("%s schemas were made", n)
	}
}

// TestScratch: what was made for a trial is removed, and nothing else: given somebody's table in the
// trial's schema, or another mark in it, then nothing of somebody's is gone.
func TestScratch(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	server.Exec("postgres", `CREATE TABLE public.customers (n INT)`)
	server.Exec("postgres", `INSERT INTO public.customers SELECT generate_series(1, 1000)`)
	session := server.URLAt(server.Pooler(t, "session", passedOver), "postgres")
	for name, c := range map[string]struct {
		before func(schema string)
		want   error
	}{
		"as it was":       {func(string) {}, nil},
		"a foreign table": {func(schema string) { server.Exec("postgres", `CREATE TABLE `+schema+`.theirs (n INT)`) }, sqldb.ErrNotOurs},
		"a foreign mark": {func(schema string) {
			server.Exec("postgres", `UPDATE `+schema+`.muniment_made_this SET word = 'theirs'`)
		}, sqldb.ErrNotOurs},
		"a foreign domain": {func(schema string) { server.Exec("postgres", `CREATE DOMAIN `+schema+`.theirs AS TEXT`) }, errAny},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := sqldb.MakeScratch(t.Context(), session)
			if err != nil {
				t.Fatal(err)
			}
			c.before(s.Schema)
			err = s.Remove(t.Context(), nil)
			if (err == nil) != (c.want == nil) || c.want != nil && c.want != errAny && !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
			left := server.Ask("postgres", `SELECT count(*) FROM information_schema.schemata WHERE schema_name = '`+s.Schema+`'`)
			if (left == "0") != (c.want == nil) {
				t.Errorf("%s schemas are left", left)
			}
		})
	}
	if n := server.Ask("postgres", `SELECT count(*) FROM public.customers`); n != "1000" {
		t.Errorf("%s rows of somebody's are left", n)
	}
}

var errAny = errors.New("any")
