package vault

import (
	"bytes"
	"crypto/rand"
	"crypto/sha3"
	"encoding/hex"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/xaesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"
)

func xaesSeal(key, nonce, plaintext, ad []byte) []byte {
	aead, short := xaes(key, nonce)
	return aead.Seal(nil, short, plaintext, ad)
}

// TestXAESVectors: the vectors of https://c2sp.org/XAES-256-GCM. Two keys, because the subkey of the
// second needs the reduction and that of the first doesn't.
func TestXAESVectors(t *testing.T) {
	for _, c := range []struct {
		key            byte
		ad, ciphertext string
	}{
		{1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		got := xaesSeal(fill(c.key), []byte("ABCDEFGHIJKLMNOPQRSTUVWX"), []byte("XAES-256-GCM"), []byte(c.ad))
		if hex.EncodeToString(got) != c.ciphertext {
			t.Errorf("key %d: got %x, want %s", c.key, got, c.ciphertext)
		}
	}
}

// TestXAESAccumulated: 10,000 random inputs, of which the specification publishes one hash.
func TestXAESAccumulated(t *testing.T) {
	random, digest := sha3.NewSHAKE128(), sha3.NewSHAKE128()
	read := func(n int) []byte {
		b := make([]byte, n)
		random.Read(b)
		return b
	}
	upTo255 := func() []byte { return read(int(read(1)[0])) }
	for range 10_000 {
		key, nonce := read(32), read(24)
		plaintext := upTo255()
		digest.Write(xaesSeal(key, nonce, plaintext, upTo255()))
	}
	var got [32]byte
	digest.Read(got[:])
	if h := hex.EncodeToString(got[:]); h != "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939" {
		t.Fatalf("got %s", h)
	}
}

// tinkAEAD is Tink's XAES-256-GCM with a raw key: nonce ‖ ciphertext, as C2SP has it.
func tinkAEAD(t *testing.T, key []byte) tink.AEAD {
	t.Helper()
	parameters := must(xaesgcm.NewParameters(xaesgcm.VariantNoPrefix, 12))
	raw := must(xaesgcm.NewKey(secretdata.NewBytesFromData(key, insecuresecretdataaccess.Token{}), 0, parameters))
	manager := keyset.NewManager()
	id := must(manager.AddKey(raw))
	if err := manager.SetPrimary(id); err != nil {
		t.Fatal(err)
	}
	return must(aead.New(must(manager.Handle())))
}

// TestXAESTink: what Tink seals we open, and what we seal Tink opens.
func TestXAESTink(t *testing.T) {
	for n := range 64 {
		key, plaintext, ad := randomKey(), make([]byte, n*7), []byte("additional data")[:n%16]
		rand.Read(plaintext)
		theirs := tinkAEAD(t, key)

		sealed := must(theirs.Encrypt(plaintext, ad))
		cipher, nonce := xaes(key, sealed[:24])
		if got, err := cipher.Open(nil, nonce, sealed[24:], ad); err != nil || !bytes.Equal(got, plaintext) {
			t.Fatalf("ours doesn't open what Tink sealed: %v", err)
		}

		long := make([]byte, 24)
		rand.Read(long)
		if got, err := theirs.Decrypt(append(long, xaesSeal(key, long, plaintext, ad)...), ad); err != nil || !bytes.Equal(got, plaintext) {
			t.Fatalf("Tink doesn't open what ours sealed: %v", err)
		}
	}
}
