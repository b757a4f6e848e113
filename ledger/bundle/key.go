package bundle

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// NewSigner makes the signer of a log's manifests from the 32 bytes of its key (RFC 8032's private key),
// and the vkey to pin. It is another key than that of checkpoints.
func NewSigner(origin string, seed []byte) (s note.Signer, vkey string, err error) {
	if len(seed) != ed25519.SeedSize {
		return nil, "", fmt.Errorf("bundle key: expected %d bytes", ed25519.SeedSize)
	}
	name := KeyName(origin)
	if vkey, err = note.NewEd25519VerifierKey(name, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)); err != nil {
		return nil, "", fmt.Errorf("bundle key: %w", err)
	}
	hash := strings.Split(vkey, "+")[1] // a name has no plus sign
	const ed25519Key = 1
	s, err = note.NewSigner("PRIVATE+KEY+" + name + "+" + hash + "+" + base64.StdEncoding.EncodeToString(append([]byte{ed25519Key}, seed...)))
	return s, vkey, err
}
