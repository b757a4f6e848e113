package heads

import "golang.org/x/mod/sumdb/tlog"

// Stack is an RFC 6962 tree that only grows: the roots of its perfect sub-trees, the greatest first.
type Stack struct {
	Count int64
	Roots []tlog.Hash
}

// Push adds a leaf hash; or, in a tree over equal perfect trees, the root of the next of them. It returns
// the roots of the perfect sub-trees that end with it: its own hash, then those twice as great …
func (s *Stack) Push(h tlog.Hash) (ended []tlog.Hash) {
	s.push(h, func(h tlog.Hash) { ended = append(ended, h) })
	return ended
}

// Add is Push for whoever doesn't ask what ends.
func (s *Stack) Add(h tlog.Hash) { s.push(h, nil) }

func (s *Stack) push(h tlog.Hash, ends func(tlog.Hash)) {
	if ends != nil {
		ends(h)
	}
	for n := s.Count; n&1 == 1; n >>= 1 {
		h = tlog.NodeHash(s.Roots[len(s.Roots)-1], h)
		s.Roots = s.Roots[:len(s.Roots)-1]
		if ends != nil {
			ends(h)
		}
	}
	s.Roots = append(s.Roots, h)
	s.Count++
}

// Root is RFC 6962's; of no leaves that of the empty tree.
func (s *Stack) Root() tlog.Hash { return fold(s.Roots) }

// fold is the root over perfect sub-trees, the greatest first.
func fold(roots []tlog.Hash) tlog.Hash {
	if len(roots) == 0 {
		return emptyTree
	}
	h := roots[len(roots)-1]
	for i := len(roots) - 2; i >= 0; i-- {
		h = tlog.NodeHash(roots[i], h)
	}
	return h
}

// emptyTree is RFC 6962's root of no leaves: SHA-256 of nothing.
var emptyTree, _ = tlog.TreeHash(0, nil)
