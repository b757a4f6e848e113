// Package mutate asks the tests whether they would notice: it changes one small thing in the code, runs
// the tests that should see it, and counts the changes that nobody saw. Nothing in the checkout is
// touched, because the changed file reaches the compiler as an overlay.
//
// Without arguments it tries itself on a small module in testdata and checks that every aimed change still
// fits the code. `make mutate` gives it the whole house.
package mutate

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var (
	sample = flag.Int("sample", 0, "how many changes to try in each room; 0: none")
	seed   = flag.Uint64("seed", 1, "which ones")
	only   = flag.String("room", "", "the one room to try")
	aimed  = flag.Bool("aimed", false, "try the aimed changes, too")
	aim    = flag.String("aim", "", "only those whose file or text has this in it")
)

// root is the checkout.
func root(t *testing.T) string {
	dir, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestHouse(t *testing.T) {
	if *sample == 0 && !*aimed {
		t.Skip("asked for by make mutate alone: it takes hours")
	}
	dir := root(t)
	known := readEquivalents(t, dir)
	var lines []line
	for _, r := range rooms {
		if *sample == 0 || *only != "" && *only != r.name {
			continue
		}
		lines = append(lines, try(t, dir, r.name, r.stages, pick(t, dir, r, *sample, *seed, known)))
	}
	if *aimed {
		lines = append(lines, tryAimed(t, dir))
	}
	report(os.Stdout, lines)
	for _, l := range lines {
		if l.rate() < l.goal() {
			t.Errorf("%s: %s noticed, less than %.0f %%", l.room, l.percent(), 100*l.goal())
		}
	}
}

// report prints what was tried by room, then each change that nobody noticed.
func report(w *os.File, lines []line) {
	fmt.Fprintf(w, "%-22s %6s %8s %8s %9s\n", "room", "tried", "noticed", "missed", "rate")
	for _, l := range lines {
		fmt.Fprintf(w, "%-22s %6d %8d %8d %9s\n", l.room, l.tried(), l.noticed, len(l.missed), l.percent())
	}
	for _, l := range lines {
		for _, c := range l.missed {
			fmt.Fprintf(w, "missed: %s\n", c)
		}
	}
}
