package ledger

import (
	"context"
	"errors"
	"fmt"

	"muniment/domain"
)

// Limits of the contract (docs/formats.md, section 5).
const (
	MaxEvent  = 64 << 10  // bytes of envelope and payload together
	MaxAppend = 512 << 10 // bytes of one batch
)

// Unplaced is the revision in a code that was made before the event had one.
const Unplaced int64 = -1

// Expected revisions of a stream, besides a concrete one (the revision of its last event).
const (
	NoStream int64 = -1 // the stream has no event yet
	Any      int64 = -2 // facts: wherever the stream stands
)

var (
	// ErrConflict: the stream is not at the expected revision. Nothing of the batch was kept.
	ErrConflict = errors.New("the stream has moved on")
	// ErrUnknown: it isn't known whether the batch was kept. Look it up by id ([Log.Prior]) before
	// retrying or reporting.
	ErrUnknown = errors.New("outcome unknown")
	// ErrTooLarge: an event or batch is over the limit. Nothing of the batch was kept.
	ErrTooLarge = fmt.Errorf("over the limit of %d KiB an event, %d KiB an append", MaxEvent>>10, MaxAppend>>10)
	// ErrClosed: the log was closed. Nothing was kept.
	ErrClosed = errors.New("the log is closed")
	// ErrAway: what keeps the log can't be reached at the moment. A reader tries again later.
	ErrAway = errors.New("the log can't be reached at the moment")
	// ErrFull: the disk is full or the store is read-only. Nothing was kept.
	ErrFull = errors.New("the store can't take more (disk full or read-only): free space, then try again")
)

// Entry is one event about to be appended: its bytes, encoded once.
type Entry struct {
	ID       domain.ID
	Recorded domain.Time
	Envelope []byte
	Payload  []byte
	Claim    []byte // claim digest, 32 bytes: the first [ClaimEpoch] are the key epoch whose key made it
	// MAC is the authentication code, kept beside the bytes; [Authentic] gives it. An engine that knows the
	// revision when it writes asks for that one's, another for [Unplaced]. It may be called at any time.
	MAC func(revision int64) []byte
}

// Batch is what one append does to one stream: all of it or nothing.
type Batch struct {
	Stream   domain.Stream
	Expected int64 // a revision, [NoStream] or [Any]
	Entries  []Entry
}

// Placed is where an entry stands. For one that was kept before under the same (stream, id), Prior
// is true and Claim is the digest kept then: nil when it was blanked by an erasure.
type Placed struct {
	Seq      int64
	Revision int64
	LogTime  domain.Time
	Prior    bool
	Claim    []byte
}

// Result answers one batch: a place per entry, or why nothing of it was kept.
type Result struct {
	Placed []Placed
	Err    error
}

// Record is one kept event: the bytes exactly as first encoded, and where they stand.
type Record struct {
	Seq      int64
	Revision int64
	LogTime  domain.Time
	Stream   domain.Stream
	Envelope []byte
	Payload  []byte
	MAC      []byte
	Forged   bool // Muniment didn't write it: envelope and payload are left out ([Authentic])
}

// Key is the scope of idempotency. Without a stream it asks for the id in any stream: for foreign
// records whose stream depends on who the person is, which must not be asked before the id was.
type Key struct {
	Stream domain.Stream
	ID     domain.ID
}

// Log is the event log's contract; ledger/logtest proves it for an engine.
//
// Every kept event has a dense seq from 0, given in the order of keeping, and a dense revision in
// its stream. Readers see events in seq order and never a gap. logTime never goes back.
type Log interface {
	// Append keeps each batch wholly or not at all and answers per batch, in order. A result
	// without error is durable when Append returns: it survives kill -9 and power loss. With
	// [Any], entries whose (stream, id) was kept before are answered as Prior and the others are
	// kept; with an expected revision, a batch all of whose ids were kept before is answered as
	// Prior, whatever the revision; otherwise it must match or the answer is [ErrConflict].
	// When ctx ends first the answer is [ErrUnknown], or ctx's error where certainly nothing was
	// kept; never both. The bytes must not change after the call.
	Append(ctx context.Context, batches ...Batch) []Result

	// Prior finds which keys were kept, in the order asked; the zero revision's Seq is -1 where
	// nothing was. After an [ErrUnknown] it says only what will stay true: it waits for the outcome,
	// or fails with ErrUnknown while there is none.
	Prior(ctx context.Context, keys []Key) ([]Placed, error)

	// Stream reads up to limit records of a stream from a revision on.
	Stream(ctx context.Context, s domain.Stream, from int64, limit int) ([]Record, error)

	// Read reads up to limit records with seq ≥ from, in order.
	Read(ctx context.Context, from int64, limit int) ([]Record, error)

	// At reads the records with these seqs, in the order asked. One that isn't there is an error.
	At(ctx context.Context, seqs []int64) ([]Record, error)

	// Next is the seq that the next event will get: the number of kept events.
	Next(ctx context.Context) (int64, error)

	// Known is the greatest seq whose logTime ≤ t, or -1.
	Known(ctx context.Context, t domain.Time) (int64, error)

	// Wait returns when an event with seq ≥ from is kept, or ctx ends (its error), or the log is
	// closed ([ErrClosed]).
	Wait(ctx context.Context, from int64) error

	// Close waits for appends under way and releases the store.
	Close() error
}
