package eventstore

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/eventstore/esdbtest"
	"muniment/ledger/sqldb"
)

// noticed collects what the callback is told.
type noticed struct {
	mu  sync.Mutex
	all []Incident
}

func (n *noticed) config(c *Config) {
	c.Timeout = time.Second
	c.Incident = func(i Incident) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.all = append(n.all, i)
	}
}

func (n *noticed) kinds() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var kinds []string
	for _, i := range n.all {
		kinds = append(kinds, i.Kind)
	}
	return strings.Join(kinds, " ")
}

// expect waits until the callback was told of these kinds, and checks that they were written down.
func (g *given) expect(n *noticed, kinds string) {
	g.t.Helper()
	for range 200 {
		if n.kinds() == kinds {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if got := n.kinds(); got != kinds {
		g.t.Fatalf("incidents: %q, expected %q", got, kinds)
	}
	kept, err := g.Incidents(g.t.Context())
	if err != nil || len(kept) != len(strings.Fields(kinds)) {
		g.t.Fatalf("%d incidents were written down: %v", len(kept), err)
	}
	for _, i := range kept {
		if i.Detail == "" || i.Noticed == 0 {
			g.t.Errorf("%+v", i)
		}
	}
}

// TestHarm: what an operator of the engine can do to a stream of ours becomes an incident; what was
// kept can still be read, and other streams go on.
func TestHarm(t *testing.T) {
	metadata := func(change func(*esdb.StreamMetadata)) func(context.Context, *esdb.Client, string) error {
		return func(ctx context.Context, c *esdb.Client, name string) error {
			var m esdb.StreamMetadata
			change(&m)
			_, err := c.SetStreamMetadata(ctx, name, esdb.AppendToStreamOptions{}, m)
			return err
		}
	}
	for name, c := range map[string]struct {
		harm  func(context.Context, *esdb.Client, string) error
		kinds string
		open  bool // the stream still takes events
	}{
		"$maxAge":   {metadata(func(m *esdb.StreamMetadata) { m.SetMaxAge(time.Second) }), "truncation", true},
		"$maxCount": {metadata(func(m *esdb.StreamMetadata) { m.SetMaxCount(1) }), "truncation", true},
		"$tb":       {metadata(func(m *esdb.StreamMetadata) { m.SetTruncateBefore(2) }), "truncation", true},
		"rights":    {metadata(func(m *esdb.StreamMetadata) { m.SetAcl(esdb.Acl{}) }), "", true},
		"deleted": {func(ctx context.Context, c *esdb.Client, name string) error {
			_, err := c.DeleteStream(ctx, name, esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
			return err
		}, "deletion", false},
		"tombstone": {func(ctx context.Context, c *esdb.Client, name string) error {
			_, err := c.TombstoneStream(ctx, name, esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
			return err
		}, "tombstone", false},
		"somebody's event": {func(ctx context.Context, c *esdb.Client, name string) error {
			_, err := c.AppendToStream(ctx, name, esdb.AppendToStreamOptions{}, esdb.EventData{EventType: "theirs", Data: []byte("{}")})
			return err
		}, "foreign", true},
	} {
		t.Run(name, func(t *testing.T) {
			n := &noticed{}
			g := begin(t, esdbtest.Options{}, n.config)
			s := newStream()
			for range 3 {
				g.must(one(s, ledger.Any))
			}
			if err := c.harm(t.Context(), g.outsider(), g.name(s)); err != nil {
				t.Fatal(err)
			}
			g.expect(n, c.kinds)
			if name == "$maxAge" {
				time.Sleep(1100 * time.Millisecond)
			}
			if records, err := g.Stream(t.Context(), s, 0, 10); err != nil || len(records) != 3 {
				t.Errorf("%d of 3 events can be read: %v", len(records), err)
			}
			r := g.Append(t.Context(), one(s, 2))[0]
			if c.open && (r.Err != nil || r.Placed[0].Revision != 3) || name == "tombstone" && (r.Err == nil || errors.Is(r.Err, ledger.ErrUnknown)) {
				t.Errorf("the next event of the stream: %+v", r)
			}
			if name == "deleted" { // a node hides what was deleted for good once the stream goes on
				c.kinds += " truncation"
			}
			if got := g.Append(t.Context(), one(newStream(), ledger.NoStream))[0]; got.Err != nil {
				t.Errorf("another stream: %v", got.Err)
			}
			g.reopen(n.config) // noticed once, not at every opening
			g.expect(n, c.kinds)
		})
	}
}

// TestGap: the sequencer never skips a revision. It halts and says so; what has a seq can be read;
// once the event is back, opening goes on.
func TestGap(t *testing.T) {
	n := &noticed{}
	g := begin(t, esdbtest.Options{}, n.config)
	s, other := newStream(), newStream()
	g.must(one(s, ledger.NoStream))
	g.server.Hide(g.name(s), 1)
	g.put(s, newEntry(s))
	g.put(s, newEntry(s))
	g.expect(n, "gap")
	r := g.Append(t.Context(), one(other, ledger.NoStream))[0]
	if !errors.Is(r.Err, ErrHalted) || errors.Is(r.Err, ledger.ErrUnknown) || !strings.Contains(r.Err.Error(), "revision 2 came, 1 was never delivered") {
		t.Fatalf("after the gap: %v", r.Err)
	}
	if records, err := g.Read(t.Context(), 0, 10); err != nil || len(records) != 1 {
		t.Fatalf("what was kept before: %d records, %v", len(records), err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := tryOpen(t, g.server.URL(), g.path, n.config); !errors.Is(err, ErrHalted) {
		t.Fatalf("opening while it is missing: %v", err)
	}
	g.server.Show()
	g.open(n.config)
	if got := g.must(one(other, ledger.NoStream)); got.Seq != 3 {
		t.Fatalf("after its return: %+v", got)
	}
	g.count(4)
}

// TestRestoredBackup: an engine put back to an older backup would use positions and revisions again.
func TestRestoredBackup(t *testing.T) {
	n := &noticed{}
	g := begin(t, esdbtest.Options{}, n.config)
	s := newStream()
	for range 3 {
		g.must(one(s, ledger.Any))
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	g.server.Rewind(2)
	if _, err := tryOpen(t, g.server.URL(), g.path, nil); err == nil || !strings.Contains(err.Error(), "older backup") {
		t.Fatalf("the last event is gone: %v", err)
	}
	g.put(s, newEntry(s))
	g.put(s, newEntry(s)) // at the same positions and revisions
	if _, err := tryOpen(t, g.server.URL(), g.path, nil); err == nil || !strings.Contains(err.Error(), "another event in its place") {
		t.Fatalf("another event stands in its place: %v", err)
	}
}

// TestRewritten: the same while the log is open.
func TestRewritten(t *testing.T) {
	n := &noticed{}
	g := begin(t, esdbtest.Options{}, n.config)
	s := newStream()
	for range 3 {
		g.must(one(s, ledger.Any))
	}
	g.server.Stop()
	g.server.Rewind(2)
	e := newEntry(s)
	e.Payload = append(e.Payload, make([]byte, 500)...) // beyond the position we resume from
	g.put(s, newEntry(s))
	g.put(s, e)
	if err := g.server.Start(); err != nil {
		t.Fatal(err)
	}
	g.put(s, newEntry(s))
	g.put(newStream(), newEntry(s))
	_ = g.Append(t.Context(), one(newStream(), ledger.Any))
	if _, err := g.Read(t.Context(), 0, 10); err == nil {
		t.Error("a rewritten event was read as if it were ours")
	}
}

// TestFenced: of two processes on one log the older stops, with the same map and with one of its own;
// nothing is lost or doubled.
func TestFenced(t *testing.T) {
	for _, sameMap := range []bool{true, false} {
		name := map[bool]string{true: "same map", false: "a map of its own"}[sameMap]
		t.Run(name, func(t *testing.T) {
			g := begin(t, esdbtest.Options{}, func(c *Config) { c.Timeout = time.Second })
			g.must(one(newStream(), ledger.Any))
			path := g.path
			if !sameMap {
				path = filepath.Join(t.TempDir(), "other.db")
			}
			second, err := tryOpen(t, g.server.URL(), path, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer second.Close()
			r := g.Append(t.Context(), one(newStream(), ledger.Any))[0]
			if !errors.Is(r.Err, errReplaced) {
				t.Fatalf("the older: %+v", r)
			}
			if r := second.Append(t.Context(), one(newStream(), ledger.Any))[0]; r.Err != nil || r.Placed[0].Seq != 1 {
				t.Fatalf("the newer: %+v", r)
			}
			if records, err := g.Read(t.Context(), 0, 10); err != nil || len(records) == 0 {
				t.Errorf("the older can't read any more: %v", err)
			}
		})
	}
}

// TestMapPutBack: the same for the map: only a head row that somebody took after us is another process's.
func TestMapPutBack(t *testing.T) {
	for name, c := range map[string]struct {
		change string
		want   error
	}{
		"our own, before what we wrote": {`UPDATE head SET next = next - 1`, sqldb.ErrOtherHistory},
		"another's, from before us":     {`UPDATE head SET holder = x'00', settled = settled - 1`, sqldb.ErrOtherHistory},
		"another's, who came after us":  {`UPDATE head SET holder = x'00', settled = settled + 1`, errReplaced},
	} {
		t.Run(name, func(t *testing.T) {
			g := begin(t, esdbtest.Options{}, func(c *Config) { c.Timeout = time.Second })
			g.must(one(newStream(), ledger.Any))
			if err := g.db.Tx(t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(c.change); return err }); err != nil {
				t.Fatal(err)
			}
			if r := g.Append(t.Context(), one(newStream(), ledger.Any))[0]; !errors.Is(r.Err, c.want) {
				t.Errorf("told: %v", r.Err)
			}
		})
	}
}

// TestOthersAround: other people's events, also in streams that look nearly like ours, are nobody's.
func TestOthersAround(t *testing.T) {
	n := &noticed{}
	g := begin(t, esdbtest.Options{}, n.config)
	s := newStream()
	for i := range 40 {
		g.must(one(s, ledger.Any))
		for j, stream := range []string{"orders-1", "muniment.other.thing-" + domain.NewID().String(), "muniment.thing", "munimentthing-" + domain.NewID().String(), "$projections"} {
			g.server.Put(stream, kind, domain.NewID(), []byte("{}"), []byte{byte(i), byte(j)})
		}
	}
	records, err := g.Read(t.Context(), 0, 100)
	if err != nil || len(records) != 40 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	g.expect(n, "")
}
