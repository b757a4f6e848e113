// Package queue is a durable queue in a SQL database, as a Watermill Publisher and Subscriber.
//
// A message is handed out when it is due, at least once; it is gone when it was acknowledged. What
// must wait long waits here, as a due time, not in memory. Messages of one line keep their order.
// Which messages are in flight is known to the process alone, so after kill -9 all of them are
// handed out again at once; this needs one process per queue, as a data directory has.
//
// Watermill's PoisonQueue is not used: it keeps the error's text as metadata, and errors of mail
// servers name people. A message that fails too often is parked here, without a word about why.
// Nor is its Deduplicator: it loses a message whose first attempt failed.
//
//	queue.go      open, put in, hasten, checkpoints
//	subscribe.go  hand out, settle
package queue

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/sirupsen/logrus"

	"muniment/ledger/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Config says how a queue is kept and emptied.
type Config struct {
	DB  *sqldb.DB
	Now func() time.Time
	Log logrus.FieldLogger
	// Tick is how often due messages are looked for, besides right after something was put in or
	// done. 5 s when zero.
	Tick time.Duration
	// Window is how many messages of a topic are in flight at once. 16 when zero.
	Window int
	// Backoff is how long a message waits after its n-th failure (from 1), or false: park it. Doubling
	// from 1 s to 10 minutes, parked after 50, when nil.
	Backoff func(n int) (time.Duration, bool)
}

// Queue is one queue. It satisfies Watermill's message.Publisher and message.Subscriber.
type Queue struct {
	Config

	mu            sync.Mutex
	closed        bool
	subscriptions map[*subscription]bool
	settling      sync.WaitGroup
}

// Post is a message about to be put in.
type Post struct {
	Topic string
	Name  string    // its Watermill UUID; the same name again changes nothing
	Line  string    // "" for a line of its own
	Due   time.Time // zero: at once
	Body  []byte
}

var errClosed = errors.New("queue: closed")

// Open opens the queue kept in db. What was parked is tried again.
func Open(ctx context.Context, c Config) (*Queue, error) {
	if c.Tick <= 0 {
		c.Tick = 5 * time.Second
	}
	if c.Window <= 0 {
		c.Window = 16
	}
	if c.Backoff == nil {
		c.Backoff = func(n int) (time.Duration, bool) {
			return min(time.Second<<min(n-1, 20), 10*time.Minute), n <= 50
		}
	}
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open the queue: %w", err)
	}
	if err := c.DB.Migrate(ctx, dir); err != nil {
		return nil, fmt.Errorf("open the queue: %w", sqldb.Explain(err))
	}
	q := &Queue{Config: c, subscriptions: map[*subscription]bool{}}
	err = q.DB.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE messages SET parked = 0, failures = 0, due = $1 WHERE parked = 1`, q.Now().UnixMicro())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open the queue: %w", sqldb.Explain(err))
	}
	return q, nil
}

// Put puts messages in, as part of the caller's transaction. Call [Queue.Wake] once it is committed.
func (q *Queue) Put(ctx context.Context, tx *sql.Tx, posts ...Post) error {
	if len(posts) == 0 {
		return nil
	}
	var last int64
	if err := tx.QueryRowContext(ctx, `UPDATE counter SET value = value + $1 WHERE name = 'messages' RETURNING value`, len(posts)).Scan(&last); err != nil {
		return fmt.Errorf("queue: number messages: %w", err)
	}
	now := q.Now()
	for i, p := range posts {
		if p.Line == "" {
			p.Line = p.Name
		}
		if p.Due.IsZero() {
			p.Due = now
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO messages (pos, topic, name, line, due, failures, parked, body) VALUES ($1, $2, $3, $4, $5, 0, 0, $6)
			ON CONFLICT (topic, name) DO NOTHING`, last-int64(len(posts)-1-i), p.Topic, p.Name, p.Line, p.Due.UnixMicro(), append([]byte{}, p.Body...)); err != nil {
			return fmt.Errorf("queue: put in %s: %w", p.Name, err)
		}
	}
	return nil
}

// Hasten makes the messages of a line due now: what they waited for has changed.
func (q *Queue) Hasten(ctx context.Context, tx *sql.Tx, topic, line string) error {
	_, err := tx.ExecContext(ctx, `UPDATE messages SET due = $1 WHERE topic = $2 AND line = $3 AND due > $1`, q.Now().UnixMicro(), topic, line)
	if err != nil {
		return fmt.Errorf("queue: hasten: %w", err)
	}
	return nil
}

// Checkpoint is how far a follower has come: the seq that it expects next.
func (q *Queue) Checkpoint(ctx context.Context, name string) (seq int64, err error) {
	err = q.DB.Reader().QueryRowContext(ctx, `SELECT seq FROM checkpoint WHERE name = $1`, name).Scan(&seq)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("queue: read checkpoint: %w", err)
	}
	return seq, nil
}

// Move moves a follower's checkpoint, as part of the transaction that puts its messages in.
func (q *Queue) Move(ctx context.Context, tx *sql.Tx, name string, seq int64) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO checkpoint (name, seq) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq`, name, seq)
	if err != nil {
		return fmt.Errorf("queue: move checkpoint: %w", err)
	}
	return nil
}

// Publish puts messages in by themselves, durably, each on a line of its own.
func (q *Queue) Publish(topic string, messages ...*message.Message) error {
	posts := make([]Post, len(messages))
	for i, m := range messages {
		posts[i] = Post{Topic: topic, Name: m.UUID, Body: m.Payload}
	}
	ctx := context.Background()
	if len(messages) > 0 {
		ctx = messages[0].Context()
	}
	if err := q.DB.Tx(ctx, func(tx *sql.Tx) error { return q.Put(ctx, tx, posts...) }); err != nil {
		return err
	}
	q.Wake()
	return nil
}

// Wake lets the subscriptions look for due messages now.
func (q *Queue) Wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for s := range q.subscriptions {
		s.look()
	}
}

// Left is how many messages of a topic are not done, parked ones included.
func (q *Queue) Left(ctx context.Context, topic string) (n int, err error) {
	if err = q.DB.Reader().QueryRowContext(ctx, `SELECT COUNT(*) FROM messages WHERE topic = $1`, topic).Scan(&n); err != nil {
		return 0, fmt.Errorf("queue: count: %w", err)
	}
	return n, nil
}
