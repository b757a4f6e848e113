package graphql

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/vektah/gqlparser/v2/ast"

	"muniment/domain"
)

// running is an operation under way.
type running struct {
	ctx    context.Context
	cancel context.CancelFunc
}

// maxRunning bounds the operations of one socket.
const maxRunning = 64

// begin starts an operation.
func (s *socket) begin(m message) *closing {
	if !s.acked {
		return &closing{closeUnauthorized, "Unauthorized: connection_init comes first"}
	}
	var c call
	if m.ID == "" || len(m.ID) > 256 || json.Unmarshal(m.Payload, &c) != nil || c.Query == "" {
		return &closing{closeBadRequest, "Invalid message: subscribe needs an id and a payload with query"}
	}
	ctx, cancel := context.WithCancel(s.life)
	to := reply{s, m.ID, &running{ctx, cancel}}
	s.mu.Lock()
	twice, crowded := s.ops[m.ID] != nil, len(s.ops) >= maxRunning
	if !twice && !crowded {
		s.ops[m.ID] = to.op
	}
	s.mu.Unlock()
	switch {
	case twice:
		cancel()
		return &closing{closeTwice, "Subscriber for this id already exists"}
	case crowded:
		cancel()
		to.send("error", refusalErrors(&domain.Refusal{Code: domain.TooMuch, Rule: "subscription.count", Message: "too many operations at once on this socket: wait for some to end"}))
		return nil
	}
	s.run.Go(func() {
		defer s.end(to.id, to.op)
		if anonymous(s.answer(to, c)) {
			s.conn.Close(closeUnauthorized, "Unauthorized: the token has expired or was revoked")
		}
	})
	return nil
}

// end forgets an operation, and ends it if it is under way. The id may be in use again by then.
func (s *socket) end(id string, op *running) {
	if op == nil {
		return
	}
	op.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ops[id] == op {
		delete(s.ops, id)
	}
}

// answer runs one operation. Who asks is found anew each time: a socket lives long.
func (s *socket) answer(to reply, c call) *domain.Refusal {
	ctx := to.op.ctx
	p, err := s.api.Access.Recognise(ctx, s.secret)
	if err != nil {
		no := s.api.endOf(s.life, err)
		to.last("error", refusalErrors(no))
		return no
	}
	op, list := s.api.check(c, p)
	if list != nil {
		to.last("error", list)
		return nil
	}
	if op.kind == ast.Subscription {
		last, no := s.api.follow(ctx, s.secret, p, c, to)
		if last != nil {
			to.last("error", last)
		}
		return no
	}
	purpose, caseRef, no := stated(http.Header{}, c)
	if no != nil {
		to.last("error", refusalErrors(no))
		return nil
	}
	body, status := s.api.execute(ctx, p, c, purpose, caseRef)
	switch {
	case status != http.StatusOK:
		to.last("error", body.Errors)
	case to.next(ctx, body) == nil:
		to.last("complete", nil)
	}
	return nil
}

// reply sends the answers of one operation.
type reply struct {
	*socket
	id string
	op *running
}

func (r reply) next(_ context.Context, body result) error { return r.send("next", body) }

// beat has nothing to do: the socket has signs of life of its own.
func (r reply) beat(context.Context) error { return nil }

// last forgets the operation before its end is told: the client may use the id again at once. One
// that the client ended itself ends without a word, which could be taken for that of the next.
func (r reply) last(kind string, payload any) {
	if r.op.ctx.Err() != nil {
		return
	}
	r.end(r.id, r.op)
	r.send(kind, payload)
}

func (r reply) send(kind string, payload any) error {
	m := message{Type: kind, ID: r.id}
	if payload != nil {
		text, err := json.Marshal(payload)
		if err != nil {
			return err
		}
		m.Payload = text
	}
	return r.write(m)
}
