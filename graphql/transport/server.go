package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"log"
	"net"
	"net/http"
)

// Server serves a handler behind the door. HTTP/1.1 alone: WebSockets take a connection over, and one connection
// is then one request at a time, which can be counted. Panics of handlers are told without their words and
// without addresses; what goes wrong with a client's connection is told nobody.
func (d *Door) Server(h http.Handler, panicked func(frames string)) *http.Server {
	return &http.Server{Handler: d.Handler(h), ReadHeaderTimeout: d.Header, IdleTimeout: d.Idle, MaxHeaderBytes: 32 << 10,
		ConnContext: ConnContext, ConnState: ConnState, TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
		ErrorLog: log.New(panics(panicked), "", 0)}
}

// panics passes on where a handler panicked.
type panics func(frames string)

func (p panics) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("panic serving")) {
		_, frames, _ := bytes.Cut(line, []byte("\ngoroutine "))
		p(string(frames))
	}
	return len(line), nil
}

// ConnContext is [http.Server]'s hook.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, beneath(c))
}

// ConnState is [http.Server]'s hook: the next request of a connection has a first byte of its own.
func ConnState(c net.Conn, s http.ConnState) {
	if ours, ok := beneath(c).(*conn); ok && s == http.StateIdle {
		ours.begun.Store(0)
	}
}

// beneath is the connection under TLS.
func beneath(c net.Conn) net.Conn {
	if secure, ok := c.(*tls.Conn); ok {
		return secure.NetConn()
	}
	return c
}
