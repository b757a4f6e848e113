package projections

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"sync"

	"muniment/ledger"
	"muniment/ledger/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Views are the read models of one ledger.
type Views struct {
	db         *sqldb.DB
	log        ledger.Log
	cursorKey  []byte
	statements statements
	batch      int // events in one transaction at most
	sweeps     int // rows that one transaction removes at most, on a server

	applying sync.Mutex // held while a batch is applied; guards what follows
	ahead    *events    // what was read ahead
	emptying bool       // begun, not at its end

	mu   sync.Mutex    // guards what follows
	seen int64         // events applied: the next seq
	tick chan struct{} // closed when seen moves
}

// Open opens the views in db. cursorKey signs cursors.
func Open(ctx context.Context, db *sqldb.DB, log ledger.Log, cursorKey []byte) (*Views, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, dir); err != nil {
		return nil, fmt.Errorf("views: %w", err)
	}
	v := &Views{db: db, log: log, cursorKey: cursorKey, batch: mostInBatch, sweeps: mostSwept, tick: make(chan struct{})}
	if v.statements, err = prepareStatements(ctx, db); err != nil {
		return nil, err
	}
	v.seen, v.emptying, err = checkpoint(ctx, db.Reader())
	return v, err
}

// Wait returns when the views have seen the event with this seq: to read one's own writes.
func (v *Views) Wait(ctx context.Context, seq int64) error {
	for {
		v.mu.Lock()
		seen, tick := v.seen, v.tick
		v.mu.Unlock()
		if seen > seq {
			return nil
		}
		select {
		case <-tick:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Seen is how many events the views have applied.
func (v *Views) Seen() int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.seen
}

func (v *Views) advance(seen int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen = seen
	close(v.tick)
	v.tick = make(chan struct{})
}
