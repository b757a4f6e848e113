package heads

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	replayedLabel = "muniment/replayed/1"
	withdrawnWord = "withdrawn "
	bodiesLine    = "tags match bodies"
)

// Replayed is what a replayer signs: it has read every leaf of the tree, gathered the heads itself, and
// every epoch said the same.
type Replayed struct {
	Origin string
	Tree   tlog.Tree
	// Size and Root are of the last epoch in the tree; 0 and the empty map's where there is none.
	Size int64
	Root tlog.Hash
	// Withdrawn are the seqs of epochs that count no more, rising.
	Withdrawn []int64
	// Bodies: it had the events, too, and each leaf bears the tags that its event gives.
	Bodies bool
}

// NewReplayed is what a replay of a tree gives.
func NewReplayed(origin string, t tlog.Tree, last *Sealed, withdrawn []int64, bodies bool) Replayed {
	r := Replayed{Origin: origin, Tree: t, Root: emptyRoot(), Withdrawn: withdrawn, Bodies: bodies}
	if last != nil && !slices.Contains(withdrawn, last.Seq) {
		r.Size, r.Root = last.Size, last.Root
	}
	return r
}

// String is the text that is signed: docs/formats.md, section 12.
func (r Replayed) String() string {
	b64 := func(h tlog.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }
	text := fmt.Sprintf("%s\n%s\n%d\n%s\n%d\n%s\n", replayedLabel, r.Origin, r.Tree.N, b64(r.Tree.Hash), r.Size, b64(r.Root))
	for _, seq := range r.Withdrawn {
		text += fmt.Sprintf("%s%d\n", withdrawnWord, seq)
	}
	if r.Bodies {
		text += bodiesLine + "\n"
	}
	return text
}

var errNote = errors.New("this is no note of a replayer")

// Unsigned is what a signed note says, whoever signed it.
func Unsigned(note string) string {
	text, _, _ := strings.Cut(note, "\n\n")
	return text + "\n"
}

// ParseReplayed reads what was signed.
func ParseReplayed(text string) (r Replayed, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 7 || lines[0] != replayedLabel {
		return r, errNote
	}
	n1, err1 := strconv.ParseInt(lines[2], 10, 64)
	n2, err2 := strconv.ParseInt(lines[4], 10, 64)
	h1, err3 := tlog.ParseHash(lines[3])
	h2, err4 := tlog.ParseHash(lines[5])
	if errors.Join(err1, err2, err3, err4) != nil || n2 < 0 || n2 > n1 || lines[1] == "" {
		return r, errNote
	}
	r = Replayed{Origin: lines[1], Tree: tlog.Tree{N: n1, Hash: h1}, Size: n2, Root: h2}
	for _, line := range lines[6:] {
		if seq, ok := strings.CutPrefix(line, withdrawnWord); ok {
			n, err := strconv.ParseInt(seq, 10, 64)
			if err != nil || n < 0 || n >= n1 || len(r.Withdrawn) > 0 && n <= r.Withdrawn[len(r.Withdrawn)-1] {
				return r, errNote
			}
			r.Withdrawn = append(r.Withdrawn, n)
		}
		r.Bodies = r.Bodies || line == bodiesLine
	}
	if r.String() != text {
		return r, errNote
	}
	return r, nil
}
