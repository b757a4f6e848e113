package heads

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// FuzzProof: a proof that is read has one text, and checking it, whatever it says, ends.
func FuzzProof(f *testing.F) {
	h, texts, at := headOf(21)
	f.Add(Proof{Leaf: []byte("{}"), Log: []byte("c2sp.org/tlog-proof@v1\n"), Head: HeadProof{Tag: oneTag, Head: &h, Path: []Step{{3, tlog.Hash{1}}}}, Period: period(h, texts, at, 11, 17)}.Text())
	f.Add(Proof{Head: HeadProof{Other: &Other{}}}.Text())
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParseProof(text)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Text(), text) {
			t.Error("read, it is written otherwise")
		}
		if p.Head.Check(tlog.Hash{}) == nil {
			t.Error("it leads to no root at all")
		}
		if p.Period != nil && p.Head.Head != nil {
			p.Period.Check(p.Head.Tag, *p.Head.Head)
		}
	})
}

// FuzzLeaf: a leaf that is read counts for nobody twice.
func FuzzLeaf(f *testing.F) {
	f.Add(leafText(7))
	f.Add([]byte(`{"env":"` + zeros + `","epoch":{"count":1,"map":"muniment/heads/1","root":"` + zeros + `","size":4},"pay":"` + zeros + `","rev":0,"seq":4,"t":1,"tags":{"stream":"1` + zeros[1:] + `","tenant":"1` + zeros[1:] + `"},"type":"epoch","v":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := ParseLeaf(text)
		if err != nil {
			return
		}
		seen := map[tlog.Hash]bool{}
		for _, tag := range l.Tags() {
			if seen[tag] {
				t.Error("a tag twice")
			}
			seen[tag] = true
		}
	})
}

// FuzzNote: a replayer's note that is read is written the same; a policy names nobody who isn't in it.
func FuzzNote(f *testing.F) {
	f.Add(NewReplayed("ledger.example.com", tlog.Tree{N: 7}, &Sealed{Epoch: Epoch{Size: 3}}, []int64{4}, true).String())
	_, vkey, err := note.GenerateKey(nil, "auditor.example.org")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("log x\n#: replayer auditor " + vkey + "\nquorum none\n")
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := ParseReplayed(text); err == nil && r.String() != text {
			t.Error("read, it is written otherwise")
		}
		if ours, err := ReadPolicy([]byte(text)); err == nil && len(ours.Replayers) > strings.Count(text, "#:") {
			t.Error("replayers from nowhere")
		}
	})
}
