package queue

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/sirupsen/logrus"

	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
)

// clock is the time of a test, moved by hand.
type clock struct{ micros atomic.Int64 }

func (c *clock) now() time.Time       { return time.UnixMicro(c.micros.Load()) }
func (c *clock) pass(d time.Duration) { c.micros.Add(d.Microseconds()) }
func silent() (l *logrus.Logger)      { l = logrus.New(); l.SetOutput(io.Discard); return l }

func opened(t *testing.T, path string, c *clock, o Config) *Queue {
	t.Helper()
	db := dbtest.Open(t, path, sqldb.Options{})
	o.DB, o.Now, o.Log, o.Tick = db, c.now, silent(), time.Hour
	q, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		q.Close()
		db.Close()
	})
	return q
}

func fresh(t *testing.T, o Config) (*Queue, *clock) {
	c := &clock{}
	c.pass(time.Hour)
	return opened(t, filepath.Join(t.TempDir(), "queue.db"), c, o), c
}

func put(t *testing.T, q *Queue, posts ...Post) {
	t.Helper()
	if err := q.DB.Tx(t.Context(), func(tx *sql.Tx) error { return q.Put(t.Context(), tx, posts...) }); err != nil {
		t.Fatal(err)
	}
	q.Wake()
}

func subscribe(t *testing.T, q *Queue) <-chan *message.Message {
	t.Helper()
	out, err := q.Subscribe(t.Context(), "work")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// next is the next message; none at all fails the test.
func next(t *testing.T, out <-chan *message.Message) *message.Message {
	t.Helper()
	select {
	case m := <-out:
		return m
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came")
		return nil
	}
}

// quiet checks that nothing but marker can come: a message put in later, on a line of its own.
func quiet(t *testing.T, q *Queue, out <-chan *message.Message, marker string) {
	t.Helper()
	put(t, q, Post{Topic: "work", Name: marker})
	if m := next(t, out); m.UUID != marker {
		t.Fatalf("%s came, nothing was due", m.UUID)
	} else {
		m.Ack()
	}
}

// settled waits until a count of the queue's rows is as expected: answers are kept a moment after
// they are given.
func settled(t *testing.T, q *Queue, count string, want int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		var n int
		if err := q.DB.Reader().QueryRow(`SELECT ` + count + ` FROM messages`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is %d, expected %d", count, n, want)
		}
	}
}

func drained(t *testing.T, q *Queue) {
	t.Helper()
	settled(t, q, "COUNT(*)", 0)
}

func TestDue(t *testing.T) {
	q, c := fresh(t, Config{})
	out := subscribe(t, q)
	put(t, q, Post{Topic: "work", Name: "late", Due: c.now().Add(time.Hour), Body: []byte("1")})
	quiet(t, q, out, "a")
	c.pass(time.Hour)
	q.Wake()
	m := next(t, out)
	if m.UUID != "late" || string(m.Payload) != "1" {
		t.Fatalf("got %s %q", m.UUID, m.Payload)
	}
	Again(m, c.now().Add(time.Minute))
	m.Ack()
	settled(t, q, fmt.Sprintf("SUM(CASE WHEN due = %d THEN 1 ELSE 0 END)", c.now().Add(time.Minute).UnixMicro()), 1)
	quiet(t, q, out, "b")
	c.pass(time.Minute)
	q.Wake()
	next(t, out).Ack()
	drained(t, q)
}

func TestFailureWaitsThenParks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue.db")
	c := &clock{}
	q := opened(t, path, c, Config{Backoff: func(n int) (time.Duration, bool) { return time.Minute, n <= 1 }})
	out := subscribe(t, q)
	put(t, q, Post{Topic: "work", Name: "bad"})
	next(t, out).Nack()
	settled(t, q, "SUM(failures)", 1)
	quiet(t, q, out, "a")
	c.pass(time.Minute)
	q.Wake()
	next(t, out).Nack()
	settled(t, q, "SUM(parked)", 1)
	c.pass(24 * time.Hour)
	quiet(t, q, out, "b")
	settled(t, q, "COUNT(*)", 1)
	q.Close()
	again := opened(t, path, c, Config{})
	next(t, subscribe(t, again)).Ack()
	drained(t, again)
}

