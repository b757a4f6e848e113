package heads

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// tagGen makes tags of which many begin alike.
var tagGen = rapid.Custom(func(t *rapid.T) (tag tlog.Hash) {
	tag[0] = rapid.SampledFrom([]byte{0, 1, 128}).Draw(t, "first")
	tag[1] = rapid.Byte().Draw(t, "second")
	tag[31] = rapid.SampledFrom([]byte{0, 1, 2, 255}).Draw(t, "last")
	return tag
})

func sorted(all map[tlog.Hash]Head) (entries []Entry) {
	for tag, h := range all {
		entries = append(entries, EntryOf(tag, h.Inner()))
	}
	slices.SortFunc(entries, func(a, b Entry) int { return bytes.Compare(a.Tag[:], b.Tag[:]) })
	return entries
}

func prove(all map[tlog.Hash]Head, trie *Trie, tag tlog.Hash) HeadProof {
	p := HeadProof{Tag: tag}
	path, reached := trie.Path(tag)
	p.Path = path
	if h, ok := all[tag]; ok {
		p.Head = &h
	} else if len(all) > 0 {
		h := all[reached.Tag]
		p.Other = &Other{reached.Tag, h.Inner()}
	}
	return p
}

// TestMapIsAsDefined: whatever is set in whatever order, the trie has the defined root and paths, and
// proofs of members and of others hold, under this root only.
func TestMapIsAsDefined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := map[tlog.Hash]Head{}
		var trie Trie
		for i, tag := range rapid.SliceOfN(tagGen, 0, 60).Draw(t, "tags") {
			all[tag] = Head{int64(i + 1), tlog.Hash{byte(i)}}
			trie.Set(EntryOf(tag, all[tag].Inner()))
			if rapid.IntRange(0, 4).Draw(t, "look") == 0 {
				trie.Root()
			}
		}
		entries := sorted(all)
		if trie.Root() != Root(entries) {
			t.Fatalf("%d tags: root %s, by definition %s", len(all), trie.Root(), Root(entries))
		}
		asked := append(rapid.SliceOfN(tagGen, 1, 10).Draw(t, "asked"), tlog.Hash{255})
		for _, e := range entries {
			asked = append(asked, e.Tag)
		}
		for _, tag := range asked {
			p := prove(all, &trie, tag)
			if err := p.Check(trie.Root()); err != nil {
				t.Fatalf("%d tags: %v", len(all), err)
			}
			if p.Check(tlog.Hash{1}) == nil {
				t.Fatal("another root is believed")
			}
			if len(entries) == 0 {
				continue
			}
			path, reached := Path(entries, tag)
			if !slices.Equal(path, p.Path) || reached >= len(entries) || p.Head == nil && entries[reached].Tag != p.Other.Tag {
				t.Fatalf("paths differ: %v, %v", path, p.Path)
			}
		}
	})
}

// TestHeadLies: whatever is changed in a proof, it is refused, by name.
func TestHeadLies(t *testing.T) {
	all := map[tlog.Hash]Head{}
	var trie Trie
	for i := range 40 {
		tag := hash("test", []byte{byte(i)})
		all[tag] = Head{int64(i + 1), tlog.Hash{byte(i)}}
		trie.Set(EntryOf(tag, all[tag].Inner()))
	}
	member, absent := hash("test", []byte{7}), hash("test", []byte{99})
	for name, c := range map[string]struct {
		tag    tlog.Hash
		change func(p *HeadProof)
		want   error
	}{
		"another count":      {member, func(p *HeadProof) { p.Head.Count++ }, errRoot},
		"another root":       {member, func(p *HeadProof) { p.Head.Root[3]++ }, errRoot},
		"neighbours swapped": {member, func(p *HeadProof) { p.Path[0].Hash, p.Path[1].Hash = p.Path[1].Hash, p.Path[0].Hash }, errRoot},
		"wrong depth":        {member, func(p *HeadProof) { p.Path[len(p.Path)-1].Bit++ }, errRoot},
		"order turned":       {member, func(p *HeadProof) { slices.Reverse(p.Path) }, errBits},
		"truncated":          {member, func(p *HeadProof) { p.Path = p.Path[1:] }, errRoot},
		"truncated below":    {member, func(p *HeadProof) { p.Path = p.Path[:len(p.Path)-1] }, errRoot},
		"duplicated":         {member, func(p *HeadProof) { p.Path = append(p.Path, p.Path[len(p.Path)-1]) }, errBits},
		"too deep":           {member, func(p *HeadProof) { p.Path = append(p.Path, Step{Bit: 256}) }, errBits},
		"present as absent":  {member, func(p *HeadProof) { p.Other, p.Head = &Other{member, p.Head.Inner()}, nil }, errSame},
		"both":               {member, func(p *HeadProof) { p.Other = &Other{} }, errBoth},
		"nothing shown":      {member, func(p *HeadProof) { p.Head = nil }, errRoot},
		"absent as present":  {absent, func(p *HeadProof) { p.Head, p.Other = &Head{}, nil }, errRoot},
		"of another's place": {absent, func(p *HeadProof) {
			*p = prove(all, &trie, member)
			p.Tag, p.Other, p.Head = absent, &Other{member, p.Head.Inner()}, nil
		}, errSides},
		"another's tag":        {absent, func(p *HeadProof) { p.Other.Tag[31] ^= 1 }, errRoot},
		"another's inner hash": {absent, func(p *HeadProof) { p.Other.Inner[31] ^= 1 }, errRoot},
	} {
		t.Run(name, func(t *testing.T) {
			p := prove(all, &trie, c.tag)
			c.change(&p)
			if err := p.Check(trie.Root()); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}
