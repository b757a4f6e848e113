package epochs

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/torchwood"
	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/ledgertest"
	"muniment/ledger/seal"
	"muniment/ledger/seal/heads"
	"muniment/ledger/seal/sealtest"
	"muniment/ledger/sqldb/dbtest"
)

func TestMain(m *testing.M) {
	crashtest.Child(map[string]func(string) error{"gather until killed": gatherUntilKilled})
	goleak.VerifyTestMain(m)
}

// world is a sealed ledger with its heads.
type world struct {
	*ledgertest.Ledger
	*Keeper
	seals *seal.Sealer
}

func openIn(ctx context.Context, dir string, id domain.ID) (w *world, err error) {
	w = &world{}
	if w.Ledger, err = ledgertest.OpenIn(ctx, dir, id); err != nil {
		return w, err
	}
	sealDB, err := w.OpenDB("seal.db")
	if err != nil {
		return w, err
	}
	if w.seals, err = seal.Open(ctx, seal.Config{Log: w.Log, DB: sealDB, Tiles: seal.Tiles(filepath.Join(dir, "tiles")), Ledger: id,
		Keys: func(bool) ([][]byte, error) { return [][]byte{make([]byte, 32)}, nil }, Warn: func(what string, err error) { fmt.Fprintln(os.Stderr, what, err) }}); err != nil {
		return w, err
	}
	return w, w.openHeads(ctx)
}

func (w *world) openHeads(ctx context.Context) error {
	db, err := w.OpenDB("heads.db")
	if err != nil {
		return err
	}
	store, err := Open(ctx, db)
	w.Keeper = &Keeper{Ledger: w.Ledger.Ledger, Seals: w.seals, Store: store}
	return err
}

func newWorld(t testing.TB) *world {
	t.Helper()
	dbtest.Ready(t)
	w, err := openIn(context.Background(), t.TempDir(), domain.NewID())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Ledger.Close() })
	return w
}

// somebody is a tenant or subject of few.
func somebody(n int) domain.ID { return domain.ID{0xee, 15: byte(n)} }

// event appends an event of a tenant about subjects, recorded so many seconds after the start.
func (w *world) event(second int, tenant domain.ID, subjects ...domain.ID) error {
	s := domain.Stream{Noun: "interaction", ID: domain.NewID()}
	at := domain.TimeOf(ledgertest.Start.Add(time.Duration(second) * time.Second))
	e := sealtest.EntryOf(s, domain.InteractionListened{Seconds: 3}, at, tenant, subjects...)
	return w.Log.Append(context.Background(), ledger.Batch{Stream: s, Expected: ledger.Any, Entries: []ledger.Entry{e}})[0].Err
}

func must(t interface{ Fatal(...any) }, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

// replayed gathers all leaves of the log anew, in memory, and fails when an epoch says something else.
func (w *world) replayed(t interface{ Fatal(...any) }) *heads.Replay {
	r := w.replaying(t)
	must(t, r.End())
	return r
}

func (w *world) replaying(t interface{ Fatal(...any) }) *heads.Replay {
	ctx := context.Background()
	must(t, w.seals.Seal(ctx))
	r := &heads.Replay{Heads: &heads.Memory{}}
	var maker seal.LeafMaker
	next, err := w.Log.Next(ctx)
	must(t, err)
	for r.Next() < next {
		records, err := w.Log.Read(ctx, r.Next(), 256)
		must(t, err)
		c := w.seals.Checkpoint()
		texts, _, err := maker.Make(ctx, w.Log, records, torchwood.TileHashReaderWithContext(ctx, tlog.Tree{N: c.Size, Hash: c.Root}, seal.Tiles(filepath.Join(w.Dir, "tiles"))))
		must(t, err)
		for _, text := range texts {
			l, err := heads.ParseLeaf(text)
			must(t, err)
			must(t, r.Add(ctx, l))
		}
	}
	return r
}

func (w *world) exec(texts ...string) error {
	return w.Store.db.Tx(context.Background(), func(tx *sql.Tx) error {
		for _, text := range texts {
			if _, err := tx.Exec(text); err != nil {
				return err
			}
		}
		return nil
	})
}

// clear leaves the database as it is when it was deleted.
func (w *world) clear() error {
	return w.exec(`DELETE FROM state WHERE one = 1`, `DELETE FROM buckets WHERE bucket >= 0`, `DELETE FROM runs WHERE run >= 0`)
}
