package eventstore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"muniment/domain"
	"muniment/ledger"
)

// errMoved: the stream wasn't where the map says. Look again, then decide again.
var errMoved = errors.New("the stream has moved on in the engine")

// pending is one batch's fresh events from before the engine is asked until the outcome is final:
// every event has its seq, or none was or will be kept. It holds its stream as long.
type pending struct {
	stream   []byte
	name     string
	expected int64 // engine revision
	events   []esdb.EventData
	claims   []claim
	intents  []intended // one per claim
	since    time.Time

	sent  chan struct{} // closed when the engine has the batch, or the outcome is final
	final chan struct{}
	once  sync.Once

	// Valid when final is closed.
	err    error // nothing was kept
	at     position
	placed map[claim]ledger.Placed
}

// pendings are all batches under way. One at a time in a stream: each then knows the stream's head
// from the map, and always appends at a concrete revision, which makes repeating it harmless.
type pendings struct {
	mu      sync.Mutex
	streams map[string]chan struct{} // held streams; closed when let go
	claims  map[claim]*pending
}

func (ps *pendings) init() {
	ps.streams, ps.claims = make(map[string]chan struct{}), make(map[claim]*pending)
}

// hold waits until the stream is free and takes it.
func (ps *pendings) hold(ctx context.Context, stream []byte) error {
	for {
		ps.mu.Lock()
		held, ok := ps.streams[string(stream)]
		if !ok {
			ps.streams[string(stream)] = make(chan struct{})
		}
		ps.mu.Unlock()
		if !ok {
			return nil
		}
		select {
		case <-held:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (ps *pendings) letGo(stream []byte) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.release(stream)
}

func (ps *pendings) release(stream []byte) {
	close(ps.streams[string(stream)])
	delete(ps.streams, string(stream))
}

// add lets the sequencer and Prior know of a batch, before the engine does.
func (ps *pendings) add(p *pending) {
	p.sent, p.final = make(chan struct{}), make(chan struct{})
	p.placed, p.since = make(map[claim]ledger.Placed, len(p.claims)), time.Now()
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, c := range p.claims {
		ps.claims[c] = p
	}
}

// place tells of an event's seq. A batch whose events all have theirs is kept.
func (ps *pendings) place(c claim, at ledger.Placed) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p := ps.claims[c]
	if p == nil {
		return
	}
	p.placed[c] = at
	if len(p.placed) == len(p.claims) {
		ps.end(p)
	}
}

// intent finds what was intended by an event that this process has under way.
func (ps *pendings) intent(c claim, a attempt) (intended, bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if p := ps.claims[c]; p != nil {
		for _, i := range p.intents {
			if i.key == a {
				return i, true
			}
		}
	}
	return intended{}, false
}

// refuse makes "nothing was kept" final.
func (ps *pendings) refuse(p *pending, err error, at position) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	select {
	case <-p.final:
		return
	default:
	}
	p.err, p.at = err, at
	ps.end(p)
}

func (ps *pendings) end(p *pending) {
	for _, c := range p.claims {
		delete(ps.claims, c)
	}
	ps.release(p.stream)
	close(p.final)
	p.once.Do(func() { close(p.sent) })
}

// of lists the batches under way that hold these keys.
func (ps *pendings) of(keys []ledger.Key) []*pending {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if len(ps.claims) == 0 {
		return nil
	}
	found := make(map[*pending]bool)
	anywhere := make(map[domain.ID]bool)
	for _, k := range keys {
		if k.Stream.IsZero() {
			anywhere[k.ID] = true
		} else if p := ps.claims[claimOf(k.ID, streamColumn(k.Stream))]; p != nil {
			found[p] = true
		}
	}
	if len(anywhere) > 0 {
		for c, p := range ps.claims {
			if anywhere[domain.ID(c[:16])] {
				found[p] = true
			}
		}
	}
	return listed(found)
}

func listed(set map[*pending]bool) (all []*pending) {
	for p := range set {
		all = append(all, p)
	}
	return all
}

// settle waits until no batch is under way, or ctx ends.
func (ps *pendings) settle(ctx context.Context) {
	for {
		ps.mu.Lock()
		var one *pending
		for _, p := range ps.claims {
			one = p
			break
		}
		ps.mu.Unlock()
		if one == nil {
			return
		}
		select {
		case <-one.final:
		case <-ctx.Done():
			return
		}
	}
}

// waitingFor is how long the oldest batch that the engine has waits for its seqs.
func (ps *pendings) waitingFor() (longest time.Duration) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.claims {
		longest = max(longest, time.Since(p.since))
	}
	return longest
}
