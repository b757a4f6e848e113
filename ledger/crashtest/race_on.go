//go:build race

package crashtest

// slow: a child under the race detector takes ten times as long to start and to suffer.
const slow = 5
