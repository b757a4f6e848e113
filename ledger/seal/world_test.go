package seal

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/sqlstore"
)

// world is a log with a sealer, opened again as often as a test likes.
type world struct {
	t      testing.TB
	dir    string
	log    ledger.Log
	sealer *Sealer
	warned []string
	db     *sqldb.DB
}

var testKey = make([]byte, 32)

const testOrigin = "ledger.example.com/test"

func newWorld(t testing.TB) *world {
	w := &world{t: t, dir: t.TempDir()}
	w.openLog()
	t.Cleanup(w.close)
	return w
}

func (w *world) openLog() {
	w.t.Helper()
	log, err := sqlstore.Open(context.Background(), dbtest.Open(w.t, filepath.Join(w.dir, "log.db"), sqldb.Options{}))
	if err != nil {
		w.t.Fatal(err)
	}
	w.log = log
}

func (w *world) tiles() Tiles { return Tiles(filepath.Join(w.dir, "tiles")) }

func (w *world) config() Config {
	return Config{Log: w.log, DB: w.db, Tiles: w.tiles(), Key: func(bool) ([]byte, error) { return testKey, nil }, Origin: testOrigin, Warn: func(what string, err error) { w.warned = append(w.warned, fmt.Sprint(what, ": ", err)) }}
}

// open opens the seals (again), with faults between the sealer and what it writes.
func (w *world) open(wrap func(points) points) error {
	w.t.Helper()
	if w.db != nil {
		w.db.Close()
	}
	w.db = dbtest.Open(w.t, filepath.Join(w.dir, "seal.db"), sqldb.Options{})
	s, err := open(context.Background(), w.config(), wrap)
	w.sealer = s
	return err
}

func (w *world) mustOpen() *Sealer {
	w.t.Helper()
	if err := w.open(nil); err != nil {
		w.t.Fatal(err)
	}
	return w.sealer
}

func (w *world) close() {
	if w.db != nil {
		w.db.Close()
	}
	w.log.Close()
}

var (
	someTenant = domain.ID{0: 7, 15: 1}
	someTime   = domain.TimeOf(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC))
)

// fact is an event in a stream, encoded as the ledger does.
func fact(stream domain.Stream) ledger.Entry {
	f := &domain.Fact{Event: domain.InteractionListened{Seconds: 3}}
	f.ID, f.Tenant, f.Stream, f.Source, f.Occurred = domain.NewEventID(someTime.Std()), someTenant, stream, "test", domain.At(someTime)
	f.Actor.Kind = domain.UnknownActor
	f.Subjects = []domain.SubjectRef{{ID: stream.ID, Capacity: domain.Processor}}
	plain, _ := domain.Split(f.Event)
	e, err := ledger.Encode(f, someTime, plain, nil, make([]byte, 32))
	if err != nil {
		panic(err)
	}
	return e
}

// append keeps n events: most of them in streams of their own, some in streams that go on.
func (w *world) append(n int) {
	w.t.Helper()
	for n > 0 {
		var batches []ledger.Batch
		for range min(n, 1000) {
			s := domain.Stream{Noun: "interaction", ID: domain.NewID()}
			if rand.IntN(4) == 0 {
				s.ID = domain.ID{byte(rand.IntN(8))}
			}
			batches = append(batches, ledger.Batch{Stream: s, Expected: ledger.Any, Entries: []ledger.Entry{fact(s)}})
		}
		for _, r := range w.log.Append(context.Background(), batches...) {
			if r.Err != nil {
				w.t.Fatal(r.Err)
			}
		}
		n -= len(batches)
	}
}

func (w *world) seal() {
	w.t.Helper()
	if err := w.sealer.Seal(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) read(name string) []byte {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(string(w.tiles()), name))
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}
