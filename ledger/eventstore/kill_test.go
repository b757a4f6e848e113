package eventstore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/eventstore/esdbtest"
	"muniment/ledger/logtest"
	"muniment/ledger/sqldb"
)

// urlFile in a child's directory says where the engine is.
const urlFile = "url"

// appendUntilKilled is the child: it appends from several goroutines to an engine that lives on, and
// prints every event that was acknowledged, not before.
func appendUntilKilled(dir string) error {
	ctx := context.Background()
	url, err := os.ReadFile(filepath.Join(dir, urlFile))
	if err != nil {
		return err
	}
	db, err := sqldb.OpenSQLite(ctx, filepath.Join(dir, "map.db"), sqldb.Options{})
	if err != nil {
		return err
	}
	log, err := Open(ctx, Config{URL: string(url), DB: db, Timeout: 5 * time.Second})
	if err != nil {
		return err
	}
	fmt.Println("open")
	failed := make(chan error)
	for writer := range 6 {
		go func() {
			shared := domain.Stream{Noun: "thing", ID: domain.ID{0: byte(1 + writer)}}
			for {
				batches := []ledger.Batch{one(newStream(), ledger.NoStream), one(shared, ledger.Any), one(shared, ledger.Any)}
				for i, r := range log.Append(ctx, batches...) {
					if r.Err != nil {
						failed <- r.Err
					}
					fmt.Printf("kept %s %s %d\n", batches[i].Stream, batches[i].Entries[0].ID, r.Placed[0].Seq)
				}
			}
		}()
	}
	return <-failed
}

// TestKill kills the process at random moments while the engine lives on: what was acknowledged is
// there, once, where it was said to be, and seqs stay dense.
func TestKill(t *testing.T) {
	var tally crashtest.Tally
	defer tally.Tell(t)
	var g *given
	var acknowledged map[ledger.Key]int64
	for range crashtest.Rounds(6) {
		if tally.Rounds%10 == 0 {
			g, acknowledged = beginKilled(t), map[ledger.Key]int64{}
		}
		for _, line := range crashtest.Kill(t, "append until killed", filepath.Dir(g.path), crashtest.When(tally.Rounds, 300)).Told {
			var name, id string
			var seq int64
			if n, _ := fmt.Sscanf(line, "kept %s %s %d", &name, &id, &seq); n < 3 {
				continue // "open", or cut off
			}
			s, err := domain.ParseStream(name)
			if err != nil {
				t.Fatal(err)
			}
			e, err := domain.ParseID(id)
			if err != nil {
				t.Fatal(err)
			}
			acknowledged[ledger.Key{Stream: s, ID: e}] = seq
			tally.Acknowledged++
		}
		tally.Rounds++
		tally.Kills++
		g.open(nil)
		kept := int64(len(logtest.Sound(t, g.Log)))
		for k, seq := range acknowledged {
			if p, err := g.Prior(t.Context(), []ledger.Key{k}); err != nil || p[0].Seq != seq {
				t.Fatalf("acknowledged at %d; found at %+v (%v)", seq, p, err)
			}
		}
		if in := g.server.Events("muniment.thing-"); int64(in) != kept {
			t.Fatalf("the engine holds %d events, the log %d", in, kept)
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if tally.Acknowledged == 0 {
		t.Error("no event was ever acknowledged")
	}
}

// beginKilled is a new engine, and a directory that leads to it. Nothing is open yet.
func beginKilled(t *testing.T) *given {
	t.Helper()
	g := begin(t, esdbtest.Options{}, nil)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(g.path), urlFile), []byte(g.server.URL()), 0o600); err != nil {
		t.Fatal(err)
	}
	return g
}
