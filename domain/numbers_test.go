package domain

import (
	"testing"

	"muniment/domain/canon"
)

// TestNumbers: a number of an event is none below zero and none that JSON's readers round.
func TestNumbers(t *testing.T) {
	for n, fits := range map[int64]bool{-1: false, 0: true, 1: true, canon.MaxInteger: true, canon.MaxInteger + 1: false, -canon.MaxInteger: false} {
		if err := Check(InteractionListened{Seconds: n}); (err == nil) != fits {
			t.Errorf("%d seconds: %v", n, err)
		}
	}
}
