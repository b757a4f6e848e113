package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/sqldb"
)

// stepCount is how many appends the child makes, of every sort there is.
const stepCount = 8

// appendSteps is the child: it opens a log, appends step by step and closes it. The writer runs on
// the main thread, so that strace finds the same call at the same place in every run. It tells
//
//	try KEY…     before a batch is appended
//	kept SEQ… | refused | conflict | unknown    what was answered
//	prior SEQ | unknown    what was found after that
func appendSteps(dir string) error {
	ctx := context.Background()
	db, err := sqldb.OpenSQLite(ctx, filepath.Join(dir, "log.db"), sqldb.Options{})
	if err != nil {
		return err
	}
	log, w, err := begin(ctx, db, db.Tx)
	if err != nil {
		return err
	}
	// The journal is written back every few pages, so that this happens between the steps, too.
	err = db.Tx(ctx, func(tx *sql.Tx) error { _, err := tx.Exec(`PRAGMA wal_autocheckpoint = 20`); return err })
	if err != nil {
		return err
	}
	go func() {
		c := &stepper{log: log, head: ledger.NoStream, stream: domain.Stream{Noun: "thing", ID: domain.NewID()}}
		for n := range stepCount {
			c.step(n)
		}
		close(log.queue)
	}()
	w.run()
	return db.Close()
}

// stepper appends. It knows where its stream stands as long as it is told.
type stepper struct {
	log    *Log
	stream domain.Stream
	head   int64
	lost   bool // the head isn't known any more
	last   ledger.Batch
}

func (c *stepper) step(n int) {
	own := func(expected int64, size int) ledger.Batch {
		b := ledger.Batch{Stream: c.stream, Expected: expected}
		for _, e := range events(size) {
			b.Entries = append(b.Entries, e.Entries[0])
		}
		return b
	}
	head := c.head
	if c.lost {
		head = ledger.Any
	}
	var batches []ledger.Batch
	switch n % 7 {
	case 0:
		batches = events(1)
	case 1:
		batches = []ledger.Batch{own(head, 1)}
	case 2:
		batches = []ledger.Batch{own(head, 4)}
	case 3:
		batches = []ledger.Batch{own(ledger.Any, 3)}
	case 4:
		batches = append(events(2), own(c.head+5, 2), own(ledger.Any, 1))
	case 5:
		batches = []ledger.Batch{c.last}
	case 6:
		batches = events(30)
	}
	for _, b := range batches {
		fmt.Print("try")
		for _, e := range b.Entries {
			fmt.Printf(" %s/%s", b.Stream, e.ID)
		}
		fmt.Println()
	}
	for i, r := range c.log.Append(context.Background(), batches...) {
		c.tell(batches[i], r)
	}
	c.last = batches[len(batches)-1]
}

func (c *stepper) tell(b ledger.Batch, r ledger.Result) {
	key := ledger.Key{Stream: b.Stream, ID: b.Entries[0].ID}
	switch {
	case r.Err == nil:
		var seqs []string
		for _, p := range r.Placed {
			seqs = append(seqs, strconv.FormatInt(p.Seq, 10))
		}
		if b.Stream == c.stream {
			c.head = max(c.head, r.Placed[len(r.Placed)-1].Revision)
		}
		fmt.Println("kept", strings.Join(seqs, " "))
	case errors.Is(r.Err, ledger.ErrConflict):
		fmt.Println("conflict")
	case errors.Is(r.Err, ledger.ErrUnknown):
		c.lost = c.lost || b.Stream == c.stream
		fmt.Println("unknown", r.Err)
		if p, err := c.log.Prior(context.Background(), []ledger.Key{key}); err != nil {
			fmt.Println("prior unknown", err)
		} else {
			fmt.Println("prior", p[0].Seq)
		}
	default:
		fmt.Println("refused", r.Err)
	}
}

// told is one batch as the child told of it.
type told struct {
	step   int
	keys   []ledger.Key
	answer string // kept, refused, conflict, unknown; "" when it was killed before one
	seqs   []int64
	prior  string // after unknown: a seq, -1 or unknown
}

