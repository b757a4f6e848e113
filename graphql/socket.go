package graphql

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"muniment/graphql/transport"
)

// The protocol graphql-transport-ws: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
const subprotocol = "graphql-transport-ws"

// Close codes of the protocol.
const (
	closeBadRequest   websocket.StatusCode = 4400
	closeUnauthorized websocket.StatusCode = 4401
	closeForbidden    websocket.StatusCode = 4403
	closeSubprotocol  websocket.StatusCode = 4406
	closeNoInit       websocket.StatusCode = 4408
	closeTwice        websocket.StatusCode = 4409
	closeInits        websocket.StatusCode = 4429
)

func upgrades(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// maxGreeting is what a socket may send before it has said who it is: a token and a little around it.
const maxGreeting = 4 << 10

// message is what goes over the socket, both ways.
type message struct {
	Type    string          `json:"type"`
	ID      string          `json:"id,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// socket is one client. Writes and reads are bound to life, never to one operation: the library cuts
// the connection when a context ends under it.
type socket struct {
	api    *API
	conn   *websocket.Conn
	life   context.Context
	secret string // "" until somebody said who it is
	acked  bool
	leave  func() // gives the token's place back

	mu  sync.Mutex
	ops map[string]*running
	run sync.WaitGroup
}

// serveSocket speaks graphql-transport-ws. Who it is, is said by the token in connection_init, or by
// the handshake: its token, or the cookie if the page is our own.
func (a *API) serveSocket(w http.ResponseWriter, r *http.Request) {
	transport.Lasting(r)
	end, no := a.live.open(transport.Client(r.Context()))
	if no != nil {
		answer(w, r, http.StatusServiceUnavailable, result{Errors: refusalErrors(no)})
		return
	}
	defer end()
	secret, cookie := a.secretOf(r)
	if cookie && !SameOrigin(r) {
		secret = ""
	}
	// Refuses pages of other origins, whose reader's cookie or network would be used.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}})
	if err != nil {
		return // it was answered
	}
	defer conn.CloseNow()
	if conn.Subprotocol() != subprotocol {
		conn.Close(closeSubprotocol, "Subprotocol not acceptable: use "+subprotocol)
		return
	}
	conn.SetReadLimit(maxGreeting) // until somebody is known
	life, stop := context.WithCancel(context.WithoutCancel(r.Context()))
	s := &socket{api: a, conn: conn, life: life, secret: secret, ops: map[string]*running{}}
	go s.watch()
	s.read()
	if s.leave != nil {
		s.leave()
	}
	stop()
	s.run.Wait()
}

// watch ends a socket whose client is gone without a word, that never said who it is, or that the
// ledger must close. Closing makes read return.
func (s *socket) watch() {
	beat := time.NewTicker(s.api.live.beat)
	defer beat.Stop()
	for {
		select {
		case <-s.life.Done():
			return
		case <-s.api.live.stopping:
			s.conn.Close(websocket.StatusGoingAway, "the ledger is closing: come again")
			return
		case <-beat.C:
			ctx, cancel := context.WithTimeout(s.life, s.api.live.patience+s.api.live.grace)
			err := s.conn.Ping(ctx)
			cancel()
			if err != nil {
				s.conn.CloseNow()
				return
			}
		}
	}
}

// closing is why we close a socket.
type closing struct {
	code   websocket.StatusCode
	reason string
}

// read handles what the client says until it goes, or says something wrong.
func (s *socket) read() {
	greeting := time.AfterFunc(s.api.live.greeting, func() { s.conn.Close(closeNoInit, "Connection initialisation timeout") })
	defer greeting.Stop()
	for {
		kind, text, err := s.conn.Read(s.life)
		if err != nil {
			return
		}
		var m message
		wrong := &closing{closeBadRequest, "Invalid message: expected a JSON object with a known type"}
		if kind == websocket.MessageText && json.Unmarshal(text, &m) == nil {
			if m.Type == "connection_init" {
				greeting.Stop()
			}
			wrong = s.handle(m, wrong)
		}
		if wrong != nil {
			s.conn.Close(wrong.code, wrong.reason)
			return
		}
	}
}

func (s *socket) handle(m message, unknown *closing) *closing {
	switch m.Type {
	case "connection_init":
		return s.greet(m)
	case "ping":
		s.write(message{Type: "pong", Payload: m.Payload})
	case "pong":
	case "subscribe":
		return s.begin(m)
	case "complete":
		s.mu.Lock()
		op := s.ops[m.ID]
		s.mu.Unlock()
		s.end(m.ID, op)
	default:
		return unknown
	}
	return nil
}

// greet answers connection_init.
func (s *socket) greet(m message) *closing {
	if s.acked {
		return &closing{closeInits, "Too many initialisation requests"}
	}
	var said struct{ Token, Authorization string } // names in any case, as headers have them
	if len(m.Payload) > 0 && json.Unmarshal(m.Payload, &said) != nil {
		return &closing{closeBadRequest, `Invalid message: expected a payload such as {"token": "mun_…"}`}
	}
	if said.Token == "" {
		said.Token = bearer(said.Authorization)
	}
	if said.Token != "" {
		s.secret = said.Token
	}
	p, err := s.api.Access.Recognise(s.life, s.secret)
	if err != nil {
		return &closing{closeForbidden, "Forbidden: the token is unknown, expired or revoked"}
	}
	if s.leave = s.api.live.enter(p.ID); s.leave == nil {
		return &closing{websocket.StatusTryAgainLater, "Too many sockets of this token: close one"}
	}
	s.acked = true
	s.conn.SetReadLimit(maxBody)
	s.write(message{Type: "connection_ack"})
	return nil
}

// write sends one message. A client that doesn't take it in time is cut off.
func (s *socket) write(m message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.life, s.api.live.patience+s.api.live.grace)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, text)
}
