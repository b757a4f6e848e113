// Package eventstore keeps the event log in EventStoreDB or KurrentDB. The engine keeps the bytes; a
// map in SQL beside it keeps what the engine can't: a dense seq, what was claimed, where we stand.
//
//	log.go        open, close
//	url.go        the connection string
//	supervise.go  one connection at a time, made anew when it fails; no call without an end
//	outcome.go    what an error of the client says about an append
//	engine.go     the calls: append, read, subscribe
//	append.go     from the caller to the engine and back
//	decide.go     what a batch is answered from the map, or what must be sent
//	pending.go    batches on their way, one at a time in a stream
//	send.go       one batch until its outcome is final
//	follow.go     the subscription to $all, begun anew when it drops
//	scribe.go     the one goroutine that writes the map
//	intents.go    what callers are about to append
//	sequence.go   which delivered event gets which place
//	incident.go   what somebody did to our streams that nobody may
//	claims.go     which keys were kept before
//	read.go       the map's side of reading
//	fetch.go      the engine's side of reading
//	wait.go       who waits for what comes
//	sql.go        statements, keys and columns
//
// An event is kept when the engine has it and the sequencer has given it its seq; Append waits for
// both. There is one sequencer: it holds the map's head row and has written the last marker into the
// engine. Whoever finds another's name in either stops.
package eventstore

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"sync"
	"time"

	"muniment/ledger"
	"muniment/ledger/sqldb"
)

//go:embed migrations
var migrations embed.FS

// ErrHalted: the sequencer met something it must not step over. What has a seq can be read; nothing
// more is kept until an operator has looked. Errors of Append carry the reason.
var ErrHalted = errors.New("the sequencer has halted")

// Config says where the log is kept.
type Config struct {
	// URL is a connection string: esdb://USER:PASSWORD@HOST:PORT[,HOST:PORT…][?setting=value&…].
	URL string
	// DB holds the map. The log owns it once Open has succeeded: Close closes it.
	DB *sqldb.DB
	// Name begins the names of the engine's streams, so that several ledgers can share an engine:
	// lower-case letters, digits and dots; "" means "muniment".
	Name string
	// Timeout ends every call to the engine; a caller's own deadline may end its waiting earlier.
	// 0 means 10 s.
	Timeout time.Duration
	// Incident is told of every incident when it is first noticed, one at a time. It must not wait
	// for the log.
	Incident func(Incident)
}

// Log is the event log in EventStoreDB.
type Log struct {
	config     Config
	db         *sqldb.DB
	engine     *engine
	statements statements
	holder     []byte
	pending    pendings
	arrived    arrivals
	scribe     *scribe

	life    context.Context // ends when the log is closed: of everything that no caller waits for
	end     context.CancelFunc
	sends   sync.WaitGroup
	keeps   sync.WaitGroup // follower and scribe
	mu      sync.Mutex
	closed  bool
	halted  error
	dropped error // why the subscription ended last

	closing chan struct{}
	calls   sync.WaitGroup // calls under way
	done    chan struct{}  // closed when Close has ended
}

var _ ledger.Log = (*Log)(nil)

var nameRule = regexp.MustCompile(`^[a-z0-9]+([.][a-z0-9]+)*$`)

// Open connects, makes this process the log's sequencer and returns when it has caught up with what
// the engine holds. It fails within Timeout when the engine isn't there or refuses us; the first
// opening of a large log takes as long as reading it once. After an error DB is still the caller's.
func Open(ctx context.Context, c Config) (*Log, error) {
	l, err := open(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("open the log in EventStoreDB: %w", err)
	}
	return l, nil
}

