package queue

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// again is the metadata by which a handler asks for a later time. It never leaves the process.
const again = "queue.again"

// Again lets a message come back at a time, once the handler has returned without an error. It is
// no failure: a mail that waits for the relay to answer is work as planned.
func Again(m *message.Message, at time.Time) {
	m.Metadata.Set(again, strconv.FormatInt(at.UnixMicro(), 10))
}

// subscription hands out the messages of one topic.
type subscription struct {
	q     *Queue
	topic string
	out   chan *message.Message
	looks chan struct{}
	stop  context.CancelFunc

	mu     sync.Mutex
	flying map[int64]bool
}

// Subscribe hands out the due messages of a topic until ctx ends or the queue is closed. Messages in
// flight then may still be acknowledged; a nack that comes then is no failure, because stopping is why.
func (q *Queue) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, errClosed
	}
	ctx, stop := context.WithCancel(ctx)
	s := &subscription{q: q, topic: topic, out: make(chan *message.Message), looks: make(chan struct{}, 1), stop: stop, flying: map[int64]bool{}}
	q.subscriptions[s] = true
	q.settling.Go(func() { s.run(ctx) })
	return s.out, nil
}

// Close ends the subscriptions and waits for messages in flight to be settled, 5 s at most: what is
// not settled then is handed out again after the next start. Closing twice is harmless.
func (q *Queue) Close() error {
	q.mu.Lock()
	q.closed = true
	for s := range q.subscriptions {
		s.stop()
	}
	q.mu.Unlock()
	settled := make(chan struct{})
	go func() { q.settling.Wait(); close(settled) }()
	select {
	case <-settled:
		return nil
	case <-time.After(5 * time.Second):
		return fmt.Errorf("queue: closed with messages in flight; they are handed out again after the next start")
	}
}

func (s *subscription) look() {
	select {
	case s.looks <- struct{}{}:
	default: // it will look anyway
	}
}

func (s *subscription) run(ctx context.Context) {
	defer func() {
		close(s.out)
		s.q.mu.Lock()
		delete(s.q.subscriptions, s)
		s.q.mu.Unlock()
	}()
	tick := time.NewTicker(s.q.Tick)
	defer tick.Stop()
	for {
		if err := s.handOut(ctx); err != nil && ctx.Err() == nil {
			s.q.Log.WithField("topic", s.topic).WithError(err).Error("queue: reading failed; it is tried again")
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.looks:
		}
	}
}

// row is a message that is due.
type row struct {
	pos, failures int64
	name          string
	body          []byte
}

// handOut hands out what is due, as far as the window allows.
func (s *subscription) handOut(ctx context.Context) error {
	// Whatever was in flight before the reading may be settled after it: its row is old news.
	s.mu.Lock()
	old := maps.Clone(s.flying)
	s.mu.Unlock()
	rows, err := s.due(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if old[r.pos] {
			continue
		}
		if !s.start(r.pos) {
			return nil
		}
		m := message.NewMessage(r.name, r.body)
		m.SetContext(context.WithoutCancel(ctx)) // stopping lets work in flight come to its end
		s.q.settling.Add(1)                      // before it leaves: run still counts, so Close can't have passed
		select {
		case s.out <- m:
			go s.settle(ctx, r, m)
		case <-ctx.Done():
			s.q.settling.Done()
			s.end(r.pos)
			return nil
		}
	}
	return nil
}

// start takes a message into the window, unless that is full.
func (s *subscription) start(pos int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.flying) >= s.q.Window {
		return false
	}
	s.flying[pos] = true
	return true
}

func (s *subscription) end(pos int64) {
	s.mu.Lock()
	delete(s.flying, pos)
	s.mu.Unlock()
	s.look()
}

func (s *subscription) due(ctx context.Context) ([]row, error) {
	rows, err := s.q.DB.Reader().QueryContext(ctx, `SELECT m.pos, m.failures, m.name, m.body FROM messages m
		WHERE m.topic = $1 AND m.parked = 0 AND m.due <= $2
		AND NOT EXISTS (SELECT 1 FROM messages e WHERE e.topic = m.topic AND e.line = m.line AND e.parked = 0 AND e.pos < m.pos)
		ORDER BY m.due, m.pos LIMIT $3`, s.topic, s.q.Now().UnixMicro(), 2*s.q.Window)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []row
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.pos, &r.failures, &r.name, &r.body); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// settle waits for the answer and keeps it. A crash before that is a second delivery, never a lost one.
func (s *subscription) settle(ctx context.Context, r row, m *message.Message) {
	defer s.q.settling.Done()
	defer s.end(r.pos)
	text, args := `DELETE FROM messages WHERE pos = $1`, []any{r.pos}
	select {
	case <-m.Acked():
		if at := m.Metadata.Get(again); at != "" {
			due, err := strconv.ParseInt(at, 10, 64)
			if err != nil {
				due = s.q.Now().UnixMicro()
			}
			text, args = `UPDATE messages SET due = $2, failures = 0 WHERE pos = $1`, []any{r.pos, due}
		}
	case <-m.Nacked():
		if ctx.Err() != nil {
			return
		}
		text, args = s.failed(r)
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := s.q.DB.Tx(settle, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(settle, text, args...)
		return err
	})
	if err != nil {
		s.q.Log.WithField("message", r.name).WithError(err).Error("queue: keeping an answer failed; the message will come again")
	}
}

func (s *subscription) failed(r row) (string, []any) {
	wait, more := s.q.Backoff(int(r.failures) + 1)
	if !more {
		s.q.Log.WithField("message", r.name).Error("queue: failed too often; parked until the next start")
		return `UPDATE messages SET parked = 1, failures = failures + 1 WHERE pos = $1`, []any{r.pos}
	}
	return `UPDATE messages SET due = $2, failures = failures + 1 WHERE pos = $1`, []any{r.pos, s.q.Now().Add(wait).UnixMicro()}
}
