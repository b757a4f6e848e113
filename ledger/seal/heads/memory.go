package heads

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"
)

// Memory is heads in memory: about 400 bytes each. Its zero value is empty.
type Memory struct {
	size  int64
	heads map[tlog.Hash]*Stack
	stale map[tlog.Hash]*Stack // changed since the map was hashed
	trie  Trie
}

// Apply adds the next leaves.
func (m *Memory) Apply(_ context.Context, leaves []Leaf) error {
	if m.heads == nil {
		m.heads, m.stale = map[tlog.Hash]*Stack{}, map[tlog.Hash]*Stack{}
	}
	for i := range leaves {
		for _, tag := range leaves[i].Tags() {
			h := m.heads[tag]
			if h == nil {
				h = &Stack{}
				m.heads[tag] = h
			}
			h.Add(leaves[i].Hash)
			m.stale[tag] = h
		}
	}
	m.size += int64(len(leaves))
	return nil
}

// Sum is all heads.
func (m *Memory) Sum(context.Context) (Epoch, error) {
	for tag, h := range m.stale {
		m.trie.Set(EntryOf(tag, Head{h.Count, h.Root()}.Inner()))
	}
	clear(m.stale)
	return Epoch{m.size, int64(len(m.heads)), m.trie.Root()}, nil
}
