// Package enginecheck tries out on any engine, with nothing but the contract in hand, whether it keeps
// the contract's promises. It is part of the binary: whoever runs a real cluster can check it there.
// ledger/logtest proves the same and more in the tests; here every promise is told in the words of
// somebody who doesn't know the source.
//
//	check.go     the run, and the tools that the promises share
//	promises.go  what is promised
//	writers.go   promises about many at once, and about those who leave
package enginecheck

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

// Open opens the log that is checked; it is called again after every Close, for the same log.
type Open func(ctx context.Context) (ledger.Log, error)

// Outcome is how one promise fared.
type Outcome struct {
	Promise string
	Holds   bool
	Time    time.Duration
	Note    string // what was done, or what went wrong
}

// patience is how long one promise may take. An engine that hangs breaks it.
const patience = 2 * time.Minute

// Run tries every promise, one after the other, on one log that grows, and tells each outcome when it
// is known. The log should be empty and nobody else's. all is false when one doesn't hold.
func Run(ctx context.Context, open Open, tell func(Outcome)) (all bool) {
	c := &checked{open: open}
	all = true
	for _, p := range promises {
		begun := time.Now()
		note, err := c.try(ctx, p)
		o := Outcome{Promise: p.text, Holds: err == nil, Time: time.Since(begun), Note: note}
		if err != nil {
			all, o.Note = false, err.Error()
		}
		tell(o)
		if c.log == nil {
			return false // it can't be opened: there is nothing to try the others on
		}
	}
	if err := c.log.Close(); err != nil {
		tell(Outcome{Promise: "closing", Note: err.Error()})
		return false
	}
	return all
}

type promise struct {
	text string
	run  func(context.Context, *checked) (note string, err error)
}

// checked is the log under trial.
type checked struct {
	open Open
	log  ledger.Log
}

// try runs one promise with an end: what doesn't come back in time is left behind.
func (c *checked) try(ctx context.Context, p promise) (note string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c.log == nil {
			if c.log, err = c.open(ctx); err != nil {
				c.log = nil
				return
			}
		}
		note, err = p.run(ctx, c)
	}()
	select {
	case <-done:
		return note, err
	case <-time.After(patience + 10*time.Second):
		return "", fmt.Errorf("no end after %v", patience)
	}
}

func (c *checked) reopen(ctx context.Context) error {
	if err := c.log.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	log, err := c.open(ctx)
	if err != nil {
		return fmt.Errorf("open again: %w", err)
	}
	c.log = log
	return nil
}

func newStream() domain.Stream { return domain.Stream{Noun: "check", ID: domain.NewID()} }

// newEntry makes an event with an envelope as real ones have.
func newEntry(s domain.Stream) ledger.Entry { return entryOf(s, domain.NewID(), "") }

func entryOf(s domain.Stream, id domain.ID, content string) ledger.Entry {
	return entryAt(s, id, content, domain.TimeOf(time.Now()))
}

func entryAt(s domain.Stream, id domain.ID, content string, recorded domain.Time) ledger.Entry {
	e := domain.Envelope{ID: id, Kind: "engine.checked", Version: 1, Stream: s, Tenant: domain.Operator, Source: "engine-check",
		Occurred: domain.At(recorded), Recorded: recorded, Actor: domain.Actor{Kind: domain.System}}
	payload := fmt.Appendf(nil, `{"content":%q}`, content)
	claim := sha256.Sum256(payload)
	return ledger.Entry{ID: id, Recorded: recorded, Envelope: e.Append(nil), Payload: payload, Claim: claim[:], MAC: func(int64) []byte { return claim[:16] }}
}

func batch(s domain.Stream, expected int64, n int) ledger.Batch {
	b := ledger.Batch{Stream: s, Expected: expected}
	for range n {
		b.Entries = append(b.Entries, newEntry(s))
	}
	return b
}

func keyOf(b ledger.Batch) ledger.Key { return ledger.Key{Stream: b.Stream, ID: b.Entries[0].ID} }

// keep appends batches that must be kept.
func (c *checked) keep(ctx context.Context, batches ...ledger.Batch) ([][]ledger.Placed, error) {
	var placed [][]ledger.Placed
	for i, r := range c.log.Append(ctx, batches...) {
		if r.Err != nil {
			return nil, r.Err
		}
		if len(r.Placed) != len(batches[i].Entries) {
			return nil, fmt.Errorf("%d places for %d events", len(r.Placed), len(batches[i].Entries))
		}
		placed = append(placed, r.Placed)
	}
	return placed, nil
}

func (c *checked) one(ctx context.Context, b ledger.Batch) (ledger.Placed, error) {
	placed, err := c.keep(ctx, b)
	if err != nil {
		return ledger.Placed{}, err
	}
	return placed[0][0], nil
}

// conflict expects that a batch is refused for its expected revision, and that nothing was kept.
func (c *checked) conflict(ctx context.Context, b ledger.Batch) error {
	before, err := c.log.Next(ctx)
	if err != nil {
		return err
	}
	if r := c.log.Append(ctx, b)[0]; !errors.Is(r.Err, ledger.ErrConflict) {
		return fmt.Errorf("expected revision %d of a stream that is elsewhere: it answers %v, no conflict", b.Expected, r.Err)
	}
	after, err := c.log.Next(ctx)
	if err == nil && after != before {
		err = fmt.Errorf("a conflict was answered, but %d events were kept", after-before)
	}
	return err
}
