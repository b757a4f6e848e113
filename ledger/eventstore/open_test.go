package eventstore

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muniment/ledger"
	"muniment/ledger/eventstore/esdbtest"
	"muniment/ledger/sqldb"
)

// TestOpenFails: whatever is wrong with the other side, opening says so in time, says what to do, and
// never repeats the password.
func TestOpenFails(t *testing.T) {
	certificates, err := esdbtest.MakeCertificates(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	strangers, err := esdbtest.MakeCertificates(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	plain := esdbtest.Start(t, esdbtest.Options{}).Address()
	secure := esdbtest.Start(t, esdbtest.Options{TLS: certificates, Users: map[string]string{"admin": "changeit"}}).Address()
	mute := esdbtest.Start(t, esdbtest.Options{})
	mute.Mute(true)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	for name, c := range map[string]struct{ url, says string }{
		"nobody listens":          {"esdb://" + free.Addr().String() + "?tls=false", "nobody listens at"},
		"accepts, never answers":  {"esdb://" + esdbtest.BlackHole(t) + "?tls=false", "check host and port"},
		"handshakes, then mute":   {"esdb://" + mute.Address() + "?tls=false", "check host and port"},
		"one of a cluster, mute":  {"esdb://" + esdbtest.BlackHole(t) + "," + free.Addr().String() + "?tls=false", "check host and port"},
		"no such host":            {"esdb://nowhere.invalid:2113?tls=false", "check host and port"},
		"wrong password":          {"esdb://admin:secret-pw@" + secure + "?tlsCaFile=" + certificates.CAFile, "check user name and password"},
		"no password":             {"esdb://" + secure + "?tlsCaFile=" + certificates.CAFile, "check user name and password"},
		"unknown authority":       {"esdb://admin:secret-pw@" + secure + "?tlsCaFile=" + strangers.CAFile, "tlsCaFile"},
		"no authority":            {"esdb://admin:secret-pw@" + secure, "tlsCaFile"},
		"TLS to a plain node":     {"esdb://admin:secret-pw@" + plain, "tls=false"},
		"plain to a TLS node":     {"esdb://" + secure + "?tls=false", "check host and port"},
		"another scheme":          {"postgres://admin:secret-pw@localhost", "wrong form"},
		"no scheme":               {"localhost:2113", "wrong form"},
		"no host":                 {"esdb://", "host"},
		"a port that is none":     {"esdb://admin:secret-pw@localhost:http", "can't be read"},
		"a password in the way":   {"esdb://admin:secret-pw%zz@localhost:2113", "percent-encoded"},
		"a mistyped setting":      {"esdb://localhost:2113?tlsVerfyCert=false", "there is no setting \"tlsVerfyCert\""},
		"a setting of wrong form": {"esdb://localhost:2113?tls=perhaps", "true or false"},
		"a missing file":          {"esdb://localhost:2113?tlsCaFile=/nowhere/ca.crt", "/nowhere/ca.crt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			log, err := tryOpen(t, c.url, filepath.Join(t.TempDir(), "map.db"), func(c *Config) { c.Timeout = time.Second })
			if err == nil {
				log.Close()
				t.Fatal("it opened")
			}
			if took := time.Since(begun); took > 8*time.Second {
				t.Errorf("it took %v", took)
			}
			if !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret-pw") {
				t.Errorf("it says: %v", err)
			}
		})
	}
}

// TestOpenEnds: the caller's own deadline counts where it is earlier.
func TestOpenEnds(t *testing.T) {
	db, err := sqldb.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "map.db"), sqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if _, err := Open(ctx, Config{URL: "esdb://" + esdbtest.BlackHole(t) + "?tls=false", DB: db, Timeout: time.Second}); err == nil {
		t.Fatal("it opened")
	}
	if took := time.Since(begun); took > 800*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

