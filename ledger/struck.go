package ledger

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"

	"muniment/domain"
	"muniment/domain/canon"
)

// A stub stands where a payload was struck: docs/formats.md, section 6. It holds what the leaf commits
// to of the payload, because nothing else can tell that any more.
const (
	stubBegins = `{"pay":"`
	stubEnds   = `"}`
)

// ErrStub: an event that says it was struck was about to be appended. Nothing of the batch was kept.
var ErrStub = errors.New("it has the form of an event that was struck, which none begins with")

// Stub is what takes the place of a struck payload; pay is its commitment.
func Stub(pay [32]byte) []byte {
	b := hex.AppendEncode([]byte(stubBegins), pay[:])
	return append(b, stubEnds...)
}

// Struck tells whether a payload was struck, and the commitment that its stub holds.
func Struck(payload []byte) (pay [32]byte, ok bool) {
	digits, begins := bytes.CutPrefix(payload, []byte(stubBegins))
	digits, ends := bytes.CutSuffix(digits, []byte(stubEnds))
	if !begins || !ends {
		return pay, false
	}
	err := canon.Unhex(pay[:], digits)
	return pay, err == nil && bytes.Equal(Stub(pay), payload)
}

// Removal is a payload that is to go, and the stub that takes its place.
type Removal struct {
	At   Key
	Stub []byte
	MAC  []byte // of the stub in its place: [Authentic] gives it
}

// Striker is a log whose engine can remove a payload in place. One that can't keeps what it was given
// until its own means remove it (docs/erasure.md).
type Striker interface {
	// Strike puts stubs in the place of events' payloads and blanks their claim digests, all or none. It is
	// durable when it returns nil, and says what is left where the log lies. It may be repeated; after an
	// error payloads or stubs are there, whole.
	Strike(ctx context.Context, removals ...Removal) (domain.StrikeFinality, error)
}
