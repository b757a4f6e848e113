package eventstore

import (
	"context"
	"sync"

	"muniment/ledger"
)

// arrivals tells those who wait how far the sequencer is.
type arrivals struct {
	mu   sync.Mutex
	next int64
	at   position
	more chan struct{} // closed at the next change; nil while nobody waits
}

func (a *arrivals) publish(next int64, at position) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next, a.at = next, at
	a.change()
}

func (a *arrivals) change() {
	if a.more != nil {
		close(a.more)
		a.more = nil
	}
}

func (a *arrivals) wake() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.change()
}

func (a *arrivals) position() position {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.at
}

// unless returns nil when there is nothing to wait for, else a channel that is closed at the next change.
func (a *arrivals) unless(there func(next int64, at position) bool) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if there(a.next, a.at) {
		return nil
	}
	if a.more == nil {
		a.more = make(chan struct{})
	}
	return a.more
}

// Wait implements [ledger.Log]. A sequencer that has halted keeps its followers waiting: what they
// have seen stays true.
func (l *Log) Wait(ctx context.Context, from int64) error {
	for {
		select {
		case <-l.closing:
			return ledger.ErrClosed
		default:
		}
		more := l.arrived.unless(func(next int64, _ position) bool { return from < next })
		if more == nil {
			return ctx.Err()
		}
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		case <-l.closing:
			return ledger.ErrClosed
		}
	}
}

// reached returns when the sequencer has looked at everything up to a position.
func (l *Log) reached(ctx context.Context, at position) error {
	for {
		if err := l.haltedBy(); err != nil {
			return err
		}
		more := l.arrived.unless(func(_ int64, now position) bool { return !now.before(at) })
		if more == nil {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