// TestSecure: TLS, a password, and a log that works.
func TestSecure(t *testing.T) {
	certificates, err := esdbtest.MakeCertificates(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	g := begin(t, esdbtest.Options{TLS: certificates, Users: map[string]string{"admin": "changeit"}}, nil)
	g.must(one(newStream(), ledger.Any))
	g.count(1)
}

// TestLeader: a follower sends us on to its leader, with and without gossip.
func TestLeader(t *testing.T) {
	leader := esdbtest.Start(t, esdbtest.Options{})
	follower := esdbtest.Start(t, esdbtest.Options{Follower: leader.Address()})
	for name, url := range map[string]string{
		"one address": follower.URL(),
		"gossip":      "esdb://" + follower.Address() + "," + follower.Address() + "?tls=false",
	} {
		t.Run(name, func(t *testing.T) {
			log, err := tryOpen(t, url, filepath.Join(t.TempDir(), "map.db"), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer log.Close()
			if r := log.Append(t.Context(), one(newStream(), ledger.Any))[0]; r.Err != nil {
				t.Fatal(r.Err)
			}
		})
	}
	if n := follower.Events("muniment."); n != 0 {
		t.Errorf("the follower took %d events", n)
	}
}

// TestMapOfAnotherLog: a map belongs to one log.
func TestMapOfAnotherLog(t *testing.T) {
	g := begin(t, esdbtest.Options{}, nil)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := tryOpen(t, g.server.URL(), g.path, func(c *Config) { c.Name = "another" }); err == nil || !strings.Contains(err.Error(), `belongs to the log "muniment"`) {
		t.Fatalf("%v", err)
	}
	if _, err := tryOpen(t, g.server.URL(), g.path, func(c *Config) { c.Name = "Not-a-name" }); err == nil {
		t.Fatal("it opened")
	}
}

// TestTwoLogsOnOneEngine: names keep them apart.
func TestTwoLogsOnOneEngine(t *testing.T) {
	g := begin(t, esdbtest.Options{}, nil)
	other, err := tryOpen(t, g.server.URL(), filepath.Join(t.TempDir(), "map.db"), func(c *Config) { c.Name = "muniment.two" })
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	b := one(newStream(), ledger.NoStream)
	g.must(b)
	if r := other.Append(t.Context(), b)[0]; r.Err != nil || r.Placed[0].Seq != 0 || r.Placed[0].Prior {
		t.Fatalf("%+v", r)
	}
	g.count(1)
	if errors.Is(g.haltedBy(), errReplaced) {
		t.Error("the other's marker fenced this log")
	}
}

// TestMarkerWithoutPlace: a node that keeps the marker and doesn't say where is asked; a place of zeros
// would say that everything had been seen, and that every marker after it was another's.
func TestMarkerWithoutPlace(t *testing.T) {
	for name, place := range map[string]esdbtest.Placeless{"nothing": esdbtest.NoPlace, "minus one": esdbtest.MinusOne} {
		t.Run(name, func(t *testing.T) {
			g := begin(t, esdbtest.Options{}, nil)
			s := newStream()
			g.must(one(s, ledger.NoStream))
			g.server.Place(place)
			for range 2 {
				g.reopen(nil)
				if !g.scribe.marked.isPlace() || g.arrived.position().before(g.scribe.marked) {
					t.Errorf("opened at %v with a marker at %v", g.arrived.position(), g.scribe.marked)
				}
				g.must(one(s, ledger.Any))
			}
			if err := g.haltedBy(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSchemes: EventStoreDB's and KurrentDB's names lead to the same node.
func TestSchemes(t *testing.T) {
	server := esdbtest.Start(t, esdbtest.Options{})
	_, rest, _ := strings.Cut(server.URL(), "://")
	for _, scheme := range []string{"esdb", "kurrentdb", "kdb"} {
		log, err := tryOpen(t, scheme+"://"+rest, filepath.Join(t.TempDir(), "map.db"), nil)
		if err != nil {
			t.Errorf("%s: %v", scheme, err)
			continue
		}
		log.Close()
	}
	for url, want := range map[string]bool{"kurrentdb+discover://h": true, "esdb+discover://h": true, "http://h": false, "esdb": false} {
		if IsURL(url) != want {
			t.Errorf("%s: %v", url, !want)
		}
	}
}
