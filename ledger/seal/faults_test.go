package seal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/sqldb/dbtest"
)

var errInjected = errors.New("injected")

// outcome is what becomes of a write that is said to have failed.
type outcome string

const (
	notKept  outcome = "not kept"
	kept     outcome = "kept all the same"
	halfKept outcome = "kept in part"
)

// failing lets one write point fail once, and counts the writes.
func failing(point string, o outcome, skip int) func(points) points {
	var hit bool
	fail := func(at string) bool {
		if at != point || hit {
			return false
		}
		if skip--; skip >= 0 {
			return false
		}
		hit = true
		return true
	}
	return func(p points) points {
		return points{
			tiles: func(all []tileData) error {
				if !fail("tiles") {
					return p.tiles(all)
				}
				switch o {
				case kept:
					p.tiles(all)
				case halfKept:
					p.tiles(all[:len(all)/2])
				}
				return errInjected
			},
			swap: func(ctx context.Context, from locked, to Checkpoint) error {
				if !fail("swap") {
					return p.swap(ctx, from, to)
				}
				if o != notKept {
					p.swap(ctx, from, to)
				}
				return errInjected
			},
			publish: func(note []byte) error {
				if !fail("publish") {
					return p.publish(note)
				}
				if o != notKept {
					p.publish(note)
				}
				return errInjected
			},
		}
	}
}

// TestFailedWrites: each write fails and isn't kept, or fails and is kept; then sealing goes on, in the
// same process or the next, with the same events or more. What was published stays the beginning of
// what comes, and Tessera is content.
func TestFailedWrites(t *testing.T) {
	for _, point := range []string{"tiles", "swap", "publish"} {
		for _, o := range []outcome{notKept, kept, halfKept} {
			if o == halfKept && point != "tiles" {
				continue // a row or a renamed file is there or not
			}
			for _, again := range []string{"same process", "next process"} {
				for _, more := range []int{0, 1, 300} {
					t.Run(fmt.Sprintf("%s/%s/%s/%d more", point, o, again, more), func(t *testing.T) {
						t.Parallel()
						w := newWorld(t)
						skip := map[string]int{"publish": 1}[point] // opening publishes, too
						w.append(200)
						w.mustOpen()
						w.seal()
						before := w.sealer.Checkpoint()
						if err := w.open(failing(point, o, skip)); err != nil {
							t.Fatal(err)
						}
						w.append(130) // makes a tile full
						if err := w.sealer.Seal(t.Context()); !errors.Is(err, errInjected) {
							t.Fatalf("got %v", err)
						}
						w.append(more)
						if again == "next process" {
							w.mustOpen()
						}
						w.seal()
						w.whole(int64(330 + more))
						if len(w.warned) > 0 { // what the lock says must never be ahead of the tiles
							t.Errorf("warned of %v", w.warned)
						}
						w.continues(before)
					})
				}
			}
		}
	}
}

// whole checks what is published: all events, one and the same checkpoint everywhere, Tessera content.
func (w *world) whole(size int64) {
	w.t.Helper()
	c := w.sealer.Checkpoint()
	row, err := w.sealer.lock.read(context.Background())
	if err != nil || c.Size != size || row.size != size || row.root != c.Root || string(row.note) != string(c.Text) || string(w.read("checkpoint")) != string(c.Text) {
		w.t.Fatalf("published %d of %d, in the lock %d, in the file %q (%v)", c.Size, size, row.size, w.read("checkpoint"), err)
	}
	w.mustFsck()
}

// continues checks that an earlier checkpoint is the beginning of the present one.
func (w *world) continues(before Checkpoint) {
	w.t.Helper()
	c := w.sealer.Checkpoint()
	path, err := w.sealer.Consistency(context.Background(), before.Size, c.Size)
	if err == nil && before.Size < c.Size {
		err = tlog.CheckTree(path, c.Size, c.Root, before.Size, before.Root)
	}
	if err != nil {
		w.t.Fatalf("size %d isn't the beginning of %d: %v", before.Size, c.Size, err)
	}
}

