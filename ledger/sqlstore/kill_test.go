package sqlstore

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

const childVariable = "MUNIMENT_SQLSTORE_TEST_APPEND"

// appendUntilKilled is the child: it appends from several goroutines and prints every event that
// was acknowledged, not before.
func appendUntilKilled(path string) {
	ctx := context.Background()
	db, err := sqldb.OpenSQLite(ctx, path, sqldb.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	log, err := Open(ctx, db)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("open")
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
						fmt.Fprintln(os.Stderr, r.Err)
						os.Exit(1)
					}
					fmt.Printf("%s %s %d\n", batches[i].Stream, batches[i].Entries[0].ID, r.Placed[0].Seq)
				}
			}
		}()
	}
	select {}
}

// TestKill kills the process at random moments: what it acknowledged is there, once, and the log is dense.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	acknowledged := make(map[ledger.Key]int64)
	for range 15 {
		for key, seq := range runAndKill(t, path, rand.IntN(400)-20) {
			acknowledged[key] = seq
		}
		checkKept(t, path, acknowledged)
	}
	if len(acknowledged) == 0 {
		t.Fatal("no event was ever acknowledged")
	}
}

// runAndKill returns what the child acknowledged before it was killed, which is when it had printed
// so many lines; with less than none it may still be opening the log.
func runAndKill(t *testing.T, path string, lines int) map[ledger.Key]int64 {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if lines < 0 {
		child.Process.Kill()
	}
	acknowledged := make(map[ledger.Key]int64)
	in := bufio.NewScanner(out)
	for n := 0; in.Scan(); n++ { // also what it still wrote into the pipe
		if n == lines {
			child.Process.Kill()
		}
		var name, id string
		var seq int64
		if k, _ := fmt.Sscanf(in.Text(), "%s %s %d", &name, &id, &seq); k != 3 {
			continue // "open"
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
	}
	child.Wait()
	if child.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %s", child.ProcessState)
	}
	return acknowledged
}

func checkKept(t *testing.T, path string, acknowledged map[ledger.Key]int64) {
	t.Helper()
	log := openAt(t, path, nil)
	defer log.Close()
	streamOf := make(map[int64]domain.Stream)
	revisions := make(map[domain.Stream]int64)
	for from := int64(0); ; {
		records, err := log.Read(t.Context(), from, 1000) // refuses gaps
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			break
		}
		for _, r := range records {
			if r.Revision != revisions[r.Stream] {
				t.Fatalf("event %d has revision %d, expected %d", r.Seq, r.Revision, revisions[r.Stream])
			}
			revisions[r.Stream]++
			streamOf[r.Seq] = r.Stream
		}
		from += int64(len(records))
	}
	var claims int
	if err := log.db.Reader().QueryRow(`SELECT COUNT(*) FROM claims`).Scan(&claims); err != nil || claims != len(streamOf) {
		t.Fatalf("%d claims of %d events (%v)", claims, len(streamOf), err)
	}
	var keys []ledger.Key
	for key := range acknowledged {
		keys = append(keys, key)
	}
	placed, err := log.Prior(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range placed {
		if seq := acknowledged[keys[i]]; p.Seq != seq || streamOf[seq] != keys[i].Stream {
			t.Fatalf("acknowledged at %d in %s; found at %d, there lies %s", seq, keys[i].Stream, p.Seq, streamOf[seq])
		}
	}
}
