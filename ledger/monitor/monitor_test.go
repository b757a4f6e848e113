package monitor

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/ledgertest"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
	"muniment/ledger/seal/sealtest"
	"muniment/ledger/seal/verify"
	"muniment/ledger/sqldb"
)

// watched is a ledger, and a monitor that has its own directory.
type watched struct {
	*ledgertest.Ledger
	t      *testing.T
	seals  *seal.Sealer
	keeper *epochs.Keeper
	dir    string
}

func newWatched(t *testing.T) *watched {
	w := &watched{Ledger: ledgertest.Open(t), t: t, dir: t.TempDir()}
	var err error
	w.seals, err = seal.Open(t.Context(), seal.Config{Log: w.Log, DB: w.DB("seal.db"), Tiles: seal.Tiles(filepath.Join(w.Dir, "tiles")), Origin: "ledger.example.com/watched",
		Keys: func(bool) ([][]byte, error) { return [][]byte{make([]byte, 32)}, nil }, Warn: func(what string, err error) { t.Error(what, err) }})
	w.ok(err)
	store, err := epochs.Open(t.Context(), w.DB("heads.db"))
	w.ok(err)
	w.keeper = &epochs.Keeper{Ledger: w.Ledger.Ledger, Seals: w.seals, Store: store}
	return w
}

func (w *watched) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) grow(n int, epoch bool) {
	w.t.Helper()
	sealtest.Append(w.t, w.Log, n)
	w.ok(w.seals.Seal(w.t.Context()))
	if epoch {
		_, err := w.keeper.Seal(w.t.Context())
		w.ok(err)
	}
}

// look is a look by a process that was started for it.
func (w *watched) look() (Seen, error) {
	w.t.Helper()
	db, err := sqldb.OpenSQLite(w.t.Context(), filepath.Join(w.dir, "heads.db"), sqldb.Options{})
	w.ok(err)
	defer db.Close()
	store, err := epochs.Open(w.t.Context(), db)
	w.ok(err)
	m := &Monitor{Demands: verify.Demands{Policy: verify.KeyPolicy(w.seals.VKey())}, Dir: w.dir, Heads: store}
	return m.Look(w.t.Context(), &verify.Kept{Log: w.Log, Tiles: seal.Tiles(filepath.Join(w.Dir, "tiles")), Last: w.seals.Checkpoint().Text}, true)
}

// TestLooks: each look goes on where the one before ended, whatever came in between.
func TestLooks(t *testing.T) {
	w := newWatched(t)
	size := int64(0)
	for _, c := range []struct {
		n     int
		epoch bool
		last  int64
	}{{300, false, 0}, {1500, true, 1800}, {0, true, 1800}, {5, false, 1800}, {2000, true, 3806}, {1, true, 3808}} {
		w.grow(c.n, c.epoch)
		seen, err := w.look()
		w.ok(err)
		if seen.Tree.N != w.seals.Checkpoint().Size || seen.Size != c.last || !seen.Bodies || seen.First != (size == 0) || size > 0 && seen.Read != seen.Tree.N-size {
			t.Fatalf("after %d more: %+v", c.n, seen)
		}
		size = seen.Tree.N
	}
}

// TestCutOff: a look that is cut off after the heads were written and before the epoch was noted is
// finished by the next.
func TestCutOff(t *testing.T) {
	w := newWatched(t)
	w.grow(100, true)
	w.grow(100, true)
	places, err := w.seals.Places(t.Context(), 0, 202)
	w.ok(err)
	db, err := sqldb.OpenSQLite(t.Context(), filepath.Join(w.dir, "heads.db"), sqldb.Options{})
	w.ok(err)
	store, err := epochs.Open(t.Context(), db)
	w.ok(err)
	w.ok(store.Apply(t.Context(), places[:201]))
	w.ok(db.Close())
	seen, err := w.look()
	w.ok(err)
	if seen.Size != 201 {
		t.Fatalf("%+v", seen)
	}
}

// TestShownOtherwise: an older state, another history, and an epoch that lies are named, at each look.
func TestShownOtherwise(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *watched) *watched
		want   string
	}{
		"an older state":  {func(w *watched) *watched { o := newWatched(w.t); o.grow(50, true); return o }, "rollback: the log has size 51, and had 101"},
		"another history": {func(w *watched) *watched { o := newWatched(w.t); o.grow(200, true); return o }, "fork: the first 101 events"},
		"an epoch that lies": {func(w *watched) *watched {
			w.grow(50, false)
			w.lie()
			return w
		}, "complete: epoch at event 151 says root"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatched(t)
			w.grow(100, true)
			_, err := w.look()
			w.ok(err)
			other := c.change(w)
			other.dir = w.dir
			for range 2 {
				_, err := other.look()
				var l verify.Lie
				if err == nil || !strings.HasPrefix(err.Error(), c.want) || !errors.As(err, &l) {
					t.Fatalf("got %v, want %q", err, c.want)
				}
			}
		})
	}
}

// lie appends an epoch over all that is sealed with another root.
func (w *watched) lie() {
	w.t.Helper()
	ctx := context.Background()
	store, err := epochs.Open(ctx, w.DB("lie.db"))
	w.ok(err)
	places, err := w.seals.Places(ctx, 0, 1000)
	w.ok(err)
	w.ok(store.Apply(ctx, places))
	sum, err := store.Sum(ctx)
	w.ok(err)
	sum.Root[0] ^= 1
	_, err = w.Once(ctx, ledger.Command{Name: "sealEpoch", Stream: domain.Stream{Noun: "epoch", ID: w.ID}, Key: "lie", Principal: "epochs", Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "muniment", Actor: domain.Actor{Kind: domain.System}}},
		domain.EpochSealed{Size: sum.Size, Count: sum.Count, Root: hex.EncodeToString(sum.Root[:]), Map: domain.HeadsMap1})
	w.ok(err)
	w.ok(w.seals.Seal(ctx))
}

// TestKeep: what was kept is whole or the one before.
func TestKeep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"one", "two"} {
		if err := Keep(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Fatalf("%q, %v", got, err)
		}
	}
}