// TestFailedSyncEnds: after a failed sync nobody knows what is on the disk, so this process never
// seals again; the next one does.
func TestFailedSyncEnds(t *testing.T) {
	w := newWorld(t)
	failed := false
	if err := w.open(func(p points) points {
		tiles := p.tiles
		p.tiles = func(all []tileData) error {
			if !failed {
				failed = true
				return fmt.Errorf("tiles: %w: %w", errSync, errInjected)
			}
			return tiles(all)
		}
		return p
	}); err != nil {
		t.Fatal(err)
	}
	w.append(3)
	for range 2 {
		if err := w.sealer.Seal(t.Context()); !errors.Is(err, errSync) {
			t.Fatalf("got %v", err)
		}
	}
	w.mustOpen()
	w.seal()
	w.whole(3)
}

// TestFenced: whoever opens the log last seals it; the one before can't any more, and says so.
func TestFenced(t *testing.T) {
	w := newWorld(t)
	first := w.mustOpen()
	w.append(5)
	w.seal()
	second, err := Open(t.Context(), w.config())
	if err != nil {
		t.Fatal(err)
	}
	w.append(5)
	if err := first.Seal(t.Context()); !errors.Is(err, ErrFenced) {
		t.Fatalf("the first: %v", err)
	}
	if err := second.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.sealer = second
	w.whole(10)
}

// TestOtherLogHalts: a log that isn't the one that was sealed is never signed, and the error says what to do.
func TestOtherLogHalts(t *testing.T) {
	dbtest.NeedsFiles(t)
	for name, c := range map[string]struct {
		damage func(w *world)
		want   string
	}{
		"an older backup":                  {func(w *world) { w.exchange("", 200) }, "the log has 200 events, and 300 were sealed"},
		"an older backup, written on":      {func(w *world) { w.exchange("", 400) }, "isn't the one that was sealed"},
		"an older backup, and full tiles":  {func(w *world) { w.append(212); w.seal(); w.exchange("", 600) }, "isn't the one that was sealed"},
		"another log, and no tiles":        {func(w *world) { w.exchange("", 300); os.RemoveAll(string(w.tiles())) }, "give another root than was signed"},
		"an event that was changed":        {func(w *world) { w.change(299) }, "event 299 isn't the one that was sealed"},
		"a checkpoint of somebody else":    {func(w *world) { w.exec(w.db, `UPDATE checkpoint SET note = $1 WHERE one = 1`, []byte("x\n")) }, "isn't signed by the log key"},
		"a size that was never signed":     {func(w *world) { w.exec(w.db, `UPDATE checkpoint SET size = 299 WHERE one = 1`) }, "isn't signed by the log key"},
		"tiles of events that are no more": {func(w *world) { w.tilesOfLostEvents() }, "made of other events"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mustOpen()
			w.append(300)
			w.seal()
			c.damage(w)
			err := advised(w.open(nil))
			if err == nil {
				err = w.sealer.Seal(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q in it", err, c.want)
			}
			if !strings.Contains(err.Error(), "muniment verify") && !strings.Contains(err.Error(), "bring the right key back") {
				t.Errorf("%q doesn't say what to do", err)
			}
		})
	}
}

// TestTilesMadeAnew: tiles are derived: lost or damaged ones come back, the same as before.
func TestTilesMadeAnew(t *testing.T) {
	for name, damage := range map[string]func(w *world) error{
		"lost": func(w *world) error { return os.RemoveAll(string(w.tiles())) },
		"damaged": func(w *world) error {
			return os.WriteFile(string(w.tiles())+"/tile/1/000.p/2", make([]byte, 64), 0o644)
		},
		"cut": func(w *world) error { return os.Truncate(string(w.tiles())+"/tile/0/002.p/88", 32) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mustOpen()
			w.append(600)
			w.seal()
			before := w.sealer.Checkpoint()
			if err := damage(w); err != nil {
				t.Fatal(err)
			}
			w.mustOpen()
			if len(w.warned) != 1 {
				t.Errorf("warned of %v", w.warned)
			}
			w.append(50)
			w.seal()
			w.whole(650)
			w.continues(before)
		})
	}
}
