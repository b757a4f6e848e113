package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// xaes returns the AES-256-GCM cipher and 12-byte nonce that XAES-256-GCM (C2SP, XAES-256-GCM.md)
// derives from a 32-byte key and a 24-byte nonce. Written here because Tink's needs a key set per
// key, and each of our keys seals about one event; the tests check it against Tink and the vectors.
func xaes(key, nonce []byte) (cipher.AEAD, []byte) {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key is 32 bytes, always
	}
	var k1 [16]byte // the CMAC subkey K1
	block.Encrypt(k1[:], k1[:])
	msb := k1[0] >> 7
	for i := range k1 {
		k1[i] <<= 1
		if i < 15 {
			k1[i] |= k1[i+1] >> 7
		}
	}
	k1[15] ^= msb * 0x87
	var derived [32]byte
	for i := range 2 {
		m := [16]byte{0, byte(i + 1), 'X', 0}
		copy(m[4:], nonce[:12])
		subtle.XORBytes(m[:], m[:], k1[:])
		block.Encrypt(derived[16*i:], m[:])
	}
	inner, err := aes.NewCipher(derived[:])
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(inner)
	if err != nil {
		panic(err)
	}
	return aead, nonce[12:]
}