// read follows the child's lines. Batches of one append are told of first, then answered in order.
func read(t *testing.T, lines []string) (all []*told) {
	t.Helper()
	next, step := 0, 0
	for _, line := range lines {
		words := strings.Fields(line)
		if words[0] == "try" {
			if next == len(all) { // everything before was answered
				step++
			}
			b := &told{step: step}
			for _, w := range words[1:] {
				stream, id, _ := strings.Cut(w, "/")
				b.keys = append(b.keys, keyNamed(t, stream, id))
			}
			all = append(all, b)
			continue
		}
		if words[0] == "prior" {
			all[next-1].prior = words[1]
			continue
		}
		all[next].answer = words[0]
		if words[0] == "kept" {
			for _, w := range words[1:] {
				seq, err := strconv.ParseInt(w, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				all[next].seqs = append(all[next].seqs, seq)
			}
		}
		next++
	}
	return all
}

// TestFaultAtEachCall: whichever call of opening, appending, writing back and closing fails, or is
// the last one, what was answered as kept is there once, what was answered as not kept isn't, nothing
// is there by half, and the log goes on: in the same process, and in the next one.
func TestFaultAtEachCall(t *testing.T) {
	killed := t.TempDir()
	crashtest.Kill(t, "append until killed", killed, 60)
	for name, from := range map[string]string{"new log": "", "log after a kill": killed} {
		t.Run(name, func(t *testing.T) {
			crashtest.Traced{Role: "append step by step", File: "log.db", From: from, Commits: stepCount}.Sweep(t, 20,
				func(t *testing.T, dir string, e crashtest.Ended) int { return checkSteps(t, dir, read(t, e.Told)) })
		})
	}
}

// checkSteps returns how many events had been acknowledged.
func checkSteps(t *testing.T, dir string, batches []*told) (acknowledged int) {
	t.Helper()
	log := openAt(t, filepath.Join(dir, "log.db"), nil)
	defer log.Close()
	records := soundClaims(t, log)
	hurt := map[int]bool{}
	for n, b := range batches {
		placed, err := log.Prior(t.Context(), b.keys)
		if err != nil {
			t.Fatal(err)
		}
		kept := 0
		for i, p := range placed {
			switch {
			case p.Seq < 0:
			case p.Seq >= int64(len(records)) || records[p.Seq].Stream != b.keys[i].Stream:
				t.Errorf("batch %d: entry %d claims place %d, where it isn't", n, i, p.Seq)
			default:
				kept++
			}
			if b.answer == "kept" && p.Seq != b.seqs[i] {
				t.Errorf("batch %d: entry %d was kept at %d, and stands at %d", n, i, b.seqs[i], p.Seq)
			}
		}
		notKept := b.answer == "refused" || b.answer == "conflict" || b.prior == "-1"
		switch {
		case kept != 0 && kept != len(b.keys):
			t.Errorf("batch %d: %d of %d entries were kept", n, kept, len(b.keys))
		case notKept && kept > 0 && !keptOtherwise(batches, n):
			t.Errorf("batch %d was answered as not kept, and is there", n)
		case b.prior != "" && b.prior != "unknown" && b.prior != "-1" && b.prior != strconv.FormatInt(placed[0].Seq, 10):
			t.Errorf("batch %d was found at %s, and stands at %d", n, b.prior, placed[0].Seq)
		}
		switch b.answer {
		case "kept":
			acknowledged += kept
		case "refused", "unknown":
			hurt[b.step] = true
		}
	}
	// A fault hurts the append that met it. Those after it are kept.
	if len(hurt) > 1 {
		t.Errorf("%d appends were hurt by one fault", len(hurt))
	}
	goesOn(t, log, int64(len(records)))
	return acknowledged
}

// keptOtherwise: the same batch was tried another time and kept then.
func keptOtherwise(batches []*told, n int) bool {
	for i, b := range batches {
		if i != n && b.keys[0] == batches[n].keys[0] && b.answer == "kept" {
			return true
		}
	}
	return false
}

func goesOn(t *testing.T, log *Log, next int64) {
	t.Helper()
	b := events(1)
	b[0].Expected = ledger.NoStream
	if p := mustAppend(t, log, b...)[0]; p.Seq != next || p.Revision != 0 || p.Prior {
		t.Errorf("the next event stands at %+v, expected %d", p, next)
	}
	if p := mustAppend(t, log, b...)[0]; p.Seq != next || !p.Prior {
		t.Errorf("the same again stands at %+v, expected %d", p, next)
	}
}
