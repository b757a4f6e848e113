package eventstore

import (
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/eventstore/esdbtest"
	"muniment/ledger/logtest"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
)

// The client forgets to close a connection when a call finds it lost while another one has just told
// so: three goroutines stay, once per outage at most. TestNothingLeft sees to our own.
func TestMain(m *testing.M) {
	crashtest.Child(map[string]func(string) error{"append until killed": appendUntilKilled})
	// A call that a dead client never lets go can't be ended from outside, only left ([supervisor]): after
	// an outage some wait in the client for as long as the process lives.
	const client = "github.com/EventStore/EventStore-Client-Go/v4/esdb.(*grpcClient)."
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run"),
		goleak.IgnoreTopFunction(client+"handleError"), goleak.IgnoreTopFunction(client+"getConnectionHandle"))
}

// TestNothingLeft: without an outage nothing stays behind a closed log, also not after a failed opening.
func TestNothingLeft(t *testing.T) {
	g := begin(t, esdbtest.Options{}, nil)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	before := goleak.IgnoreCurrent()
	for range 5 {
		g.open(nil)
		g.must(one(newStream(), ledger.Any))
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := tryOpen(t, g.server.URL(), g.path, func(c *Config) { c.Name = "another" }); err == nil {
			t.Fatal("it opened another log's map")
		}
	}
	g.server.Stop()
	goleak.VerifyNone(t, before)
}

// TestConformance runs the contract against the test double, through the real client.
func TestConformance(t *testing.T) {
	logtest.Run(t, func(t *testing.T) func(*testing.T) ledger.Log {
		server := esdbtest.Start(t, esdbtest.Options{})
		path := filepath.Join(t.TempDir(), "map.db")
		return func(t *testing.T) ledger.Log { return openAt(t, server, path) }
	})
}

func openAt(t testing.TB, server *esdbtest.Server, path string) *Log {
	t.Helper()
	log, err := tryOpen(t, server.URL(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func tryOpen(t testing.TB, url, path string, change func(*Config)) (*Log, error) {
	t.Helper()
	db := dbtest.Open(t, path, sqldb.Options{})
	c := Config{URL: url, DB: db, Timeout: 5 * time.Second}
	if change != nil {
		change(&c)
	}
	log, err := Open(t.Context(), c)
	if err != nil {
		db.Close()
	}
	return log, err
}
