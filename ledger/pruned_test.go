package ledger

import (
	"bytes"
	"strings"
	"testing"

	"muniment/domain"
)

// TestPrunedStub: what is left of a pruned event is read as it was written, and nothing else is taken for it.
func TestPrunedStub(t *testing.T) {
	id, leaf := domain.ID{0: 1, 15: 0xab}, [32]byte{0: 0xcd, 31: 9}
	stub := PrunedStub(id, leaf)
	if len(stub) != 115 {
		t.Errorf("%d bytes", len(stub))
	}
	if i, l, ok := Pruned(Record{Envelope: stub}); !ok || i != id || l != leaf {
		t.Errorf("%s %x %t", i, l, ok)
	}
	if _, _, ok := Pruned(Record{Envelope: stub, Payload: []byte("{}")}); ok {
		t.Error("with a payload it is taken for a pruned one")
	}
	for i := range stub {
		other := bytes.Clone(stub)
		other[i] ^= 0x20 // another case, where there is one
		if j, l, ok := ReadPrunedStub(other); ok && (!bytes.Equal(PrunedStub(j, l), other) || j == id && l == leaf) {
			t.Errorf("%s is taken for one", other)
		}
	}
	for _, bad := range []string{"", "{}", string(stub) + " ", string(stub[1:]), strings.ToUpper(string(stub)), strings.Replace(string(stub), "leaf", "hash", 1)} {
		if _, _, ok := ReadPrunedStub([]byte(bad)); ok {
			t.Errorf("%s is taken for one", bad)
		}
	}
}
