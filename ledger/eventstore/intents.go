package eventstore

import (
	"context"
	"database/sql"

	"muniment/domain"
	"muniment/ledger"
)

// intent is what a caller tells before it appends, or, closing, that it is done with it.
type intent struct {
	entries []intended
	closing bool
	done    chan error // buffered
}

type intended struct {
	key      attempt
	digest   []byte
	recorded domain.Time
	mac      []byte
}

// writeIntents adds those that callers came with in this round and removes those that lost their last. What the sequencer has used up is gone already: whoever comes later finds the event kept.
func (s *scribe) writeIntents(ctx context.Context, tx *sql.Tx, intents []*intent) error {
	opened := make(map[attempt]intended) // the newest of the same bytes
	for _, i := range intents {
		for _, e := range i.entries {
			if !i.closing {
				opened[e.key] = e
			}
		}
	}
	var args []any
	var gone []any
	for key, now := range s.counted(intents) {
		switch e, ok := opened[key]; {
		case now == 0:
			gone = append(gone, key[:])
		case ok:
			args = append(args, key[:], orNull(e.digest), int64(e.recorded), orNull(e.mac))
		}
	}
	if err := s.log.statements.addIntents.run(ctx, tx, 4, args); err != nil {
		return err
	}
	return s.log.statements.removeIntents.run(ctx, tx, 1, gone)
}

// counted is how many users each intent of a round has after it.
func (s *scribe) counted(intents []*intent) map[attempt]int {
	now := make(map[attempt]int)
	for _, i := range intents {
		for _, e := range i.entries {
			n, ok := now[e.key]
			if !ok {
				n = s.open[e.key]
			}
			if i.closing {
				n = max(n-1, 0)
			} else {
				n++
			}
			now[e.key] = n
		}
	}
	return now
}

// intend makes what is about to be appended durable. An error means that nothing was begun.
func (l *Log) intend(ctx context.Context, entries []intended) error {
	i := &intent{entries: entries, done: make(chan error, 1)}
	select {
	case l.scribe.intents <- i:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-i.done:
		return err
	case <-ctx.Done():
		return ctx.Err() // it may still be written: the next opening forgets it
	}
}

// finished says that a caller is done with its intents; nobody waits for that.
func (l *Log) finished(entries []intended) {
	if len(entries) == 0 {
		return
	}
	select {
	case l.scribe.intents <- &intent{entries: entries, closing: true, done: make(chan error, 1)}:
	default: // the next opening forgets them
	}
}

// macOf is the authentication code of an entry of a batch. Its revision is known beforehand when the batch
// demands one.
func macOf(b ledger.Batch, i int) []byte {
	e := &b.Entries[i]
	switch {
	case e.MAC == nil:
		return nil
	case b.Expected >= ledger.NoStream:
		return e.MAC(b.Expected + 1 + int64(i))
	}
	return e.MAC(ledger.Unplaced)
}
