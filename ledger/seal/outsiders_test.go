package seal

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// fetcher lets Tessera read the published files; entry bundles are made from the events.
type fetcher struct{ w *world }

func (f fetcher) ReadCheckpoint(context.Context) ([]byte, error) {
	return os.ReadFile(string(f.w.tiles()) + "/checkpoint")
}

func (f fetcher) ReadTile(_ context.Context, level, index uint64, p uint8) ([]byte, error) {
	return os.ReadFile(string(f.w.tiles()) + "/" + layout.TilePath(level, index, p))
}

func (f fetcher) ReadEntryBundle(ctx context.Context, index uint64, p uint8) ([]byte, error) {
	width := int(p)
	if p == 0 {
		width = maxBundle
	}
	return f.w.sealer.Bundle(ctx, int64(index), width)
}

// tesseraAgrees runs Tessera's check of a whole log. With early damage it never returns (v1.0.4), so
// a watchdog gives it up.
func tesseraAgrees(t testing.TB, f fsck.Fetcher, vkey string) error {
	t.Helper()
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	hashes := func(bundle []byte) (all [][]byte, err error) {
		var b api.EntryBundle
		if err := b.UnmarshalText(bundle); err != nil {
			return nil, err
		}
		for _, e := range b.Entries {
			all = append(all, rfc6962.DefaultHasher.HashLeaf(e))
		}
		return all, nil
	}
	done := make(chan error, 1)
	go func() { done <- fsck.New(v.Name(), v, f, hashes, fsck.Opts{N: 4}).Check(context.Background()) }()
	select {
	case err := <-done:
		return err
	case <-time.After(60 * time.Second):
		return fmt.Errorf("Tessera's fsck hangs")
	}
}

func (w *world) mustFsck() {
	w.t.Helper()
	if err := tesseraAgrees(w.t, fetcher{w}, w.sealer.VKey()); err != nil {
		w.t.Fatalf("Tessera's fsck: %v", err)
	}
}

// TestOutsidersAgree: at sizes around those where tiles become full, Tessera's fsck is content with the
// files, and the proofs are those of transparency-dev/merkle and convince torchwood.
func TestOutsidersAgree(t *testing.T) {
	sizes := []int64{1, 2, 255, 256, 257, 511, 512, 513, 5000}
	if !testing.Short() {
		sizes = append(sizes, 65_535, 65_536, 65_537)
	}
	w := newWorld(t)
	s := w.mustOpen()
	outside := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	roots := map[int64][]byte{}
	var hashes [][]byte
	for _, size := range sizes {
		next, err := w.log.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.append(int(size - next))
		w.seal()
		if size != 65_535 && size != 65_536 { // it reads everything: once for these three
			w.mustFsck()
		}
		for i := next; i < size; i += maxBundle - i%maxBundle {
			to := min(size, i/maxBundle*maxBundle+maxBundle)
			bundle, err := s.Bundle(t.Context(), i/maxBundle, int(to-i/maxBundle*maxBundle))
			if err != nil {
				t.Fatal(err)
			}
			for n := i / maxBundle * maxBundle; len(bundle) > 0; n++ {
				var entry []byte
				if entry, bundle, err = torchwood.ReadTileEntry(bundle); err != nil {
					t.Fatal(err)
				}
				if n >= i {
					hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
					if err := outside.Append(hashes[n], nil); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		root, err := outside.GetRootHash(nil)
		c := s.Checkpoint()
		if err != nil || c.Size != size || !bytes.Equal(root, c.Root[:]) {
			t.Fatalf("size %d: root %x, merkle says %x (%v)", c.Size, c.Root, root, err)
		}
		roots[size] = root
		w.proofsHold(size, roots, hashes)
	}
}

// proofsHold checks proofs at a size with merkle and torchwood.
func (w *world) proofsHold(size int64, roots map[int64][]byte, hashes [][]byte) {
	t := w.t
	ctx := context.Background()
	v, err := torchwood.ParsePolicy([]byte("log " + w.sealer.VKey() + "\nquorum none\n"))
	if err != nil {
		t.Fatal(err)
	}
	c := w.sealer.Checkpoint()
	for _, seq := range []int64{0, 1, size / 3, size/256*256 - 1, size - 2, size - 1} {
		if seq < 0 || seq >= size {
			continue
		}
		p, err := w.sealer.Proof(ctx, seq)
		if err != nil {
			t.Fatal(err)
		}
		if err := torchwood.VerifyProof(v, tlog.RecordHash(p.Leaf), p.Text); err != nil {
			t.Errorf("size %d, event %d: torchwood: %v", size, seq, err)
		}
		if err := torchwood.VerifyProof(v, tlog.RecordHash(append(p.Leaf, ' ')), p.Text); err == nil {
			t.Errorf("size %d, event %d: another leaf is believed", size, seq)
		}
		path, err := tlog.ProveRecord(size, seq, w.sealer.at(ctx, c.Size, c.Root))
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(seq), uint64(size), hashes[seq], raw(path), roots[size]); err != nil {
			t.Errorf("size %d, event %d: merkle: %v", size, seq, err)
		}
	}
	for from, root := range roots {
		path, err := w.sealer.Consistency(ctx, from, size)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(from), uint64(size), raw(path), root, roots[size]); err != nil {
			t.Errorf("from %d to %d: merkle: %v", from, size, err)
		}
	}
}

func raw(path []tlog.Hash) (all [][]byte) {
	for _, h := range path {
		all = append(all, h[:])
	}
	return all
}
