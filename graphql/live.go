package graphql

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	gql "github.com/graph-gophers/graphql-go"
	gqlerrors "github.com/graph-gophers/graphql-go/errors"

	"muniment/domain"
	"muniment/graphql/access"
)

// Subscriptions: a source reads the trail, graphql-go makes answers of it, a transport sends them.
//
// graphql-go silently drops an answer that nobody takes in time. So a source emits only when there is
// a place for the answer, and somebody always waits to take it: a slow reader slows its source down
// and loses nothing. One that stops reading is told where to go on, then let go.

// pace bounds how long a subscription waits for its reader.
type pace struct {
	ahead    int           // answers made before the reader has taken them
	patience time.Duration // a reader who takes longer over one message is told to come back
	grace    time.Duration // for telling it; then the connection is cut
	beat     time.Duration // between signs of life, and looks at the token, while nothing happens
	greeting time.Duration // for a socket to say who it is
}

var usualPace = pace{ahead: 64, patience: 15 * time.Second, grace: 30 * time.Second, beat: 12 * time.Second, greeting: 5 * time.Second}

// mark is a place in the trail to go on from.
type mark struct {
	seq    int64
	cursor string
}

// live is one subscription under way.
type live struct {
	places chan struct{} // one per answer on its way to the reader
	marks  chan mark     // of those answers, in order
	mu     sync.Mutex
	cause  error // why the source ended
	last   mark  // of the last answer that the reader has
	source sync.WaitGroup
}

func newLive(ahead int) *live {
	return &live{places: make(chan struct{}, ahead), marks: make(chan mark, ahead)}
}

func (l *live) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cause = err
}

func (l *live) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

func (l *live) begun(m mark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = m
}

// emit waits until there is a place for one more answer; false when ctx ended first.
func (l *live) emit(ctx context.Context, m mark) bool {
	select {
	case l.places <- struct{}{}:
		l.marks <- m
		return true
	case <-ctx.Done():
		return false
	}
}

// sent frees the place of an answer that was sent.
func (l *live) sent() {
	l.begun(<-l.marks)
	<-l.places
}

// told makes the last words of a subscription: what ended it, and where to go on.
func (l *live) told(r *request, no *domain.Refusal) []map[string]any {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := refusalErrors(no)
	if l.last.cursor != "" {
		x := list[0]["extensions"].(map[string]any)
		x["afterCursor"] = l.last.cursor
		if p := r.position(l.last.seq); p != nil {
			x["after"] = *p
		}
	}
	return list
}

// sink is a transport. An error means that the reader is gone.
type sink interface {
	next(ctx context.Context, body result) error
	beat(ctx context.Context) error
}

// follow runs a checked subscription until its reader goes (then nothing is left to say), or it must
// end: then the errors say why.
func (a *API) follow(ctx context.Context, secret string, p access.Principal, c call, to sink) ([]map[string]any, *domain.Refusal) {
	end, no := a.live.begin(p.ID)
	if no != nil {
		return refusalErrors(no), no
	}
	defer end()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ctx, r, err := a.begin(ctx, p, "", "")
	if err != nil {
		return internalErrors(ctx, a.Log, err), nil
	}
	r.live = newLive(a.live.ahead)
	responses, err := a.schema.Subscribe(ctx, c.Query, c.OperationName, c.Variables)
	if err != nil {
		return internalErrors(ctx, a.Log, err), nil
	}
	taken := make(chan *gql.Response, a.live.ahead+1) // and one for an error of the source
	go func() {
		defer close(taken)
		for x := range responses {
			taken <- x.(*gql.Response)
		}
	}()
	defer func() {
		stop()
		for range taken { // until graphql-go has ended, and then the source
		}
		r.live.source.Wait()
	}()
	if to.beat(ctx) != nil { // the place to begin from is settled
		return nil, nil
	}
	return a.send(ctx, secret, p, r, taken, to)
}

func (a *API) send(ctx context.Context, secret string, p access.Principal, r *request, taken <-chan *gql.Response, to sink) ([]map[string]any, *domain.Refusal) {
	beat := time.NewTicker(a.live.beat)
	defer beat.Stop()
	tell := func(no *domain.Refusal) ([]map[string]any, *domain.Refusal) { return r.live.told(r, no), no }
	for {
		var x *gql.Response
		var more bool
		select {
		case <-ctx.Done():
			return nil, nil
		case <-a.live.stopping:
			return nil, &domain.Refusal{Code: domain.Unavailable, Rule: "subscription.closing", Message: "the ledger is closing"}
		case <-beat.C:
			if no := a.recheck(ctx, secret, p); no != nil {
				return tell(no)
			}
			if to.beat(ctx) != nil {
				return nil, nil
			}
			continue
		case x, more = <-taken:
		}
		switch {
		case ctx.Err() != nil:
			return nil, nil
		case !more:
			return tell(a.endOf(ctx, r.live.why()))
		case len(x.Data) == 0 || len(x.Errors) > 0:
			// An event that could not be answered ends it: going on would leave a gap.
			return tell(a.broken(ctx, x.Errors))
		}
		if no := a.recheck(ctx, secret, p); no != nil {
			return tell(no)
		}
		began := time.Now()
		if to.next(ctx, result{Data: x.Data}) != nil {
			return nil, nil
		}
		r.live.sent()
		if time.Since(began) > a.live.patience {
			return tell(&domain.Refusal{Code: domain.TooMuch, Rule: "subscription.pace",
				Message: "this reader did not take a message within " + a.live.patience.String() + ": nothing was lost, subscribe again after the place named here"})
		}
	}
}

// broken is what may be said of an answer that failed.
func (a *API) broken(ctx context.Context, list []*gqlerrors.QueryError) *domain.Refusal {
	switch {
	case len(list) == 0:
		return a.endOf(ctx, errors.New("an answer without data"))
	case list[0].ResolverError != nil:
		return a.endOf(ctx, list[0].ResolverError)
	case strings.HasPrefix(list[0].Message, "panic"):
		return a.endOf(ctx, errors.New("panic in a resolver"))
	case strings.HasPrefix(list[0].Message, "context "):
		return tooSlow()
	}
	return domain.Malformed("", "%s", list[0].Message)
}

// endOf is what may be said of a source's end.
func (a *API) endOf(ctx context.Context, cause error) *domain.Refusal {
	var no *domain.Refusal
	if errors.As(cause, &no) {
		return no
	}
	if cause == nil {
		cause = errors.New("a source ended without a cause")
	}
	return &domain.Refusal{Code: domain.Unavailable, Rule: "subscription.source", Message: internal(ctx, a.Log, cause)}
}
