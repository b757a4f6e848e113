package eventstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// supervisor hands out one client at a time and makes a new one when it fails. The client itself
// can't be relied on there: after one failed discovery it is dead for good, callers that come at that
// moment wait for ever with their contexts ignored, and closing it makes them panic. So every call
// runs in a goroutine of its own that its caller can leave; a client that failed gets no new calls;
// it is closed only when no call is inside any more, and never when it didn't even connect.
type supervisor struct {
	settings *esdb.Configuration
	timeout  time.Duration

	mu         sync.Mutex
	current    *connection
	connecting bool
	changed    chan struct{} // closed when an attempt to connect has ended
	failure    error         // of the last attempt
	closed     bool
}

type connection struct {
	client  *esdb.Client
	calls   int
	retired bool
}

var errSupervisorClosed = errors.New("the connection was closed")

func newSupervisor(settings *esdb.Configuration, timeout time.Duration) *supervisor {
	return &supervisor{settings: settings, timeout: timeout, changed: make(chan struct{})}
}

// get returns a connection, to be given back by put. It tries for as long as ctx; impatient, it
// returns the first attempt's error.
func (s *supervisor) get(ctx context.Context, impatient bool) (*connection, error) {
	for tried := false; ; tried = true {
		s.mu.Lock()
		switch {
		case s.closed:
			s.mu.Unlock()
			return nil, errSupervisorClosed
		case s.current != nil:
			c := s.current
			c.calls++
			s.mu.Unlock()
			return c, nil
		case tried && impatient:
			err := s.failure
			s.mu.Unlock()
			return nil, err
		}
		pause := time.Duration(0)
		if tried {
			pause = 100 * time.Millisecond
		}
		if !s.connecting {
			s.connecting = true
			go s.connect(pause)
		}
		changed, failure := s.changed, s.failure
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			if failure == nil {
				failure = fmt.Errorf("%s accepts no connection or never answers; check host and port", s.where())
			}
			return nil, fmt.Errorf("%w (%v)", failure, ctx.Err())
		}
	}
}

// put gives a connection back with the outcome of the call.
func (s *supervisor) put(c *connection, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.calls--
	if broken(err) {
		s.retire(c)
	}
	s.release(c)
}

func (s *supervisor) retire(c *connection) {
	c.retired = true
	if s.current == c {
		s.current = nil
	}
}

func (s *supervisor) release(c *connection) {
	if c.retired && c.calls == 0 {
		c.calls = -1 // once
		go c.client.Close()
	}
}

func (s *supervisor) connect(pause time.Duration) {
	time.Sleep(pause)
	client, err := s.dial()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connecting, s.failure = false, err
	if err == nil {
		if s.closed {
			go client.Close()
		} else {
			s.current = &connection{client: client}
		}
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// dial makes a client that has found its node. The first look at the port is our own: a client that
// finds nobody is spoilt, and its error doesn't say where it looked.
func (s *supervisor) dial() (*esdb.Client, error) {
	if err := s.knock(); err != nil {
		return nil, err
	}
	settings := *s.settings
	client, err := esdb.NewClient(&settings)
	if err != nil {
		return nil, fmt.Errorf("the ledger's URL: %w", err)
	}
	if _, err := client.GetServerVersion(); err != nil {
		return nil, fmt.Errorf("no EventStoreDB answers at %s: %w", s.where(), explain(err))
	}
	return client, nil
}

func (s *supervisor) addresses() []string {
	if len(s.settings.GossipSeeds) == 0 {
		return []string{s.settings.Address}
	}
	var all []string
	for _, seed := range s.settings.GossipSeeds {
		all = append(all, seed.String())
	}
	return all
}

func (s *supervisor) where() string { return strings.Join(s.addresses(), ", ") }

func (s *supervisor) knock() (err error) {
	if s.settings.DnsDiscover {
		return nil
	}
	for _, address := range s.addresses() {
		d := net.Dialer{Timeout: s.timeout}
		var c net.Conn
		if c, err = d.Dial("tcp", address); err == nil {
			return c.Close()
		}
	}
	return fmt.Errorf("nobody listens at %s: %w; check host and port, and that the node runs", s.where(), err)
}

// do runs fn with a client and returns when fn has ended or ctx has: fn must then not touch what its
// caller reads.
func (s *supervisor) do(ctx context.Context, impatient bool, fn func(context.Context, *esdb.Client) error) error {
	c, err := s.get(ctx, impatient)
	if err != nil {
		return &unreachable{err}
	}
	done := make(chan error, 1)
	go func() {
		err := fn(ctx, c.client)
		s.put(c, err)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(50 * time.Millisecond): // the client looks at the same context: it should come back
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		s.mu.Lock()
		s.retire(c)
		s.mu.Unlock()
	}
	return ctx.Err()
}

// unreachable: there was no connection to make the call on.
type unreachable struct{ error }

func (u *unreachable) Unwrap() error { return u.error }

func (s *supervisor) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if c := s.current; c != nil {
		s.retire(c)
		s.release(c)
	}
}
