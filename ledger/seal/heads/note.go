package heads

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	replayedLabel = "muniment/replayed/1"
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
	// Bodies: it had the events, too, and each leaf bears the tags that its event gives.
	Bodies bool
}

// NewReplayed is what a replay of a tree gives.
func NewReplayed(origin string, t tlog.Tree, last *Sealed, bodies bool) Replayed {
	r := Replayed{Origin: origin, Tree: t, Root: emptyRoot(), Bodies: bodies}
	if last != nil {
		r.Size, r.Root = last.Size, last.Root
	}
	return r
}

// String is the text that is signed: docs/formats.md, section 12.
func (r Replayed) String() string {
	b64 := func(h tlog.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }
	text := fmt.Sprintf("%s\n%s\n%d\n%s\n%d\n%s\n", replayedLabel, r.Origin, r.Tree.N, b64(r.Tree.Hash), r.Size, b64(r.Root))
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
	r = Replayed{lines[1], tlog.Tree{N: n1, Hash: h1}, n2, h2, lines[6] == bodiesLine}
	if r.String() != text {
		return r, errNote
	}
	return r, nil
}
