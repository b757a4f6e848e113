package seal

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/seal/sealtest"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/sqlstore"
)

// sealUntilKilled is the child: it appends and seals, and tells of every published checkpoint.
func sealUntilKilled(dir string) error {
	ctx := context.Background()
	logDB, err := dbtest.OpenAt(ctx, filepath.Join(dir, "log.db"), sqldb.Options{})
	if err != nil {
		return err
	}
	log, err := sqlstore.Open(ctx, logDB)
	if err != nil {
		return err
	}
	db, err := dbtest.OpenAt(ctx, filepath.Join(dir, "seal.db"), sqldb.Options{})
	if err != nil {
		return err
	}
	s, err := Open(ctx, Config{Log: log, DB: db, Tiles: Tiles(filepath.Join(dir, "tiles")), Keys: func(bool) ([][]byte, error) { return [][]byte{testKey}, nil }, Origin: testOrigin,
		Warn: func(what string, err error) { fmt.Fprintln(os.Stderr, what, err) }})
	if err != nil {
		return err
	}
	fmt.Println("open")
	for {
		for range 1 + rand.IntN(300) {
			st := domain.Stream{Noun: "interaction", ID: domain.ID{byte(rand.IntN(50))}}
			if r := log.Append(ctx, ledger.Batch{Stream: st, Expected: ledger.Any, Entries: []ledger.Entry{sealtest.Entry(st)}})[0]; r.Err != nil {
				return r.Err
			}
			if rand.IntN(20) == 0 {
				if err := s.Seal(ctx); err != nil {
					return err
				}
				fmt.Println("sealed", hex.EncodeToString(s.Checkpoint().Text))
			}
		}
	}
}

// TestKill kills the process at random while it seals: every checkpoint it told of is the beginning of
// what the next process seals, and Tessera is content.
func TestKill(t *testing.T) {
	dbtest.Ready(t)
	tally := crashtest.Tally{}
	defer tally.Tell(t)
	w := &world{t: t, dir: t.TempDir(), keys: [][]byte{testKey}}
	for range crashtest.Rounds(8) {
		e := crashtest.Kill(t, "seal until killed", w.dir, crashtest.When(tally.Rounds, 60))
		tally.Rounds++
		tally.Kills++
		w.openLog()
		w.mustOpen()
		w.seal()
		next, err := w.log.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if next > 0 {
			w.whole(next)
		}
		if len(w.warned) > 0 { // what the lock says must never be ahead of the tiles
			t.Errorf("warned of %v", w.warned)
		}
		for i, line := range e.Told {
			if i < len(e.Told)-5 {
				continue // the same process had them continue each other
			}
			text, ok := strings.CutPrefix(line, "sealed ")
			told, err := hex.DecodeString(text)
			if !ok || err != nil && i == len(e.Told)-1 {
				continue // cut off by the end
			}
			c, err := w.sealer.signer.open(told)
			if err != nil {
				if i == len(e.Told)-1 {
					continue
				}
				t.Fatal(err)
			}
			tally.Acknowledged = max(tally.Acknowledged, int(c.N))
			w.continues(Checkpoint{c.N, c.Hash, told})
		}
		w.log.Close()
		w.db.Close()
		w.db = nil
	}
	if tally.Acknowledged == 0 {
		t.Fatal("nothing was ever sealed")
	}
}
