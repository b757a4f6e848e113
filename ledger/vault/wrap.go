package vault

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash"

	"muniment/domain"
	"muniment/ledger"
)

// wrap seals key material under another key: nonce ‖ ciphertext.
func wrap(under, material []byte, ad ...string) []byte {
	var random [24]byte
	rand.Read(random[:])
	return wrapWith(random, under, material, ad...)
}

// wrapWith is wrap with a given nonce, for the golden vectors.
func wrapWith(random [24]byte, under, material []byte, ad ...string) []byte {
	out := append(make([]byte, 0, 24+len(material)+16), random[:]...)
	aead, nonce := xaes(under, out)
	return aead.Seal(out, nonce, material, domain.LP(ad...))
}

func unwrap(under, wrapped []byte, ad ...string) ([]byte, error) {
	if len(wrapped) < 24 {
		return nil, fmt.Errorf("vault: a wrapped key is cut short: %w", ledger.ErrDamagedBox)
	}
	aead, nonce := xaes(under, wrapped[:24])
	material, err := aead.Open(nil, nonce, wrapped[24:], domain.LP(ad...))
	if err != nil {
		return nil, fmt.Errorf("vault: a key does not open under the key above it: wrong keys directory, or a damaged vault: %w", ledger.ErrDamagedBox)
	}
	return material, nil
}

// expander is EXPAND of docs/formats.md, section 1, for one key: HKDF-Expand of RFC 5869, of which the first block is all we need.
// A box derives a key for each of its values from one: keying HMAC once halves what that takes.
type expander struct{ mac hash.Hash }

func newExpander(key []byte) expander { return expander{hmac.New(sha256.New, key)} }

func (x expander) expand(info ...string) []byte {
	x.mac.Reset()
	x.mac.Write(append(domain.LP(info...), 1))
	return x.mac.Sum(nil)
}

func mac(key []byte, parts ...string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(domain.LP(parts...))
	return m.Sum(nil)
}
