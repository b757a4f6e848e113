package bundle

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// A cover is what leads from some leaves of an RFC 6962 tree to its root: the hashes of the parts in
// which none of them lies, from left to right. docs/bundle.md, section 3. For one leaf it is an
// inclusion proof in another order; for leaves side by side it is hardly longer.

// errCover: hashes are left over or run out.
var errCover = errors.New("there are not as many hashes as it takes")

// fold walks the tree over the leaves from a to b. shown are those of them that are there, sorted;
// leaf is called for each of these and skipped for each part without.
func fold(a, b int64, shown []int64, leaf func(i int64) (tlog.Hash, error), skipped func(a, b int64) (tlog.Hash, error)) (tlog.Hash, error) {
	switch {
	case len(shown) == 0:
		return skipped(a, b)
	case b-a == 1:
		return leaf(a)
	}
	k := a + 1<<(bits.Len64(uint64(b-a-1))-1)
	n, _ := slices.BinarySearch(shown, k)
	left, err := fold(a, k, shown[:n], leaf, skipped)
	if err != nil {
		return left, err
	}
	right, err := fold(k, b, shown[n:], leaf, skipped)
	return tlog.NodeHash(left, right), err
}

// Cover makes the cover of the leaves shown (sorted, none twice) in a tree of a size; at reads its
// stored hashes.
func Cover(size int64, shown []int64, at tlog.HashReader) ([]tlog.Hash, error) {
	if err := inside(size, shown); err != nil {
		return nil, err
	}
	var indexes []int64 // of the perfect trees that the skipped parts consist of
	var parts []int     // how many of these each part has
	_, err := fold(0, size, shown, func(int64) (h tlog.Hash, err error) { return h, nil }, func(a, b int64) (h tlog.Hash, err error) {
		n := 0
		for ; a < b; n++ {
			level := bits.Len64(uint64(b-a)) - 1
			indexes = append(indexes, tlog.StoredHashIndex(level, a>>level))
			a += 1 << level
		}
		parts = append(parts, n)
		return h, nil
	})
	if err != nil {
		return nil, err
	}
	stored, err := at.ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	cover := make([]tlog.Hash, len(parts))
	for i, n := range parts {
		h := stored[n-1]
		for j := n - 2; j >= 0; j-- {
			h = tlog.NodeHash(stored[j], h)
		}
		cover[i], stored = h, stored[n:]
	}
	return cover, nil
}

// Root is the root that leaves and their cover lead to. hashes are the leaves', in the order of shown.
func Root(size int64, shown []int64, hashes, cover []tlog.Hash) (tlog.Hash, error) {
	if err := inside(size, shown); err != nil {
		return tlog.Hash{}, err
	}
	if len(hashes) != len(shown) {
		return tlog.Hash{}, fmt.Errorf("%d hashes for %d leaves", len(hashes), len(shown))
	}
	take := func(from *[]tlog.Hash) (h tlog.Hash, err error) {
		if len(*from) == 0 {
			return h, errCover
		}
		h, *from = (*from)[0], (*from)[1:]
		return h, nil
	}
	root, err := fold(0, size, shown, func(int64) (tlog.Hash, error) { return take(&hashes) }, func(int64, int64) (tlog.Hash, error) { return take(&cover) })
	if err == nil && len(cover) > 0 {
		err = errCover
	}
	return root, err
}

// inside reports leaves that no tree of the size has.
func inside(size int64, shown []int64) error {
	if size < 1 {
		return errors.New("an empty tree has no leaves to show")
	}
	for i, n := range shown {
		if n < 0 || n >= size || i > 0 && n <= shown[i-1] {
			return fmt.Errorf("leaf %d is twice there, out of order or not in a tree of size %d", n, size)
		}
	}
	return nil
}
