package heads

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Period shows a run of a head's leaves, none missing: leaves From to To-1 of those that bear the tag.
// It has one leaf more on each side where there is one, so that what lies outside can be seen to be
// earlier or later.
type Period struct {
	Start, End  int64 // recorded time, seconds since 1970: Start ≤ t < End
	From, To    int64 // counted among the head's own leaves
	Left, Right []tlog.Hash
	Leaves      [][]byte
}

// Reasons why a period isn't proven.
var (
	errSpan   = errors.New("period: its numbers don't fit the head")
	errPieces = errors.New("period: it has more or fewer hashes than it needs")
	errHead   = errors.New("period: its leaves do not lead to the head's root")
)

// Pieces are the levels of the greatest perfect sub-trees that cover leaves from to to-1, from left to
// right; a sub-tree of level l has 2^l leaves and begins at a multiple of that.
func Pieces(from, to int64) (levels []int) {
	for from < to {
		l := bits.Len64(uint64(to-from)) - 1
		if from > 0 {
			l = min(l, bits.TrailingZeros64(uint64(from)))
		}
		levels = append(levels, l)
		from += 1 << l
	}
	return levels
}

// Check checks the proof of a tag's head, and returns the leaves that lie in the period.
func (p *Period) Check(tag tlog.Hash, h Head) ([]Leaf, error) {
	if p.From < 0 || p.From > p.To || p.To > h.Count || int64(len(p.Leaves)) != p.To-p.From || p.Start > p.End {
		return nil, errSpan
	}
	leaves := make([]Leaf, len(p.Leaves))
	for i, text := range p.Leaves {
		l, err := ParseLeaf(text)
		switch {
		case err != nil:
			return nil, fmt.Errorf("period: leaf %d: %w", i, err)
		case !slices.Contains(l.Tags(), tag):
			return nil, fmt.Errorf("period: leaf %d does not bear the tag", i)
		case i > 0 && (l.Seq <= leaves[i-1].Seq || l.Time < leaves[i-1].Time):
			return nil, fmt.Errorf("period: leaf %d lies before the one before it", i)
		}
		leaves[i] = l
	}
	if root, err := p.root(h.Count, leaves); err != nil || root != h.Root {
		return nil, errors.Join(err, errHead)
	}
	if n := len(leaves); p.From > 0 && (n == 0 || leaves[0].Time >= p.Start) || p.To < h.Count && (n == 0 || leaves[n-1].Time < p.End) {
		return nil, errors.New("period: no leaf before it or after it is shown, so some of it may be missing")
	}
	return slices.DeleteFunc(leaves, func(l Leaf) bool { return l.Time < p.Start || l.Time >= p.End }), nil
}

// root is the root over the sub-trees on the left, the leaves, and the sub-trees on the right.
func (p *Period) root(count int64, leaves []Leaf) (tlog.Hash, error) {
	left, right := Pieces(0, p.From), Pieces(p.To, count)
	if len(left) != len(p.Left) || len(right) != len(p.Right) {
		return tlog.Hash{}, errPieces
	}
	var r run
	for i, l := range left {
		r.add(l, p.Left[i])
	}
	for _, l := range leaves {
		r.add(0, l.Hash)
	}
	for i, l := range right {
		r.add(l, p.Right[i])
	}
	return fold(r.roots), nil
}

// run joins neighbouring perfect sub-trees, which may differ in size.
type run struct {
	end    int64
	levels []int
	roots  []tlog.Hash
}

func (r *run) add(level int, h tlog.Hash) {
	r.end += 1 << level
	for n := len(r.levels); n > 0 && r.levels[n-1] == level && r.end&(1<<(level+1)-1) == 0; n-- {
		h = tlog.NodeHash(r.roots[n-1], h)
		r.levels, r.roots = r.levels[:n-1], r.roots[:n-1]
		level++
	}
	r.levels, r.roots = append(r.levels, level), append(r.roots, h)
}
