//go:build race

package demo

import "time"

// promised is how long loading may take with the race detector, which slows SQLite down twentyfold.
const promised = 5 * time.Minute
