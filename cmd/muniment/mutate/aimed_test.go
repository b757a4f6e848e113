package mutate

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const aimedRoom = "aimed"

// aimedChange is a change that somebody thought of, and the stages of tests one of which must notice it.
type aimedChange struct {
	change
	stages [][]string
}

// readAims reads testdata/aimed.txt: a line `FILE PACKAGE…`, then lines that begin with `- ` (what stands
// there, once) and with `+ ` (what is put in its place). PACKAGE@TESTS asks these tests of it alone.
func readAims(t *testing.T, root string) (all []aimedChange) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "aimed.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for i, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		a, err := parseAim(root, block)
		if err != nil {
			t.Errorf("aimed.txt, change %d: %v", i+1, err)
			continue
		}
		all = append(all, a)
	}
	return all
}

func parseAim(root, block string) (a aimedChange, err error) {
	var old, with []string
	for _, l := range strings.Split(block, "\n") {
		switch {
		case strings.HasPrefix(l, "#"):
		case strings.HasPrefix(l, "-"):
			old = append(old, strings.TrimPrefix(l[1:], " "))
		case strings.HasPrefix(l, "+"):
			with = append(with, strings.TrimPrefix(l[1:], " "))
		default:
			words := strings.Fields(l)
			if len(words) < 2 {
				return a, fmt.Errorf("expected FILE PACKAGE…, got %q", l)
			}
			a.file, a.stages = words[0], stagesOf(words[1:])
		}
	}
	source, err := os.ReadFile(filepath.Join(root, a.file))
	if err != nil {
		return a, err
	}
	a.what, a.old, a.with = "aimed", strings.Join(old, "\n"), strings.Join(with, "\n")
	if n := bytes.Count(source, []byte(a.old)); n != 1 || a.old == "" {
		return a, fmt.Errorf("%s: expected once, found %d times: %q", a.file, n, a.old)
	}
	a.start = bytes.Index(source, []byte(a.old))
	a.end = a.start + len(a.old)
	a.line = 1 + bytes.Count(source[:a.start], []byte("\n"))
	return a, nil
}

// stagesOf are whole packages first, together, then chosen tests of others.
func stagesOf(words []string) (stages [][]string) {
	var whole []string
	for _, w := range words {
		if pkg, tests, some := strings.Cut(w, "@"); some {
			stages = append(stages, []string{"-run", tests, pkg})
		} else {
			whole = append(whole, w)
		}
	}
	if len(whole) > 0 {
		stages = append([][]string{whole}, stages...)
	}
	return stages
}

func tryAimed(t *testing.T, root string) line {
	l := line{room: aimedRoom}
	for _, a := range readAims(t, root) {
		if !strings.Contains(a.String(), *aim) {
			continue
		}
		one := try(t, root, aimedRoom, a.stages, []change{a.change})
		if one.tried() == 0 {
			t.Errorf("%s: does not build, so it asks nothing", a.change)
		}
		l.noticed, l.missed = l.noticed+one.noticed, append(l.missed, one.missed...)
	}
	return l
}

// TestAimed: what an aimed change replaces still stands in the code.
func TestAimed(t *testing.T) {
	if len(readAims(t, root(t))) == 0 {
		t.Error("no aimed change")
	}
}

// readEquivalents reads testdata/equivalent.txt: names of changes, each under a comment that says why no test
// can tell it from the code as it is.
func readEquivalents(t *testing.T, root string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "equivalent.txt"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, l := range strings.Split(string(text), "\n") {
		if l != "" && !strings.HasPrefix(l, "#") {
			known[l] = true
		}
	}
	return known
}