func TestLineKeepsOrder(t *testing.T) {
	q, _ := fresh(t, Config{Window: 8, Backoff: func(int) (time.Duration, bool) { return 0, true }})
	for i := range 40 {
		put(t, q, Post{Topic: "work", Name: fmt.Sprint(i), Line: fmt.Sprint("line", i%4)})
	}
	out := subscribe(t, q)
	got := map[int][]int{}
	open := map[int]bool{}
	failed := false
	for n := 0; n < 40; {
		m := next(t, out)
		var i int
		fmt.Sscan(m.UUID, &i)
		if open[i%4] {
			t.Fatalf("two messages of line %d at once", i%4)
		}
		open[i%4] = true
		if i == 5 && !failed { // the line waits for it
			failed, open[1] = true, false
			m.Nack()
			continue
		}
		got[i%4] = append(got[i%4], i)
		n++
		open[i%4] = false
		m.Ack()
	}
	for line, list := range got {
		if !slices.IsSorted(list) || len(list) != 10 {
			t.Errorf("line %d came as %v", line, list)
		}
	}
	drained(t, q)
}

func TestWindow(t *testing.T) {
	q, _ := fresh(t, Config{Window: 3})
	for i := range 5 {
		put(t, q, Post{Topic: "work", Name: fmt.Sprint(i)})
	}
	out := subscribe(t, q)
	flying := []*message.Message{next(t, out), next(t, out), next(t, out)}
	select {
	case m := <-out:
		t.Fatalf("%s came beyond the window", m.UUID)
	default:
	}
	for _, m := range flying {
		m.Ack()
	}
	next(t, out).Ack()
	next(t, out).Ack()
	drained(t, q)
}

func TestOncePutOnceHandedOut(t *testing.T) {
	q, _ := fresh(t, Config{})
	out := subscribe(t, q)
	if err := q.Publish("work", message.NewMessage("x", nil), message.NewMessage("x", nil)); err != nil {
		t.Fatal(err)
	}
	next(t, out).Ack()
	quiet(t, q, out, "a")
	drained(t, q)
}

func TestHasten(t *testing.T) {
	q, c := fresh(t, Config{})
	out := subscribe(t, q)
	put(t, q, Post{Topic: "work", Name: "x", Line: "l", Due: c.now().Add(time.Hour)})
	quiet(t, q, out, "a")
	if err := q.DB.Tx(t.Context(), func(tx *sql.Tx) error { return q.Hasten(t.Context(), tx, "work", "l") }); err != nil {
		t.Fatal(err)
	}
	q.Wake()
	next(t, out).Ack()
	drained(t, q)
}

func TestStopCountsNoFailure(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue.db")
	c := &clock{}
	q := opened(t, path, c, Config{Backoff: func(int) (time.Duration, bool) { return 0, false }})
	ctx, stop := context.WithCancel(t.Context())
	out, err := q.Subscribe(ctx, "work")
	if err != nil {
		t.Fatal(err)
	}
	put(t, q, Post{Topic: "work", Name: "x"})
	m := next(t, out)
	stop()
	if m.Context().Err() != nil {
		t.Error("stopping must not cancel work in flight")
	}
	m.Nack()
	if _, open := <-out; open {
		t.Error("a message came after the stop")
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Subscribe(t.Context(), "work"); err == nil {
		t.Error("subscribed to a closed queue")
	}
	var failures, parked int
	if err := q.DB.Reader().QueryRow(`SELECT failures, parked FROM messages`).Scan(&failures, &parked); err != nil || failures+parked != 0 {
		t.Fatalf("%d failures, parked %d (%v)", failures, parked, err)
	}
}

func TestCheckpointMovesWithItsMessages(t *testing.T) {
	q, _ := fresh(t, Config{})
	failed := q.DB.Tx(t.Context(), func(tx *sql.Tx) error {
		if err := q.Put(t.Context(), tx, Post{Topic: "work", Name: "x"}); err != nil {
			return err
		}
		if err := q.Move(t.Context(), tx, "f", 7); err != nil {
			return err
		}
		return fmt.Errorf("crash")
	})
	n, _ := q.Left(t.Context(), "work")
	seq, err := q.Checkpoint(t.Context(), "f")
	if failed == nil || n != 0 || seq != 0 || err != nil {
		t.Fatalf("after a rollback: %d messages, checkpoint %d (%v)", n, seq, err)
	}
}
