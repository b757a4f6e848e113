package verify

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// TestMarked: given what the keys directory says was signed, when a log is verified, then one that is shorter or other
// is refused, and one that goes on from there, or waits to be signed again, isn't.
func TestMarked(t *testing.T) {
	f := newFound(t)
	root := func(n int64) tlog.Hash {
		h, err := f.sealer.RootAt(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	for name, c := range map[string]struct {
		marked tlog.Tree
		says   string // of the refusal; none: it holds
	}{
		"nothing is known":   {tlog.Tree{}, ""},
		"all of it":          {tlog.Tree{N: 700, Hash: root(700)}, ""},
		"a beginning of it":  {tlog.Tree{N: 300, Hash: root(300)}, ""},
		"another beginning":  {tlog.Tree{N: 300, Hash: root(299)}, "another log"},
		"another log":        {tlog.Tree{N: 700, Hash: root(699)}, "another log"},
		"more than there is": {tlog.Tree{N: 701, Hash: root(700)}, "an older copy"},
	} {
		d := f.demands()
		d.Marked = c.marked
		var out bytes.Buffer
		err := Log(t.Context(), f.kept, d, &out)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v\n%s", name, err, &out)
		}
	}
}
