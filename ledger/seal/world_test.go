package seal

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"muniment/ledger"
	"muniment/ledger/seal/sealtest"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/sqlstore"
)

// world is a log with a sealer, opened again as often as a test likes.
type world struct {
	t       testing.TB
	dir     string
	log     ledger.Log
	sealer  *Sealer
	warned  []string
	db      *sqldb.DB
	keys    [][]byte // that sign it
	retired [][]byte // their public halves
}

var testKey = make([]byte, 32)

const testOrigin = "ledger.example.com/test"

func newWorld(t testing.TB) *world {
	w := &world{t: t, dir: t.TempDir(), keys: [][]byte{testKey}}
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
	return Config{Log: w.log, DB: w.db, Tiles: w.tiles(), Keys: func(bool) ([][]byte, error) { return w.keys, nil }, Retired: func() ([][]byte, error) { return w.retired, nil }, Origin: testOrigin, Warn: func(what string, err error) { w.warned = append(w.warned, fmt.Sprint(what, ": ", err)) }}
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

func (w *world) append(n int) {
	w.t.Helper()
	sealtest.Append(w.t, w.log, n)
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
