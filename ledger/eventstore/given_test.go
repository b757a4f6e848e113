package eventstore

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/eventstore/esdbtest"
)

// given is a log on a test double.
type given struct {
	*Log
	server *esdbtest.Server
	path   string // of the map
	t      *testing.T
}

func begin(t *testing.T, o esdbtest.Options, change func(*Config)) *given {
	t.Helper()
	g := &given{server: esdbtest.Start(t, o), path: filepath.Join(t.TempDir(), "map.db"), t: t}
	g.open(change)
	t.Cleanup(func() { g.Log.Close() })
	return g
}

func (g *given) open(change func(*Config)) {
	g.t.Helper()
	log, err := tryOpen(g.t, g.server.URL(), g.path, change)
	if err != nil {
		g.t.Fatal(err)
	}
	g.Log = log
}

func (g *given) reopen(change func(*Config)) {
	g.t.Helper()
	if err := g.Close(); err != nil {
		g.t.Fatal(err)
	}
	g.open(change)
}

func newStream() domain.Stream { return domain.Stream{Noun: "thing", ID: domain.NewID()} }

const someTime domain.Time = 1_790_000_000_000_000

// newEntry has a real envelope: a sequencer that knows nothing of us must be able to read it.
func newEntry(s domain.Stream) ledger.Entry { return entryAt(s, someTime) }

func entryAt(s domain.Stream, recorded domain.Time) ledger.Entry {
	id := domain.NewID()
	e := domain.Envelope{ID: id, Kind: "tenant.onboarded", Version: 1, Stream: s, Tenant: domain.Operator, Occurred: domain.At(recorded),
		Recorded: recorded, Source: "test", Actor: domain.Actor{Kind: domain.System}}
	payload := fmt.Appendf(nil, `{"id":%q}`, id)
	claim := sha256.Sum256(payload)
	return ledger.Entry{ID: id, Recorded: recorded, Envelope: e.Append(nil), Payload: payload, Claim: claim[:], MAC: func(int64) []byte { return claim[:16] }}
}

func one(s domain.Stream, expected int64) ledger.Batch {
	return ledger.Batch{Stream: s, Expected: expected, Entries: []ledger.Entry{newEntry(s)}}
}

func keyOf(b ledger.Batch) ledger.Key { return ledger.Key{Stream: b.Stream, ID: b.Entries[0].ID} }

func (g *given) must(b ledger.Batch) ledger.Placed {
	g.t.Helper()
	r := g.Append(g.t.Context(), b)[0]
	if r.Err != nil {
		g.t.Fatal(r.Err)
	}
	return r.Placed[0]
}

func (g *given) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(g.t.Context(), d)
	g.t.Cleanup(cancel)
	return ctx
}

// name is the engine's name of a stream.
func (g *given) name(s domain.Stream) string { return g.engine.streamName(s) }

// once lets one append to the ledger's streams meet a fault, and the later ones none.
func (g *given) once(f esdbtest.Fault) {
	var met atomic.Bool
	g.server.OnAppend(func(stream string) esdbtest.Fault {
		if stream == g.engine.markerStream() || met.Swap(true) {
			return esdbtest.None
		}
		return f
	})
}

// always lets every append to the ledger's streams meet a fault.
func (g *given) always(f esdbtest.Fault) {
	g.server.OnAppend(func(stream string) esdbtest.Fault {
		if stream == g.engine.markerStream() {
			return esdbtest.None
		}
		return f
	})
}

// outsider is a client of somebody with rights to our streams.
func (g *given) outsider() *esdb.Client {
	g.t.Helper()
	c, err := esdb.ParseConnectionString(g.server.URL())
	if err != nil {
		g.t.Fatal(err)
	}
	c.Logger = esdb.NoopLogging()
	client, err := esdb.NewClient(c)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { client.Close() })
	return client
}

// put writes an entry past the log.
func (g *given) put(s domain.Stream, e ledger.Entry) {
	g.server.Put(g.name(s), kind, e.ID, e.Envelope, e.Payload)
}

// count expects n events in the log, each once in the engine.
func (g *given) count(n int64) {
	g.t.Helper()
	records, err := g.Read(g.t.Context(), 0, 10000)
	if err != nil {
		g.t.Fatal(err)
	}
	next, err := g.Next(g.t.Context())
	if err != nil || next != n || int64(len(records)) != n {
		g.t.Fatalf("%d events, next is %d (%v), expected %d", len(records), next, err, n)
	}
	if in := g.server.Events("muniment.thing-"); int64(in) != n {
		g.t.Fatalf("the engine holds %d events, the log %d", in, n)
	}
}
