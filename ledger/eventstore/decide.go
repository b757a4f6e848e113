package eventstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// check refuses here what the map or the engine would refuse later.
func check(b ledger.Batch) error {
	if b.Stream.Noun == "" || strings.Trim(b.Stream.Noun, "abcdefghijklmnopqrstuvwxyz") != "" {
		return errors.New("a stream is named by a noun of lower-case letters and an id")
	}
	size := 0
	for i, e := range b.Entries {
		n := len(e.Envelope) + len(e.Payload)
		switch {
		case n > ledger.MaxEvent:
			return fmt.Errorf("entry %d has %d bytes: %w", i, n, ledger.ErrTooLarge)
		case len(e.Envelope) == 0 || len(e.Payload) == 0:
			return fmt.Errorf("entry %d has an empty envelope or payload", i)
		case isStub(e):
			return fmt.Errorf("entry %d: %w", i, ledger.ErrStub)
		case len(e.Claim) != sha256.Size:
			return fmt.Errorf("entry %d has a claim digest of %d bytes instead of %d", i, len(e.Claim), sha256.Size)
		case e.ID.IsZero(): // the client would make up another
			return fmt.Errorf("entry %d has no id", i)
		}
		size += n
	}
	if size > ledger.MaxAppend {
		return fmt.Errorf("the batch has %d bytes: %w", size, ledger.ErrTooLarge)
	}
	return nil
}

func isStub(e ledger.Entry) bool {
	_, struck := ledger.Struck(e.Payload)
	return struck
}

func newWork(b ledger.Batch) *work {
	w := &work{batch: b, stream: streamColumn(b.Stream), claims: make([]claim, len(b.Entries))}
	for i, e := range b.Entries {
		w.claims[i] = claimOf(e.ID, w.stream)
	}
	return w
}

// decide answers a batch from the map, or makes what must be sent. The caller holds the stream, so
// nobody here changes what is found.
func (l *Log) decide(ctx context.Context, w *work) (*pending, ledger.Result, error) {
	if err := l.haltedBy(); err != nil {
		return nil, ledger.Result{}, err
	}
	keys := make([]any, len(w.claims))
	for i := range w.claims {
		keys[i] = w.claims[i][:]
	}
	before, err := l.keptBefore(ctx, keys)
	if err != nil {
		return nil, ledger.Result{}, err
	}
	w.before = before
	p := &pending{stream: w.stream, name: l.engine.streamName(w.batch.Stream)}
	seen := make(map[claim]bool)
	for i, e := range w.batch.Entries {
		if _, prior := before[w.claims[i]]; prior || seen[w.claims[i]] {
			continue
		}
		seen[w.claims[i]] = true
		p.claims = append(p.claims, w.claims[i])
		p.intents = append(p.intents, intended{attemptOf(w.claims[i], e.Envelope, e.Payload), e.Claim, e.Recorded, macOf(w.batch, i)})
		// Octets, not JSON: nothing on the way may read them, let alone write them anew.
		p.events = append(p.events, esdb.EventData{EventID: uuid.UUID(e.ID), EventType: kind, ContentType: esdb.ContentTypeBinary,
			Data: e.Payload, Metadata: e.Envelope})
	}
	if len(p.claims) == 0 {
		return nil, w.result(nil), nil
	}
	heads, err := headsOf(ctx, nil, l.statements.heads, []any{w.stream})
	if err != nil {
		return nil, ledger.Result{}, sqldb.Explain(err)
	}
	h, ok := heads[string(w.stream)]
	if !ok {
		h = head{-1, -1}
	}
	if e := w.batch.Expected; e != ledger.Any && e != h.revision {
		return nil, ledger.Result{Err: fmt.Errorf("append: expected revision %d, found %d: %w", e, h.revision, ledger.ErrConflict)}, nil
	}
	p.expected = h.engine
	return p, ledger.Result{}, nil
}

// result puts the places together: an entry kept before, or earlier in the batch, is Prior.
func (w *work) result(fresh map[claim]ledger.Placed) ledger.Result {
	placed := make([]ledger.Placed, len(w.claims))
	seen := make(map[claim]bool)
	for i, c := range w.claims {
		p, prior := w.before[c]
		if !prior {
			p = fresh[c]
			p.Prior = seen[c]
			seen[c] = true
		}
		placed[i] = p
	}
	return ledger.Result{Placed: placed}
}

// keptBefore finds the claims among keys that were kept.
func (l *Log) keptBefore(ctx context.Context, keys []any) (map[claim]ledger.Placed, error) {
	found := make(map[claim]ledger.Placed)
	err := l.statements.kept.each(ctx, nil, keys, func(r *sql.Rows) error { return scanPlaced(r, found) })
	if err != nil {
		return nil, sqldb.Explain(err)
	}
	return found, nil
}
