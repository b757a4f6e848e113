package esdbtest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Fault is what happens to one append.
type Fault int

// The faults. A pair each: not kept, and kept all the same.
const (
	None        Fault = iota
	NotKept           // the connection's end is all the client hears; nothing was kept
	ButKept           // the same, but the events were kept
	Silent            // no answer ever; nothing was kept
	SilentKept        // no answer ever; the events were kept
	LateKept          // the client hears of an end at once; the events are kept a little later
	TimedOut          // the node gives up: nothing was kept
	Refused           // access denied
	Overwhelmed       // the node isn't ready: nothing was kept
)

// lateness is how much later LateKept keeps.
const lateness = 100 * time.Millisecond

type hidden struct {
	stream   string
	revision int64
}

// faults are what a test makes happen.
type faults struct {
	mu        sync.Mutex
	appends   func(stream string) Fault
	delay     time.Duration
	twice     bool
	mute      bool
	place     Placeless
	hide      map[hidden]bool
	readFault error
}

// OnAppend asks fn at every append what shall happen to it; nil ends that. fn may be called by
// several calls at once.
func (s *Server) OnAppend(fn func(stream string) Fault) { s.set(func(f *faults) { f.appends = fn }) }

// Delay delays every append.
func (s *Server) Delay(d time.Duration) { s.set(func(f *faults) { f.delay = d }) }

// Duplicate delivers every event twice to subscriptions.
func (s *Server) Duplicate(yes bool) { s.set(func(f *faults) { f.twice = yes }) }

// Mute lets connections be made and no new one be answered.
func (s *Server) Mute(yes bool) { s.set(func(f *faults) { f.mute = yes }) }

// Placeless is how a node answers an append that succeeded without saying where: as nodes answer some
// repetitions.
type Placeless int

// What stands in the place's place.
const (
	Placed   Placeless = iota
	NoPlace            // nothing, which the client reads as 0, 0
	MinusOne           // the node's own -1
)

// Place makes the node keep to itself where appends are kept.
func (s *Server) Place(p Placeless) { s.set(func(f *faults) { f.place = p }) }

func (f *faults) placeless() Placeless {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.place
}

// FailReads answers reads with an error; nil ends that.
func (s *Server) FailReads(err error) { s.set(func(f *faults) { f.readFault = err }) }

// Hide loses one event, as a damaged or wrongly restored node would.
func (s *Server) Hide(stream string, revision int64) {
	s.set(func(f *faults) {
		if f.hide == nil {
			f.hide = make(map[hidden]bool)
		}
		f.hide[hidden{stream, revision}] = true
	})
}

// Show undoes every Hide.
func (s *Server) Show() { s.set(func(f *faults) { f.hide = nil }) }

// Put writes an event past the protocol, without looking for ids that were there before: an append
// with any revision on a node that has forgotten the first one, or an outsider's.
func (s *Server) Put(stream, kind string, id [16]byte, custom, data []byte) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.write(stream, event{id: id, kind: kind, custom: custom, data: data})
}

// Rewind forgets the last n events, as a node restored from an older backup has.
func (s *Server) Rewind(n int) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	for range n {
		e := s.store.all[len(s.store.all)-1]
		s.store.all = s.store.all[:len(s.store.all)-1]
		s.store.end = e.position
		if st := s.store.streams[e.stream]; e.revision != deleted {
			st.events = st.events[:len(st.events)-1]
			st.last--
		}
	}
}

// Events counts the events of streams whose names begin with prefix.
func (s *Server) Events(prefix string) (n int) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	for _, e := range s.store.all {
		if len(e.stream) >= len(prefix) && e.stream[:len(prefix)] == prefix {
			n++
		}
	}
	return n
}

func (s *Server) set(fn func(*faults)) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	fn(&s.faults)
}

// before decides what happens to an append. An error is its answer, without anything kept by this
// call (keep may be called later); else after is called once the events were kept, and may take the
// answer away.
func (f *faults) before(ctx context.Context, stream string, keep func()) (after func(context.Context) error, err error) {
	f.mu.Lock()
	fn, delay := f.appends, f.delay
	f.mu.Unlock()
	fault := None
	if fn != nil {
		fault = fn(stream)
	}
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	lost := status.Error(codes.Unavailable, "the connection was lost (test double)")
	switch fault {
	case NotKept:
		return nil, lost
	case LateKept:
		time.AfterFunc(lateness, keep)
		return nil, lost
	case Silent:
		<-ctx.Done()
		return nil, ctx.Err()
	case TimedOut:
		return nil, status.Error(codes.Aborted, "Operation timed out")
	case Refused:
		return nil, status.Error(codes.PermissionDenied, "Access Denied")
	case Overwhelmed:
		return nil, status.Error(codes.Unavailable, "Server Is Not Ready")
	case ButKept:
		return func(context.Context) error { return lost }, nil
	case SilentKept:
		return func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, nil
	}
	return func(context.Context) error { return nil }, nil
}

func (f *faults) onConnect(ctx context.Context) error {
	f.mu.Lock()
	mute := f.mute
	f.mu.Unlock()
	if mute {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func (f *faults) onRead(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.readFault
}

func (f *faults) copies() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.twice {
		return 2
	}
	return 1
}

func (f *faults) hides(e *event) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hide[hidden{e.stream, e.revision}]
}

// BlackHole is an address that accepts connections and never answers.
func BlackHole(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &listener{Listener: l}
	t.Cleanup(func() { l.Close(); h.drop() })
	go func() {
		for {
			if _, err := h.Accept(); err != nil {
				return
			}
		}
	}()
	return l.Addr().String()
}
