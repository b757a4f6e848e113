package heads

import "golang.org/x/mod/sumdb/tlog"

// Trie is a map that changes: it hashes again only what lies above a change. Its zero value is empty.
// It holds about 180 bytes an entry.
type Trie struct{ root *node }

// node is an entry (bit 256) or a branch; stale where something below has changed since it was hashed.
type node struct {
	Entry // of a branch: the tag of any entry below
	kids  [2]*node
	bit   int16
	stale bool
}

// Set puts an entry, in the place of the one with its tag.
func (t *Trie) Set(e Entry) {
	leaf := &node{Entry: e, bit: 256}
	if t.root == nil {
		t.root = leaf
		return
	}
	n := t.root
	for n.bit < 256 {
		n = n.kids[bitOf(e.Tag, int(n.bit))]
	}
	bit := int16(differ(n.Tag, e.Tag))
	at := &t.root
	for (*at).bit < bit {
		(*at).stale = true
		at = &(*at).kids[bitOf(e.Tag, int((*at).bit))]
	}
	if bit == 256 {
		(*at).Hash = e.Hash
		return
	}
	above := &node{Entry: Entry{Tag: e.Tag}, bit: bit, stale: true}
	side := bitOf(e.Tag, int(bit))
	above.kids[side], above.kids[1-side] = leaf, *at
	*at = above
}

// Root is the map's root.
func (t *Trie) Root() tlog.Hash {
	if t.root == nil {
		return emptyRoot()
	}
	return t.root.hashed()
}

func (n *node) hashed() tlog.Hash {
	if n.stale {
		n.Hash, n.stale = nodeHash(int(n.bit), n.kids[0].hashed(), n.kids[1].hashed()), false
	}
	return n.Hash
}

// Path follows a tag down to the entry it leads to, and lists the branches on the way, from the root.
func (t *Trie) Path(tag tlog.Hash) (path []Step, reached Entry) {
	if t.root == nil {
		return nil, Entry{}
	}
	t.Root() // so that no hash on the way is stale
	n := t.root
	for n.bit < 256 {
		side := bitOf(tag, int(n.bit))
		path = append(path, Step{int(n.bit), n.kids[1-side].Hash})
		n = n.kids[side]
	}
	return path, n.Entry
}
