package sqlstore

import (
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"muniment/ledger"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/pgtest"
)

// TestServerIsFull: a server that has no room, or takes no writes, is answered as a full store is:
// nothing was kept. It goes on by itself when that is over.
func TestServerIsFull(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	log := openServer(t, server.URL("postgres"))
	defer log.Close()
	for name, c := range map[string]struct{ begin, end string }{
		"read-only": {`ALTER SYSTEM SET default_transaction_read_only = on`, `ALTER SYSTEM RESET default_transaction_read_only`},
		"no room": {`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''could not extend file'' USING ERRCODE = ''53100''; END';
			CREATE TRIGGER full_disk BEFORE INSERT ON muniment_log.events EXECUTE FUNCTION full_disk()`, `DROP FUNCTION full_disk CASCADE`},
	} {
		before := mustAppend(t, log, events(1)...)[0].Seq
		server.Exec("postgres", c.begin)
		server.Exec("postgres", `SELECT pg_reload_conf()`)
		refused := events(1)
		for { // a session hears of the reload in a moment
			r := log.Append(t.Context(), refused...)[0]
			if r.Err == nil {
				before, refused = r.Placed[0].Seq, events(1)
				continue
			}
			if !errors.Is(r.Err, ledger.ErrFull) || errors.Is(r.Err, ledger.ErrUnknown) {
				t.Errorf("%s: %v", name, r.Err)
			}
			break
		}
		server.Exec("postgres", c.end)
		server.Exec("postgres", `SELECT pg_reload_conf()`)
		for {
			r := log.Append(t.Context(), refused...)[0]
			if errors.Is(r.Err, ledger.ErrFull) {
				continue
			}
			if r.Err != nil || r.Placed[0].Seq != before+1 || r.Placed[0].Prior {
				t.Errorf("%s, afterwards: %+v instead of event %d", name, r, before+1)
			}
			break
		}
	}
}

// TestServerMessages: whatever is appended at once, no statement and no transaction carries more than
// the cap, and everything is kept.
func TestServerMessages(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	log := openServer(t, server.URL("postgres"))
	defer log.Close()
	server.Exec("postgres", `CREATE TABLE public.seen (tx TEXT, size BIGINT);
		CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
			INSERT INTO public.seen SELECT pg_current_xact_id()::text, sum(length(envelope) + length(payload)) FROM added; RETURN NULL; END';
		CREATE TRIGGER look AFTER INSERT ON muniment_log.events REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION look()`)
	large := events(400)
	for i := range large {
		e := &large[i].Entries[0]
		e.Payload = []byte(`{"content":"` + strings.Repeat("x", 60<<10) + `"}`)
		claim := sha256.Sum256(e.Payload)
		e.Claim = claim[:]
	}
	mustAppend(t, log, large...)
	ask := func(text string) string { return server.Ask("postgres", text) }
	if n := ask(`SELECT count(*) FROM muniment_log.events`); n != "400" {
		t.Errorf("%s events", n)
	}
	for _, q := range []string{`SELECT max(size) <= $ AND min(size) > 0 FROM seen`, `SELECT max(s) <= $ AND count(*) > 4 FROM (SELECT sum(size) AS s FROM seen GROUP BY tx) t`} {
		if got := ask(strings.ReplaceAll(q, "$", strconv.Itoa(sqldb.MaxMessage))); got != "true" {
			t.Errorf("%s: %s", q, got)
		}
	}
}

// roundTrips of an append of one event: begin, look, events, claims, streams, head, this writer's mark,
// commit.
const roundTrips = 8

// TestRoundTrips counts how often an append waits for the server: over a distance nothing else counts.
func TestRoundTrips(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	addr, turns := counting(t, server.Addr)
	log := openServer(t, server.URLAt(addr, "postgres"))
	defer log.Close()
	mustAppend(t, log, events(1)...) // the first finds everything prepared or prepares it
	before := turns.Load()
	const n = 10
	for range n {
		mustAppend(t, log, events(1)...)
	}
	if got := turns.Load() - before; got != n*roundTrips {
		t.Errorf("%d appends took %d round trips, expected %d", n, got, n*roundTrips)
	}
}

// counting is a proxy that counts how often the client speaks after the server did.
func counting(t *testing.T, upstream string) (addr string, turns *atomic.Int64) {
	t.Helper()
	turns = &atomic.Int64{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", upstream)
			if err != nil {
				client.Close()
				return
			}
			var answered atomic.Bool
			answered.Store(true)
			go func() {
				defer client.Close()
				io.Copy(client, reading{server, func() { answered.Store(true) }})
			}()
			go func() {
				defer server.Close()
				io.Copy(server, reading{client, func() {
					if answered.Swap(false) {
						turns.Add(1)
					}
				}})
			}()
		}
	}()
	return l.Addr().String(), turns
}

// reading calls then whenever something was read.
type reading struct {
	io.Reader
	then func()
}

func (r reading) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if n > 0 {
		r.then()
	}
	return n, err
}
