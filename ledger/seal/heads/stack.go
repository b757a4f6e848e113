package heads

import "golang.org/x/mod/sumdb/tlog"

// Stack is an RFC 6962 tree that only grows: the roots of its perfect sub-trees, the greatest first.
type Stack struct {
	Count int64
	Roots []tlog.Hash
}

// Push adds a leaf hash; or, in a tree over equal perfect trees, the root of the next of them.
func (s *Stack) Push(h tlog.Hash) {
	for n := s.Count; n&1 == 1; n >>= 1 {
		h = tlog.NodeHash(s.Roots[len(s.Roots)-1], h)
		s.Roots = s.Roots[:len(s.Roots)-1]
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
