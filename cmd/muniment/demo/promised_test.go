//go:build !race

package demo

import "time"

// promised is how long loading may take.
const promised = 20 * time.Second
