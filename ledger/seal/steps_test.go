package seal

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/seal/sealtest"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/sqlstore"
)

// stepSizes are the sizes that the child seals: tiles begin, grow, become full, and are dropped.
var stepSizes = []int64{3, 250, 260, 515}

// sealSteps is the child. It seals on the main thread, one file at a time, so that strace finds the same
// call at the same place in every run. It tells of every published checkpoint, not before.
func sealSteps(dir string) error {
	sideBySide = 1
	ctx := context.Background()
	logDB, err := sqldb.OpenSQLite(ctx, filepath.Join(dir, "log.db"), sqldb.Options{})
	if err != nil {
		return err
	}
	log, err := sqlstore.Open(ctx, logDB)
	if err != nil {
		return err
	}
	db, err := sqldb.OpenSQLite(ctx, filepath.Join(dir, "seal.db"), sqldb.Options{})
	if err != nil {
		return err
	}
	c := Config{Log: log, DB: db, Tiles: Tiles(filepath.Join(dir, "tiles")), Keys: func(bool) ([][]byte, error) { return [][]byte{testKey}, nil }, Origin: testOrigin,
		Warn: func(what string, err error) { fmt.Fprintln(os.Stderr, what, err) }}
	s, err := Open(ctx, c)
	if err != nil {
		return err
	}
	var failed error
	for _, size := range stepSizes {
		next, err := log.Next(ctx)
		if err != nil {
			return err
		}
		for i := next; i < size; i++ {
			st := domain.Stream{Noun: "interaction", ID: domain.ID{byte(i % 40)}}
			if r := log.Append(ctx, ledger.Batch{Stream: st, Expected: ledger.Any, Entries: []ledger.Entry{sealtest.Entry(st)}})[0]; r.Err != nil {
				return r.Err
			}
		}
		if err := s.Seal(ctx); err != nil {
			failed = err // and on with the same process: it must recover, or refuse
			continue
		}
		fmt.Println("sealed", hex.EncodeToString(s.Checkpoint().Text))
	}
	if err := db.Close(); err != nil {
		return err
	}
	return failed
}

// stepFiles are all that sealing touches besides its database.
func stepFiles() (names []string) {
	dirs := map[string]bool{"tiles": true, "tiles/tile": true}
	add := func(name string) {
		path := filepath.Join("tiles", name)
		names = append(names, path, path+".unfinished")
		dirs[filepath.Dir(path)], dirs[filepath.Dir(filepath.Dir(path))] = true, true
	}
	add(checkpointFile)
	for _, size := range stepSizes {
		for l := range 2 {
			if t := edgeTile(size, l); t.W > 0 {
				add(torchwood.TilePath(t))
			}
		}
	}
	for n := range int64(2) {
		add(torchwood.TilePath(tlog.Tile{H: torchwood.TileHeight, N: n, W: torchwood.TileWidth}))
	}
	for dir := range dirs {
		names = append(names, dir)
	}
	return names
}

// TestFaultAtEachCall: whichever call of opening and sealing fails, or is the last one, what was told of
// is the beginning of what the next process seals; our check of the files and Tessera's are content.
func TestFaultAtEachCall(t *testing.T) {
	dbtest.NeedsFiles(t)
	crashtest.Traced{Role: "seal step by step", File: "seal.db", Also: stepFiles(), Commits: len(stepSizes)}.Sweep(t, 16,
		func(t *testing.T, dir string, e crashtest.Ended) (acknowledged int) {
			w := &world{t: t, dir: dir, keys: [][]byte{testKey}}
			w.openLog()
			defer w.close()
			w.mustOpen()
			w.seal()
			next, err := w.log.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if next > 0 {
				w.whole(next)
			}
			if len(w.warned) > 0 && e.Killed { // what the lock says must never be ahead of the tiles
				t.Errorf("warned of %v", w.warned)
			}
			for _, line := range e.Told {
				text, ok := strings.CutPrefix(line, "sealed ")
				told, err := hex.DecodeString(text)
				if !ok || err != nil {
					continue // cut off by the end
				}
				c, err := w.sealer.signer.open(told)
				if err != nil {
					t.Fatal(err)
				}
				w.continues(Checkpoint{c.N, c.Hash, told})
				acknowledged = int(c.N)
			}
			return acknowledged
		})
}
