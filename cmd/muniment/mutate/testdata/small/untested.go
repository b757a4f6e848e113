package small

// Untested is called by no test.
func Untested(n int) int {
	if n < 10 {
		return n
	}
	return n + 1
}
