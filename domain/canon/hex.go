package canon

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
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

// Unbase64 reads base64url without padding in its one spelling: the standard library passes over line ends, and
// over bits at the end that say nothing.
func Unbase64(text string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || base64.RawURLEncoding.EncodeToString(raw) != text {
		return nil, errors.New("expected base64url without padding")
	}
	return raw, nil
}
