package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/pgtest"
)

const (
	tally = `CREATE TABLE tally (n BIGINT NOT NULL)`
	kept  = `INSERT INTO tally (n) VALUES ($1)`
)

// exactlyOnce checks that the numbers below n are there once each.
func exactlyOnce(t *testing.T, db *sqldb.DB, n int) {
	t.Helper()
	var want []string
	for i := range n {
		want = append(want, fmt.Sprint(i))
	}
	if got := column(t, db, `SELECT n FROM tally ORDER BY n`); got != strings.Join(want, " ") {
		t.Errorf("lost or doubled: got %s", got)
	}
}

// TestSerializationFailures: writers who read and write the same row fail with 40001 again and again;
// every transaction that is reported done is there, once.
func TestSerializationFailures(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	dbs := []*sqldb.DB{openServer(t, server.URL("postgres"), "s"), openServer(t, server.URL("postgres"), "s"), openServer(t, server.URL("postgres"), "s")}
	must(t, dbs[0], tally)
	must(t, dbs[0], `CREATE TABLE counter (value BIGINT NOT NULL)`)
	must(t, dbs[0], `INSERT INTO counter (value) VALUES (0)`)
	const each = 60
	var g sync.WaitGroup
	attempts := make([]int, len(dbs))
	var read sync.WaitGroup // at first all read the same, so all but one fail
	read.Add(len(dbs))
	for i, db := range dbs {
		g.Go(func() {
			for range each {
				err := db.Tx(t.Context(), func(tx *sql.Tx) error {
					attempts[i]++
					var n int64
					if err := tx.QueryRow(`SELECT value FROM counter`).Scan(&n); err != nil {
						return err
					}
					if attempts[i] == 1 {
						read.Done()
						read.Wait()
					}
					if _, err := tx.Exec(`UPDATE counter SET value = $1`, n+1); err != nil {
						return fmt.Errorf("count: %w", err)
					}
					_, err := tx.Exec(kept, n)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	g.Wait()
	exactlyOnce(t, dbs[0], each*len(dbs))
	total := 0
	for _, n := range attempts {
		total += n
	}
	if total < each*len(dbs)+len(dbs)-1 {
		t.Error("no transaction failed, so nothing was shown")
	}
	t.Logf("%d transactions in %d attempts", each*len(dbs), total)
}

// TestCutConnections: every connection is cut after some thousand bytes, in the answer to a COMMIT too.
func TestCutConnections(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	straight := openServer(t, server.URL("postgres"), "cut")
	must(t, straight, tally)
	proxy := proxied(t, server.Addr)
	db := openServer(t, server.URLAt(proxy.Listen, "postgres"), "cut")
	const n = 150
	attempts := 0
	for i := range n {
		if i%30 == 0 {
			limit(t, proxy, 2000+rand.IntN(900)) // some 1700 of them for the connection itself
		}
		if err := db.Tx(t.Context(), func(tx *sql.Tx) error {
			attempts++
			_, err := tx.Exec(kept, i)
			return err
		}); err != nil {
			t.Fatalf("transaction %d: %v", i, err)
		}
	}
	exactlyOnce(t, straight, n)
	if attempts == n {
		t.Error("no transaction was cut off, so nothing was shown")
	}
	t.Logf("%d transactions in %d attempts", n, attempts)
}

// TestRestarts: the server crashes and comes back while transactions go on.
func TestRestarts(t *testing.T) {
	server := pgtest.Start(t)
	db := openServer(t, server.URL("postgres"), "restarts")
	must(t, db, tally)
	const n = 400
	crash, crashed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(crashed)
		for range crash {
			server.Crash()
			server.Resume()
		}
	}()
	for i := range n {
		if i%80 == 0 {
			crash <- struct{}{} // and go on while that happens
		}
		if err := db.Tx(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(kept, i)
			return err
		}); err != nil {
			t.Errorf("transaction %d: %v", i, err)
			break
		}
	}
	close(crash)
	<-crashed
	exactlyOnce(t, openServer(t, server.URL("postgres"), "restarts"), n)
}

// TestUnknown: the answer to a COMMIT is lost and the server stays away: the caller is told that nobody
// knows.
func TestUnknown(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	proxy := proxied(t, server.Addr)
	db := openServer(t, server.URLAt(proxy.Listen, "postgres"), "unknown")
	must(t, db, tally)
	sqldb.SetPatience(db, 0)
	err := db.Tx(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(kept, 0)
		sqldb.BeforeCommit(db, proxy.Stop)
		return err
	})
	if !errors.Is(err, sqldb.ErrUnknown) || !sqldb.IsAway(err) {
		t.Errorf("got %v", err)
	}
}

// TestNoTimeLeft: the caller's time ends while a commit is on its way. What it is told is what is
// there, then and afterwards.
func TestNoTimeLeft(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	straight := openServer(t, server.URL("postgres"), "late")
	must(t, straight, tally)
	proxy := proxied(t, server.Addr)
	db := openServer(t, server.URLAt(proxy.Listen, "postgres"), "late")
	if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(`{"type":"latency","stream":"upstream","attributes":{"latency":15}}`)); err != nil {
		t.Fatal(err)
	}
	told, late := "", 0
	for i := range 30 {
		ctx, cancel := context.WithCancel(t.Context())
		sqldb.BeforeCommit(db, func() { time.AfterFunc(time.Duration(rand.IntN(30))*time.Millisecond, cancel) })
		err := db.Tx(ctx, func(tx *sql.Tx) error {
			_, err := tx.Exec(kept, i)
			return err
		})
		cancel()
		if err == nil {
			told = strings.TrimSpace(fmt.Sprint(told, " ", i))
		} else if late++; errors.Is(err, sqldb.ErrUnknown) {
			t.Errorf("transaction %d: %v", i, err)
		}
		if got := column(t, straight, `SELECT n FROM tally ORDER BY n`); got != told {
			t.Fatalf("transaction %d: %v, and there is %s instead of %s", i, err, got, told)
		}
	}
	sqldb.BeforeCommit(db, nil)
	t.Logf("%d of 30 were told that their time was over", late)
}

func proxied(t *testing.T, upstream string) *toxiproxy.Proxy {
	t.Helper()
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.New(io.Discard))
	proxy := toxiproxy.NewProxy(api, "postgres", "127.0.0.1:0", upstream)
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	return proxy
}

// limit cuts each connection once the server has sent so many bytes through it.
func limit(t *testing.T, proxy *toxiproxy.Proxy, bytes int) {
	t.Helper()
	proxy.Toxics.ResetToxics(t.Context())
	_, err := proxy.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(`{"type":"limit_data","stream":"downstream","attributes":{"bytes":%d}}`, bytes)))
	if err != nil {
		t.Fatal(err)
	}
}
