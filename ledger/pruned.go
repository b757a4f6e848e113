package ledger

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"

	"muniment/domain"
)

// A pruned stub stands in the place of the envelope of an event that was pruned; its payload is empty
// then. docs/formats.md, section 6. It holds the event's id, which others name, and its leaf hash,
// because nothing else can tell that any more.
const (
	prunedBegins = `{"id":"`
	prunedLeaf   = `","leaf":"`
)

// ErrPruned: of the event only its place, id and leaf hash are left.
var ErrPruned = errors.New("the event was pruned: only its place and its leaf hash are left")

// PrunedStub is what takes the place of a pruned event's envelope; leaf is its leaf hash.
func PrunedStub(id domain.ID, leaf [32]byte) []byte {
	b := append([]byte(prunedBegins), id.String()...)
	b = append(b, prunedLeaf...)
	b = hex.AppendEncode(b, leaf[:])
	return append(b, stubEnds...)
}

// ReadPrunedStub reads an envelope that is a pruned stub; ok is false for every other.
func ReadPrunedStub(envelope []byte) (id domain.ID, leaf [32]byte, ok bool) {
	rest, begins := bytes.CutPrefix(envelope, []byte(prunedBegins))
	if !begins || len(envelope) != len(prunedBegins)+32+len(prunedLeaf)+64+len(stubEnds) {
		return id, leaf, false
	}
	id, err := domain.ParseID(string(rest[:32]))
	if err != nil {
		return id, leaf, false
	}
	if _, err := hex.Decode(leaf[:], rest[32+len(prunedLeaf):][:64]); err != nil {
		return id, leaf, false
	}
	return id, leaf, bytes.Equal(PrunedStub(id, leaf), envelope)
}

// Pruned tells whether a record was pruned, and what is left of it beside its place.
func Pruned(r Record) (id domain.ID, leaf [32]byte, ok bool) {
	if len(r.Payload) > 0 {
		return id, leaf, false
	}
	return ReadPrunedStub(r.Envelope)
}

// Rest is what is left of an event that is about to be pruned.
type Rest struct {
	Seq  int64
	Key  Key // with its stream
	Leaf [32]byte
}

// Pruner is a log whose engine can remove all of an event but its place, id and leaf hash. One that
// can't keeps what it was given (docs/erasure.md).
type Pruner interface {
	// Prune puts pruned stubs in the place of some events, all of them or none, and blanks their claim
	// digests. Their seq, revision, log time and key stay. It is durable when it returns nil, and says
	// what is left where the log lies. It may be repeated; after an error all events or all stubs are
	// there.
	Prune(ctx context.Context, rests []Rest) (domain.StrikeFinality, error)
}
