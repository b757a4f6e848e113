package sqlstore

import (
	"context"
	"sync"

	"muniment/ledger"
)

// arrivals tells those who wait that events were kept.
type arrivals struct {
	mu   sync.Mutex
	next int64
	more chan struct{} // closed at the next arrival; nil while nobody waits
}

func (a *arrivals) publish(next int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if next == a.next {
		return
	}
	a.next = next
	if a.more != nil {
		close(a.more)
		a.more = nil
	}
}

// after returns nil when seq was kept, else a channel that is closed when something was.
func (a *arrivals) after(seq int64) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if seq < a.next {
		return nil
	}
	if a.more == nil {
		a.more = make(chan struct{})
	}
	return a.more
}

// Wait implements [ledger.Log].
func (l *Log) Wait(ctx context.Context, from int64) error {
	for {
		select {
		case <-l.closing:
			return ledger.ErrClosed
		default:
		}
		more := l.arrived.after(from)
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

// unsure is what Prior must wait for before it may say "not kept": requests whose callers were
// answered ErrUnknown while the writer had them, and a failed commit that isn't settled yet.
type unsure struct {
	mu        sync.Mutex
	left      []<-chan struct{}
	unsettled bool
}

// leave notes a request whose caller went away; done is closed when the writer has answered it.
func (u *unsure) leave(done <-chan struct{}) {
	u.mu.Lock()
	defer u.mu.Unlock()
	still := u.left[:0]
	for _, d := range append(u.left, done) {
		select {
		case <-d:
		default:
			still = append(still, d)
		}
	}
	u.left = still
}

func (u *unsure) settled(yes bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.unsettled = !yes
}

// wait returns whether a key that isn't found was certainly not kept.
func (u *unsure) wait(ctx context.Context) (certain bool, err error) {
	u.mu.Lock()
	left := append([]<-chan struct{}(nil), u.left...)
	u.mu.Unlock()
	for _, done := range left {
		select {
		case <-done:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.unsettled, nil
}
