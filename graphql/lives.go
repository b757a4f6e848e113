package graphql

import (
	"context"
	"net/netip"
	"sync"

	"muniment/domain"
)

const (
	maxLive    = 500 // subscriptions at a time
	maxLiveOf  = 32  // of one token
	maxSockets = 500
	// maxSocketsOf bounds those of one client, and those of one token.
	maxSocketsOf = 64
)

// lives counts what is under way and ends it.
type lives struct {
	pace
	mu       sync.Mutex
	of       map[domain.ID]int // subscriptions by credential
	all      int
	sockets  int
	clients  map[netip.Prefix]int // sockets by client
	tokens   map[domain.ID]int    // sockets by credential
	stopping chan struct{}
	ended    sync.WaitGroup
	stop     func()
}

func newLives() *lives {
	l := &lives{pace: usualPace, of: map[domain.ID]int{}, clients: map[netip.Prefix]int{}, tokens: map[domain.ID]int{}, stopping: make(chan struct{})}
	l.stop = sync.OnceFunc(func() { close(l.stopping) })
	return l
}

// Stop ends all subscriptions and sockets: clients that follow again elsewhere go on where they were.
// It returns when they have ended, or ctx has.
func (a *API) Stop(ctx context.Context) {
	a.live.mu.Lock() // nobody begins between the stop and the wait
	a.live.stop()
	a.live.mu.Unlock()
	done := make(chan struct{})
	go func() { a.live.ended.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

func (l *lives) over() bool {
	select {
	case <-l.stopping:
		return true
	default:
		return false
	}
}

// begin takes a place for a subscription of a token.
func (l *lives) begin(token domain.ID) (end func(), no *domain.Refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.over():
		return nil, &domain.Refusal{Code: domain.Unavailable, Rule: "subscription.count", Message: "the ledger is closing: subscribe again later"}
	case l.of[token] >= maxLiveOf || l.all >= maxLive:
		return nil, &domain.Refusal{Code: domain.TooMuch, Rule: "subscription.count", Message: "too many subscriptions at once: end one that is not needed, or ask for several kinds of event in one"}
	}
	l.of[token]++
	l.all++
	l.ended.Add(1)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.of[token]--; l.of[token] == 0 {
			delete(l.of, token)
		}
		l.all--
		l.ended.Done()
	}, nil
}

// open takes a place for a socket of a client.
func (l *lives) open(client netip.Prefix) (end func(), no *domain.Refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over() || l.sockets >= maxSockets || client.IsValid() && l.clients[client] >= maxSocketsOf {
		return nil, &domain.Refusal{Code: domain.Unavailable, Rule: "subscription.count", Message: "as many sockets are open as can be served, or as one client may have, or the ledger is closing: close some, and try again later"}
	}
	l.sockets++
	l.clients[client]++
	l.ended.Add(1)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.sockets--
		if l.clients[client]--; l.clients[client] == 0 {
			delete(l.clients, client)
		}
		l.ended.Done()
	}, nil
}

// enter takes a place for a socket of a token; nil when there is none.
func (l *lives) enter(token domain.ID) (leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tokens[token] >= maxSocketsOf {
		return nil
	}
	l.tokens[token]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.tokens[token]--; l.tokens[token] == 0 {
			delete(l.tokens, token)
		}
	}
}
