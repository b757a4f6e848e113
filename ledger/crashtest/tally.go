package crashtest

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const roundsVariable = "MUNIMENT_TORTURE_ROUNDS"

// Rounds is how often a test is to kill: few times among the tests, as often as was asked for in
// make torture, and fewer still beside the race detector, which has little to find in them.
func Rounds(few int) int {
	if n, err := strconv.Atoi(os.Getenv(roundsVariable)); err == nil && n > 0 {
		return n
	}
	return max(1, few/slow)
}

// When is after how many lines, at most, a round's child is to be killed: at random, now and then before
// it is open at all, but not in the first round, so that even a single one shows something.
func When(round, most int) int {
	if round == 0 {
		return most / 2
	}
	return rand.IntN(most) - most/20
}

// Faults is how many faults a sweep is to inject at most: few among the tests, six a round in make
// torture.
func Faults(few int) int {
	if os.Getenv(roundsVariable) == "" {
		return max(1, few/slow)
	}
	return 6 * Rounds(few)
}

// Tally is what a test did, for the table that make torture ends with.
type Tally struct {
	Rounds, Kills, Faults int
	Acknowledged          int // events that were answered as kept
}

// Tell writes the table's row; .ci/torture reads it.
func (c *Tally) Tell(t testing.TB) {
	found := "nothing"
	if t.Failed() {
		found = "FAILED"
	}
	room := strings.TrimSuffix(filepath.Base(os.Args[0]), ".test")
	t.Logf("tortured: %s/%s %d %d %d %d %s", room, t.Name(), c.Rounds, c.Kills, c.Faults, c.Acknowledged, found)
}
