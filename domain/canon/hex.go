package canon

import (
	"encoding/hex"
	"fmt"
)

// Unhex reads hex digits: as many as to has room for, no more and no fewer. The error doesn't repeat them.
func Unhex[S string | []byte](to []byte, text S) error {
	if len(text) == 2*len(to) {
		if _, err := hex.Decode(to, []byte(text)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("expected %d hex digits", 2*len(to))
}
