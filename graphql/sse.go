package graphql

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"muniment/graphql/access"
	"muniment/graphql/transport"
)

// events writes an answer as server-sent events: the protocol of npm graphql-sse, one connection an
// operation.
type events struct {
	w    http.ResponseWriter
	c    *http.ResponseController
	wait time.Duration // for the reader, over one message
}

func (e events) write(text string) error {
	// Not every writer knows deadlines; one that doesn't can only be waited for.
	_ = e.c.SetWriteDeadline(time.Now().Add(e.wait))
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return e.c.Flush()
}

func (e events) next(_ context.Context, body result) error {
	text, err := json.Marshal(body) // on one line, so it is one field of the event
	if err != nil {
		return err
	}
	return e.write("event: next\ndata: " + string(text) + "\n\n")
}

func (e events) beat(context.Context) error { return e.write(":\n\n") }

func (e events) complete() error { return e.write("event: complete\ndata:\n\n") }

// serveEvents answers any checked operation as a stream. What the check found wrong is an answer
// too: the client reads nothing else.
func (a *API) serveEvents(w http.ResponseWriter, r *http.Request, p access.Principal, c call, op operation, wrong []map[string]any) {
	w.Header().Set("Content-Type", streamType)
	w.Header().Set("X-Accel-Buffering", "no") // proxies that gather answers would hold events back
	w.WriteHeader(http.StatusOK)
	to := events{w, http.NewResponseController(w), a.live.patience + a.live.grace}
	switch {
	case wrong != nil:
		to.next(r.Context(), result{Errors: wrong})
	case op.kind == ast.Subscription:
		secret, _ := a.secretOf(r)
		r = r.WithContext(transport.Lasting(r)) // each message has its own time
		last, no := a.follow(r.Context(), secret, p, c, to)
		if last == nil {
			if no != nil { // closing: without a last word the client comes again
				panic(http.ErrAbortHandler)
			}
			return
		}
		to.next(r.Context(), result{Errors: last})
	default:
		purpose, caseRef, _ := stated(r.Header, c) // was good before
		body, _ := a.execute(r.Context(), p, c, purpose, caseRef)
		to.next(r.Context(), body)
	}
	to.complete()
}
