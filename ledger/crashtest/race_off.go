//go:build !race

package crashtest

const slow = 1
