package heads

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

var (
	oneTag = tlog.Hash{7}
	zeros  = strings.Repeat("0", 64)
)

// leafText is the text of a leaf that bears oneTag, five seconds after the one before it.
func leafText(i int) []byte {
	return fmt.Appendf(nil, `{"env":"%s","pay":"%s","rev":0,"seq":%d,"t":%d,"tags":{"stream":"1%s","tenant":"%s"},"type":"event","v":1}`, zeros, zeros, 3*i, 5*i, zeros[1:], digest(oneTag))
}

// head is a head of n leaves, and the roots of perfect sub-trees in it.
func headOf(n int) (h Head, texts [][]byte, at func(level int, index int64) tlog.Hash) {
	var s Stack
	var all []tlog.Hash
	for i := range n {
		texts = append(texts, leafText(i))
		all = append(all, tlog.RecordHash(texts[i]))
		s.Push(all[i])
	}
	return Head{int64(n), s.Root()}, texts, func(level int, index int64) tlog.Hash {
		var part Stack
		for _, h := range all[index<<level : (index+1)<<level] {
			part.Push(h)
		}
		return part.Root()
	}
}

// period is the proof that leaves from to to-1 lie between their times, with a leaf more on each side.
func period(h Head, texts [][]byte, at func(int, int64) tlog.Hash, from, to int64) *Period {
	p := &Period{Start: 5 * from, End: 5 * to, From: max(from-1, 0), To: min(to+1, h.Count)}
	position := int64(0)
	for _, l := range Pieces(0, p.From) {
		p.Left = append(p.Left, at(l, position>>l))
		position += 1 << l
	}
	p.Leaves = texts[p.From:p.To]
	position = p.To
	for _, l := range Pieces(p.To, h.Count) {
		p.Right = append(p.Right, at(l, position>>l))
		position += 1 << l
	}
	return p
}

// TestEveryPeriod: of heads of up to 20 leaves, and around those of 64, every range is proven, and none
// with a leaf left out of it.
func TestEveryPeriod(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 20, 63, 64, 65} {
		h, texts, at := headOf(n)
		for from := range int64(n + 1) {
			for to := from; to <= int64(n); to++ {
				p := period(h, texts, at, from, to)
				leaves, err := p.Check(oneTag, h)
				if err != nil || int64(len(leaves)) != to-from {
					t.Fatalf("%d leaves, %d to %d: %d shown, %v", n, from, to, len(leaves), err)
				}
				if to-from > 1 {
					p.Leaves = append(append([][]byte{}, p.Leaves[:1]...), p.Leaves[2:]...)
					p.To--
					if _, err := p.Check(oneTag, h); err == nil {
						t.Fatalf("%d leaves, %d to %d: one left out, and believed", n, from, to)
					}
				}
			}
		}
	}
}

// TestPeriodLies: whatever is changed in the proof of a period, it is refused, by name.
func TestPeriodLies(t *testing.T) {
	h, texts, at := headOf(21)
	for name, c := range map[string]struct {
		change func(p *Period)
		want   string
	}{
		"shorter":         {func(p *Period) { p.From++ }, "its numbers don't fit"},
		"beyond the head": {func(p *Period) { p.To = 22; p.Leaves = append(p.Leaves, texts[20]) }, "its numbers don't fit"},
		"a hash left out": {func(p *Period) { p.Left = p.Left[1:] }, "more or fewer hashes"},
		"a hash more":     {func(p *Period) { p.Right = append(p.Right, tlog.Hash{}) }, "more or fewer hashes"},
		"hashes swapped":  {func(p *Period) { p.Left[0], p.Left[1] = p.Left[1], p.Left[0] }, "do not lead to the head's root"},
		"another hash":    {func(p *Period) { p.Right[0][0]++ }, "do not lead to the head's root"},
		"a foreign leaf": {func(p *Period) {
			p.Leaves[2] = []byte(strings.Replace(string(p.Leaves[2]), `"tenant":"07`, `"tenant":"08`, 1))
		}, "leaf 2 does not bear the tag"},
		"a changed leaf":      {func(p *Period) { p.Leaves[2] = []byte(strings.Replace(string(p.Leaves[2]), `"env":"0`, `"env":"1`, 1)) }, "do not lead to the head's root"},
		"leaves turned":       {func(p *Period) { p.Leaves[1], p.Leaves[2] = p.Leaves[2], p.Leaves[1] }, "lies before the one before it"},
		"no leaf":             {func(p *Period) { p.Leaves[0] = []byte("{}") }, "leaf 0: it is no leaf"},
		"nothing shown ahead": {func(p *Period) { p.Start -= 5 }, "no leaf before it or after it"},
		"nothing shown after": {func(p *Period) { p.End += 6 }, "no leaf before it or after it"},
	} {
		t.Run(name, func(t *testing.T) {
			p := period(h, texts, at, 11, 17)
			p.Leaves = append([][]byte{}, p.Leaves...)
			c.change(p)
			if _, err := p.Check(oneTag, h); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
