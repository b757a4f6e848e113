package seal

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"filippo.io/torchwood"
)

// accepts tells whether a policy with one key accepts what is published.
func (w *world) accepts(vkey string) error {
	w.t.Helper()
	policy, err := torchwood.ParsePolicy([]byte("log " + vkey + "\nquorum none\n"))
	if err != nil {
		w.t.Fatal(err)
	}
	_, _, err = torchwood.VerifyCheckpoint(w.read("checkpoint"), policy)
	return err
}

// TestRekey: while a key takes over, each of the two policies accepts the log; afterwards the new one
// alone. The old key can't go before the new one has signed, and what was sealed is the beginning of
// what comes after.
func TestRekey(t *testing.T) {
	old, young := testKey, bytes.Repeat([]byte{7}, 32)
	w := newWorld(t)
	w.append(3)
	w.mustOpen()
	w.seal()
	first := w.sealer.VKey()
	before := w.sealer.Checkpoint()

	if err := w.sealer.Rekey(young); err == nil || !strings.Contains(err.Error(), "isn't signed by the key that is to stay") {
		t.Fatalf("a key that never signed took over alone: %v", err)
	}
	w.keys = [][]byte{old, young}
	if err := w.sealer.Rekey(w.keys...); err != nil {
		t.Fatal(err)
	}
	second := w.sealer.VKey()
	if second == first {
		t.Fatal("the log still goes by its old key")
	}
	if err := w.sealer.Rekey(young); err == nil {
		t.Fatal("the old key went before the new one had signed")
	}
	w.append(1)
	w.seal()
	for _, vkey := range []string{first, second} {
		if err := w.accepts(vkey); err != nil {
			t.Errorf("while both sign: %v", err)
		}
	}
	w.mustOpen() // as a start between the two steps
	if err := w.sealer.Rekey(young); err != nil {
		t.Fatal(err)
	}
	w.keys = [][]byte{young}
	w.append(1)
	w.seal()
	w.mustOpen()
	if err := w.accepts(second); err != nil {
		t.Error(err)
	}
	if err := w.accepts(first); err == nil {
		t.Error("the old key still signs")
	}
	w.continues(before)
	w.whole(5)

	w.keys = [][]byte{old}
	if err := w.open(nil); err == nil || !strings.Contains(err.Error(), "bring the right key back") {
		t.Errorf("the retired key opens the log again: %v", err)
	}
}

// TestOlderCopy: seals from before a key was retired are opened by those that know its public half, and go
// on under the new key.
func TestOlderCopy(t *testing.T) {
	w := newWorld(t)
	w.append(2)
	w.mustOpen()
	w.seal()
	w.keys = [][]byte{bytes.Repeat([]byte{7}, 32)}
	if err := w.open(nil); err == nil {
		t.Fatal("a key that nobody knows opens the log")
	}
	w.retired = [][]byte{ed25519.NewKeyFromSeed(testKey).Public().(ed25519.PublicKey)}
	w.mustOpen()
	w.append(1)
	w.seal()
	if err := w.accepts(w.sealer.VKey()); err != nil {
		t.Error(err)
	}
	w.whole(3)
}
