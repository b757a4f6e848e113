package mutate

import (
	"path/filepath"
	"testing"
)

// TestSelf tries the tool on a module in which one function is tested and one isn't.
func TestSelf(t *testing.T) {
	dir, err := filepath.Abs(filepath.Join("testdata", "small"))
	if err != nil {
		t.Fatal(err)
	}
	all := pick(t, dir, room{"small", []string{"."}, nil}, 100, 1, nil)
	kinds := map[string]int{}
	for _, c := range all {
		kinds[c.what]++
	}
	for _, what := range []string{"negated", "check dropped", "operator", "constant", "error swallowed", "statement dropped", "field dropped"} {
		if kinds[what] == 0 {
			t.Errorf("found no change of the kind %q", what)
		}
	}
	l := try(t, dir, "small", [][]string{{"."}}, all)
	if l.noticed == 0 || len(l.missed) == 0 {
		t.Fatalf("noticed %d, missed %d: expected some of both", l.noticed, len(l.missed))
	}
	for _, c := range l.missed {
		if c.file != "untested.go" {
			t.Errorf("missed in a function whose every line is tested: %s", c)
		}
	}
	again := pick(t, dir, room{"small", []string{"."}, nil}, 100, 1, nil)
	for i := range all {
		if all[i].name() != again[i].name() {
			t.Fatal("the same seed chose other changes")
		}
	}
}
