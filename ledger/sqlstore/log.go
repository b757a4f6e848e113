// Package sqlstore keeps the event log in a SQL database. One goroutine writes: it takes all
// batches that wait, keeps them in one transaction, and answers when that is durable.
//
//	log.go         open, close
//	append.go      from the caller to the writer and back
//	writer.go      groups, commits, and what follows a commit that failed
//	group.go       which event gets which place
//	statements.go  the SQL that writes
//	claims.go      which keys were kept before
//	strike.go      a payload is removed in place
//	read.go        events, by seq, by stream, by time
//	wait.go        who waits for what comes
package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Tables are those that the migrations make: all that may be removed after a trial.
var Tables = []string{"claims", "events", "head", "streams"}

// Log is the event log in a SQL database.
type Log struct {
	db      *sqldb.DB
	queries queries
	queue   chan *request
	written chan struct{} // closed when the writer has ended
	arrived arrivals
	unsure  unsure
	strikes transact

	mu      sync.Mutex
	closed  bool
	closing chan struct{}
	calls   sync.WaitGroup // calls under way
}

var _ ledger.Log = (*Log)(nil)

// transact is [sqldb.DB.Tx]; tests put a failing one in its place.
type transact func(context.Context, func(*sql.Tx) error) error

// Open opens the log kept in db, or begins one. The log then owns db: Close closes it. After an
// error db is still the caller's. Another process that has the same log open can't append any more.
func Open(ctx context.Context, db *sqldb.DB) (*Log, error) {
	return open(ctx, db, db.Tx)
}

func open(ctx context.Context, db *sqldb.DB, tx transact) (*Log, error) {
	l, w, err := begin(ctx, db, tx)
	if err != nil {
		return nil, err
	}
	go w.run()
	return l, nil
}

// OpenToRead opens the log that lies in a database of which nothing is to be changed, such as a copy on a
// disk that takes no writes. What is appended to it is refused.
func OpenToRead(ctx context.Context, db *sqldb.DB) (ledger.Log, error) {
	l := &Log{db: db, queue: make(chan *request), written: make(chan struct{}), closing: make(chan struct{})}
	close(l.written)
	var err error
	if l.queries, err = prepareQueries(ctx, db); err != nil {
		return nil, fmt.Errorf("open the log: %w", sqldb.Explain(err))
	}
	return readOnly{l}, nil
}

type readOnly struct{ *Log }

// Append implements [ledger.Log].
func (readOnly) Append(_ context.Context, batches ...ledger.Batch) []ledger.Result {
	results := make([]ledger.Result, len(batches))
	for i := range results {
		results[i].Err = fmt.Errorf("append: %w", ledger.ErrFull)
	}
	return results
}

// begin opens the log up to the writer, which doesn't run yet.
func begin(ctx context.Context, db *sqldb.DB, tx transact) (*Log, *writer, error) {
	dir, err := fs.Sub(migrations, "migrations/"+db.Dialect())
	if err != nil {
		return nil, nil, fmt.Errorf("open the log: %w", err)
	}
	if err := db.Migrate(ctx, dir); err != nil {
		return nil, nil, fmt.Errorf("open the log: %w", sqldb.Explain(err))
	}
	l := &Log{
		db:      db,
		queue:   make(chan *request, 1024),
		written: make(chan struct{}),
		closing: make(chan struct{}),
		strikes: tx,
	}
	w := &writer{log: l, tx: tx, holder: []byte(rand.Text())}
	if err := w.takeOver(ctx); err != nil {
		return nil, nil, fmt.Errorf("open the log: %w", sqldb.Explain(err))
	}
	if w.statements, err = prepareStatements(ctx, db); err != nil {
		return nil, nil, fmt.Errorf("open the log: %w", err)
	}
	if l.queries, err = prepareQueries(ctx, db); err != nil {
		return nil, nil, fmt.Errorf("open the log: %w", err)
	}
	return l, w, nil
}

// takeOver makes this writer the holder of the head row and reads where the log stands. What the
// head row says must be what the table ends with: a file put together from two backups is refused.
func (w *writer) takeOver(ctx context.Context) error {
	return w.tx(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `UPDATE head SET holder = ?, settled = settled + 1 WHERE one = 1 RETURNING next, logtime, settled`,
			w.holder).Scan(&w.next, &w.logTime, &w.term)
		if errors.Is(err, sql.ErrNoRows) {
			return errors.New("the head row is missing: restore a backup, then verify it")
		}
		if err != nil {
			return err
		}
		last, logTime := int64(-1), domain.Time(0)
		err = tx.QueryRowContext(ctx, `SELECT seq, logtime FROM events ORDER BY seq DESC LIMIT 1`).Scan(&last, &logTime)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if last+1 != w.next || logTime != w.logTime {
			return fmt.Errorf("the head row says %d events until %s, the table of events %d until %s: restore a backup, then verify it",
				w.next, w.logTime, last+1, logTime)
		}
		w.log.arrived.publish(w.next)
		return nil
	})
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

// Close waits for calls under way, then closes the database. Closing twice is harmless.
func (l *Log) Close() error {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	if first {
		close(l.closing)
	}
	l.mu.Unlock()
	if !first {
		<-l.written
		return nil
	}
	l.calls.Wait()
	close(l.queue) // no call is left that could send
	<-l.written
	if err := l.db.Close(); err != nil {
		return fmt.Errorf("close the log: %w", err)
	}
	return nil
}

// End is how many events a database of a log holds that nobody writes, such as a copy.
func End(ctx context.Context, db *sqldb.DB) (next int64, err error) {
	if err := db.Reader().QueryRowContext(ctx, `SELECT next FROM head WHERE one = 1`).Scan(&next); err != nil {
		return 0, fmt.Errorf("read where the log ends: %w", sqldb.Explain(err))
	}
	return next, nil
}