func open(ctx context.Context, c Config) (*Log, error) {
	if c.Name == "" {
		c.Name = "muniment"
	}
	if !nameRule.MatchString(c.Name) {
		return nil, fmt.Errorf("the name %q: use lower-case letters, digits and single dots", c.Name)
	}
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Second
	}
	settings, err := parseURL(c.URL, c.Timeout)
	if err != nil {
		return nil, err
	}
	dir, err := fs.Sub(migrations, "migrations/"+c.DB.Dialect())
	if err != nil {
		return nil, err
	}
	if err := c.DB.Migrate(ctx, dir); err != nil {
		return nil, sqldb.Explain(err)
	}

	l := &Log{config: c, db: c.DB, holder: []byte(rand.Text()), closing: make(chan struct{}), done: make(chan struct{})}
	if l.statements, err = prepareStatements(ctx, c.DB); err != nil {
		return nil, sqldb.Explain(err)
	}
	l.life, l.end = context.WithCancel(context.Background())
	l.engine = &engine{name: c.Name, timeout: c.Timeout, supervisor: newSupervisor(settings, c.Timeout)}
	l.pending.init()
	if err := l.begin(ctx); err != nil {
		l.end()
		l.keeps.Wait()
		l.engine.close()
		return nil, err
	}
	return l, nil
}

// begin connects before it takes the log over: an engine that isn't there must not cost another
// process its hold.
func (l *Log) begin(ctx context.Context) error {
	if err := l.engine.connect(ctx); err != nil {
		return err
	}
	l.scribe = newScribe(l)
	if err := l.scribe.takeOver(ctx); err != nil {
		return sqldb.Explain(err)
	}
	if err := l.sameEngine(ctx); err != nil {
		return err
	}
	marker, err := l.engine.mark(ctx, l.holder)
	if err != nil {
		return err
	}
	l.scribe.marked = marker
	l.keeps.Go(l.scribe.run)
	l.keeps.Go(l.follow)
	return l.catchUp(ctx, marker)
}

// catchUp waits until the marker was delivered: then everything that stood before it has its seq, and
// what earlier processes still had under way can't come any more. It goes on as long as anything is
// delivered.
func (l *Log) catchUp(ctx context.Context, marker position) error {
	for seen := l.arrived.position(); ; {
		t, cancel := context.WithTimeout(ctx, l.config.Timeout)
		err := l.reached(t, marker)
		cancel()
		now := l.arrived.position()
		switch {
		case err == nil:
			return l.scribe.forget(ctx)
		case ctx.Err() != nil:
			return fmt.Errorf("catch up with the engine: %w", ctx.Err())
		case l.haltedBy() != nil:
			return l.haltedBy()
		case now == seen:
			l.mu.Lock()
			defer l.mu.Unlock()
			return fmt.Errorf("catch up with the engine: it delivers nothing for %v: check that this user may read $all (%v)", l.config.Timeout, l.dropped)
		}
		seen = now
	}
}

// sameEngine refuses an engine that was put back to an older backup: its positions and revisions
// would be used again for other events.
func (l *Log) sameEngine(ctx context.Context) error {
	if l.scribe.next == 0 {
		return nil
	}
	t, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	rows, err := l.rows(t, `SELECT `+placeColumns+` FROM events WHERE seq = $1`, l.scribe.next-1)
	if err != nil {
		return sqldb.Explain(err)
	}
	if _, err := l.fetch(t, rows); err != nil {
		return fmt.Errorf("the last event that the map knows: %w; if the engine was restored, restore the backup of the map that was made with it, or open with a fresh map, and verify the log against its checkpoints", err)
	}
	return nil
}

// halt stops the sequencer; the first reason stays.
func (l *Log) halt(reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.halted == nil {
		l.halted = fmt.Errorf("%w: %w", ErrHalted, reason)
		l.arrived.wake()
	}
}

func (l *Log) haltedBy() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.halted
}

// enter counts a call as under way, so that Close waits for it.
func (l *Log) enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ledger.ErrClosed
	}
	l.calls.Add(1)
	return nil
}

// Close waits for calls under way and, at most Timeout, for batches whose callers were told that the
// outcome is unknown: what can be settled is settled. Closing twice is harmless.
func (l *Log) Close() error {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	if first {
		close(l.closing)
	}
	l.mu.Unlock()
	if !first {
		<-l.done
		return nil
	}
	defer close(l.done)
	l.calls.Wait()
	settling, cancel := context.WithTimeout(context.Background(), l.config.Timeout)
	if l.haltedBy() == nil {
		l.pending.settle(settling)
	}
	cancel()
	l.end()
	l.sends.Wait()
	l.keeps.Wait()
	l.engine.close()
	if err := l.db.Close(); err != nil {
		return fmt.Errorf("close the log: %w", err)
	}
	return nil
}
