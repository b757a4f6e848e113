package mutate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// line is what was found of one room.
type line struct {
	room    string
	noticed int
	missed  []change
}

func (l line) tried() int { return l.noticed + len(l.missed) }

func (l line) rate() float64 {
	if l.tried() == 0 {
		return 0
	}
	return float64(l.noticed) / float64(l.tried())
}

func (l line) percent() string { return fmt.Sprintf("%.0f %%", 100*l.rate()) }

// goal is what the house demands: every aimed change, and nearly every one of a sample.
func (l line) goal() float64 {
	if l.room == aimedRoom {
		return 1
	}
	return 0.85
}

// pick chooses n changes of a room, as many of each kind as there are, the same for the same seed. Those that
// no test can tell from the code as it is aren't chosen.
func pick(t *testing.T, root string, r room, n int, seed uint64, equivalent map[string]bool) (chosen []change) {
	t.Helper()
	kinds := map[string][]change{}
	for _, dir := range r.dirs {
		all, err := changes(root, dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if !equivalent[c.name()] {
				kinds[c.what] = append(kinds[c.what], c)
			}
		}
	}
	h := fnv.New64a()
	h.Write([]byte(r.name))
	random := rand.New(rand.NewPCG(seed, h.Sum64()))
	names := slices.Sorted(maps.Keys(kinds))
	for _, what := range names {
		list := kinds[what]
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	for i := 0; len(chosen) < n; i++ {
		before := len(chosen)
		for _, what := range names {
			if i < len(kinds[what]) && len(chosen) < n {
				chosen = append(chosen, kinds[what][i])
			}
		}
		if len(chosen) == before {
			break
		}
	}
	return chosen
}

// outcome of one change.
type outcome int

const (
	missed    outcome = iota
	noticed           // a test failed
	unbuilt           // it didn't compile, so it says nothing
	undecided         // the tests could not be run
)

// try makes each change by itself and asks the stages of tests in turn.
func try(t *testing.T, root, room string, stages [][]string, list []change) line {
	t.Helper()
	l := line{room: room}
	for i, c := range list {
		o, err := ask(root, c, stages)
		if err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		switch o {
		case noticed:
			l.noticed++
		case missed:
			l.missed = append(l.missed, c)
		}
		t.Logf("%s %d/%d: %s: %s", room, i+1, len(list), [...]string{"MISSED", "noticed", "did not build"}[o], c)
	}
	return l
}

// limit is how long one stage may take: a change that makes the code wait for ever is noticed by it.
const limit = 5 * time.Minute

func ask(root string, c change, stages [][]string) (outcome, error) {
	source, err := os.ReadFile(filepath.Join(root, c.file))
	if err != nil {
		return undecided, err
	}
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return undecided, err
	}
	defer os.RemoveAll(dir)
	changed := filepath.Join(dir, "changed.go")
	if err := os.WriteFile(changed, c.apply(source), 0o600); err != nil {
		return undecided, err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, c.file): changed}})
	if err != nil {
		return undecided, err
	}
	plan := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(plan, overlay, 0o600); err != nil {
		return undecided, err
	}
	if out, err := command(root, time.Minute, "build", "-overlay", plan, "./"+filepath.Dir(c.file)); err != nil {
		if strings.Contains(string(out), "changed.go") || strings.Contains(string(out), filepath.Base(c.file)) {
			return unbuilt, nil
		}
		return undecided, fmt.Errorf("%w: %s", err, out)
	}
	for _, packages := range stages {
		args := append([]string{"test", "-overlay", plan, "-failfast", "-timeout", limit.String()}, packages...)
		if !slices.Contains(packages, "-run") { // a test that is named is meant whole
			args = append(args, "-short")
		}
		out, err := command(root, limit+time.Minute, args...)
		if err != nil {
			return noticed, nil
		}
		if strings.Contains(string(out), "no tests to run") {
			return undecided, fmt.Errorf("%s: there is no such test", strings.Join(packages, " "))
		}
	}
	return missed, nil
}

func command(dir string, limit time.Duration, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.WaitDelay = dir, 5*time.Second
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return out, fmt.Errorf("go %s: %w", args[0], err)
	}
	return out, err
}
