// Package small is what the tool tries itself on.
package small

import "errors"

// ErrSmall is what Tested refuses.
var ErrSmall = errors.New("small")

// Pair is two numbers.
type Pair struct{ A, B int }

// Tested makes a pair of numbers from 10 on.
func Tested(n int) (p Pair, err error) {
	if n < 10 {
		return Pair{}, ErrSmall
	}
	p = Pair{A: n, B: n}
	p.B++
	return p, nil
}
