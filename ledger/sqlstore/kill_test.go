package sqlstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/logtest"
	"muniment/ledger/sqldb"
)

// appendUntilKilled is the child: it appends from several goroutines and prints every event that
// was acknowledged, not before.
func appendUntilKilled(dir string) error {
	ctx := context.Background()
	db, err := sqldb.OpenSQLite(ctx, filepath.Join(dir, "log.db"), sqldb.Options{})
	if err != nil {
		return err
	}
	log, err := Open(ctx, db)
	if err != nil {
		return err
	}
	fmt.Println("open")
	failed := make(chan error)
	for writer := range 8 {
		go func() {
			shared := domain.Stream{Noun: "writer", ID: domain.ID{0: byte(writer)}}
			for {
				batches := events(1 + rand.IntN(5))
				if rand.IntN(2) == 0 {
					batches[0].Stream = shared
				}
				for i, r := range log.Append(ctx, batches...) {
					if r.Err != nil {
						failed <- r.Err
					}
					fmt.Printf("%s %s %d\n", batches[i].Stream, batches[i].Entries[0].ID, r.Placed[0].Seq)
				}
			}
		}()
	}
	return <-failed
}

// TestKill kills the process at random moments: what it acknowledged is there, once, and the log is dense.
func TestKill(t *testing.T) {
	tally := crashtest.Tally{}
	defer tally.Tell(t)
	var acknowledged map[ledger.Key]int64
	dir := ""
	for range crashtest.Rounds(15) {
		if tally.Rounds%50 == 0 { // a log that is new again is killed while it is made
			dir, acknowledged = t.TempDir(), make(map[ledger.Key]int64)
		}
		e := crashtest.Kill(t, "append until killed", dir, crashtest.When(tally.Rounds, 400))
		for _, line := range e.Told {
			var name, id string
			var seq int64
			if k, _ := fmt.Sscanf(line, "%s %s %d", &name, &id, &seq); k == 3 {
				acknowledged[keyNamed(t, name, id)] = seq
				tally.Acknowledged++
			}
		}
		tally.Rounds++
		tally.Kills++
		checkKept(t, dir, acknowledged)
	}
	if tally.Acknowledged == 0 {
		t.Fatal("no event was ever acknowledged")
	}
}

func keyNamed(t *testing.T, stream, id string) ledger.Key {
	t.Helper()
	s, err := domain.ParseStream(stream)
	if err != nil {
		t.Fatal(err)
	}
	e, err := domain.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Key{Stream: s, ID: e}
}

func checkKept(t *testing.T, dir string, acknowledged map[ledger.Key]int64) {
	t.Helper()
	log := openAt(t, filepath.Join(dir, "log.db"), nil)
	defer log.Close()
	records := soundClaims(t, log)
	var keys []ledger.Key
	for key := range acknowledged {
		keys = append(keys, key)
	}
	placed, err := log.Prior(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range placed {
		if seq := acknowledged[keys[i]]; p.Seq != seq || records[seq].Stream != keys[i].Stream {
			t.Fatalf("acknowledged at %d in %s; found at %d", seq, keys[i].Stream, p.Seq)
		}
	}
}

// soundClaims is [logtest.Sound], and there is one claim for each event.
func soundClaims(t *testing.T, log *Log) []ledger.Record {
	t.Helper()
	records := logtest.Sound(t, log)
	var claims, events int
	err := log.db.Reader().QueryRow(`SELECT COUNT(*), COUNT(DISTINCT seq) FROM claims`).Scan(&claims, &events)
	if err != nil || claims != len(records) || events != claims {
		t.Fatalf("%d claims of %d events, for %d kept (%v)", claims, events, len(records), err)
	}
	return records
}
