package bundle

import (
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// grove is a tree with all its stored hashes.
type grove struct {
	size   int64
	stored []tlog.Hash
}

func (g *grove) ReadHashes(indexes []int64) (all []tlog.Hash, err error) {
	for _, i := range indexes {
		all = append(all, g.stored[i])
	}
	return all, nil
}

func (g *grove) leaf(i int64) tlog.Hash { return g.stored[tlog.StoredHashIndex(0, i)] }

func plant(t rapid.TB, size int64) *grove {
	g := &grove{}
	for ; g.size < size; g.size++ {
		more, err := tlog.StoredHashes(g.size, []byte{byte(g.size), byte(g.size >> 8)}, g)
		if err != nil {
			t.Fatal(err)
		}
		g.stored = append(g.stored, more...)
	}
	return g
}

// TestCover: whatever leaves are shown, they and their cover give the root that x/mod's tlog computes;
// with one hash or leaf changed, left out, added or moved they don't.
func TestCover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 600).Draw(t, "size")
		g := plant(t, size)
		root, err := tlog.TreeHash(size, g)
		if err != nil {
			t.Fatal(err)
		}
		shown := rapid.SliceOfDistinct(rapid.Int64Range(0, size-1), func(n int64) int64 { return n }).Draw(t, "shown")
		slices.Sort(shown)
		cover, err := Cover(size, shown, g)
		if err != nil {
			t.Fatal(err)
		}
		var hashes []tlog.Hash
		for _, i := range shown {
			hashes = append(hashes, g.leaf(i))
		}
		got, err := Root(size, shown, hashes, cover)
		if err != nil || got != root {
			t.Fatalf("%v, %v instead of %v", got, err, root)
		}
		lie := func(name string, shown []int64, hashes, cover []tlog.Hash) {
			if got, err := Root(size, shown, hashes, cover); err == nil && got == root {
				t.Errorf("%s: it still gives the root", name)
			}
		}
		if len(cover) > 0 {
			i := rand.IntN(len(cover))
			changed := slices.Clone(cover)
			changed[i][3] ^= 1
			lie("a hash changed", shown, hashes, changed)
			lie("a hash left out", shown, hashes, slices.Delete(slices.Clone(cover), i, i+1))
		}
		lie("a hash added", shown, hashes, append(slices.Clone(cover), root))
		if len(shown) > 0 {
			i := rand.IntN(len(shown))
			changed := slices.Clone(hashes)
			changed[i][3] ^= 1
			lie("a leaf changed", shown, changed, cover)
			lie("a leaf left out", slices.Delete(slices.Clone(shown), i, i+1), slices.Delete(slices.Clone(hashes), i, i+1), cover)
		}
		if len(shown) > 1 {
			lie("a leaf twice", append([]int64{shown[0]}, shown...), append([]tlog.Hash{hashes[0]}, hashes...), cover)
			swapped := slices.Clone(hashes)
			swapped[0], swapped[1] = swapped[1], swapped[0]
			lie("two leaves changed places", shown, swapped, cover)
		}
	})
}
