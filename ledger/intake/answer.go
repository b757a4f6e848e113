package intake

import (
	"errors"
	"fmt"

	"muniment/domain"
	"muniment/ledger"
)

// State is what became of a line.
type State string

// The states.
const (
	Kept      State = "KEPT"
	Duplicate State = "DUPLICATE" // kept before
	Refused   State = "REFUSED"
	Passed    State = "PASSED" // in order, and nothing for this ledger
)

// Answer is what became of one line: kept when any of its events was, a duplicate when all were
// kept before, refused when any was refused, passed when there were none.
type Answer struct {
	Line    int
	State   State
	Receipt ledger.Receipt  // of its first event, unless refused or passed
	Err     *domain.Refusal // why it was refused
	Pass    string          // why it was passed
}

// String is "line N: KEPT", or for a refusal "line N: field: reason".
func (a Answer) String() string {
	if a.Err != nil {
		return fmt.Sprintf("line %d: %s", a.Line, a.Err)
	}
	return fmt.Sprintf("line %d: %s", a.Line, a.State)
}

// answer sums up the outcomes of one line's submissions. Its error is internal: nothing is known
// about the line.
func answer(item Item, outcomes []ledger.Outcome) (Answer, error) {
	a := Answer{Line: item.Line, State: Duplicate, Err: item.Err, Pass: item.Pass}
	if item.Pass != "" {
		a.State = Passed
	}
	for i, o := range outcomes {
		var no *domain.Refusal
		switch {
		case errors.As(o.Err, &no):
			if a.Err == nil {
				a.Err = no
			}
		case o.Err != nil:
			return Answer{}, o.Err
		case !o.Duplicate:
			a.State = Kept
		}
		uncompared := a.Receipt.Uncompared || o.Receipt.Uncompared
		if i == 0 {
			a.Receipt = o.Receipt
		}
		a.Receipt.Uncompared = uncompared
	}
	if a.Err != nil {
		a.State, a.Receipt = Refused, ledger.Receipt{}
	}
	return a, nil
}

// Summary counts lines. Dropped counts the foreign fields that were left out, by name; Notes what
// else there is to tell, by its words.
type Summary struct {
	Kept, Duplicate, Refused, Passed int
	Dropped, Notes                   map[string]int
}

// String is the last line of an import.
func (s Summary) String() string {
	return fmt.Sprintf("kept %d, duplicate %d, refused %d", s.Kept, s.Duplicate, s.Refused)
}

func (s *Summary) count(a Answer) {
	switch a.State {
	case Kept:
		s.Kept++
	case Duplicate:
		s.Duplicate++
	case Refused:
		s.Refused++
	case Passed:
		s.Passed++
	}
}
