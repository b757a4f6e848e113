package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// soon is how long whoever must always be answered may wait.
const soon = 2 * time.Second

// intruder opens connections from an address, sends the beginning of something, and holds them.
type intruder struct{ url, from string }

func (i intruder) dial(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(i.from)}, Timeout: 5 * time.Second}
	return d.DialContext(ctx, "tcp", strings.TrimPrefix(i.url, "http://"))
}

// flood opens n connections, and keeps all of them as long as the server does.
func (i intruder) flood(t *testing.T, n int, text string) {
	t.Helper()
	for range n {
		conn, err := i.dial(t.Context())
		if err != nil {
			t.Fatal(err) // the kernel takes connections that nobody accepts
		}
		t.Cleanup(func() { conn.Close() })
		io.WriteString(conn, text) // cut off is what the server may do
	}
}

// get fetches a page on a connection of its own.
func (i intruder) get(path string) (status int, body string, err error) {
	client := &http.Client{Timeout: soon, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return i.dial(ctx) }}}
	r, err := client.Get(i.url + path)
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	return r.StatusCode, string(text), err
}

// limited starts a service that may have so many files open.
func limited(t *testing.T, files int, flags ...string) (*serving, []string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "mun")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	environment := []string{"MUNIMENT_DATA=" + dir + "/ledger"}
	args := append([]string{"-c", fmt.Sprintf(`ulimit -n %d; exec muniment serve --listen 127.0.0.1:0 "$@"`, files), "sh"}, flags...)
	s, err := started(exec.Command("sh", args...), dir, environment)
	must(t, err)
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	return s, environment
}

// TestCrowded: whoever fills the door from one address, health and local commands answer, and another address
// is served.
func TestCrowded(t *testing.T) {
	const socket = "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
	const webhook = "POST /ingest/v1/events?as=ctm&tenant=c0ffee00000000000000000000000001 HTTP/1.1\r\nHost: x\r\nX-CTM-Signature: eA==\r\nX-CTM-Time: 1\r\n" +
		"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{\"id\": "
	for name, c := range map[string]struct {
		files, clients int
		text           string
	}{
		"500 idle sockets":                   {512, 500, socket},
		"900 half-open webhooks":             {512, 900, webhook},
		"900 half headers":                   {512, 900, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "},
		"900 silent connections":             {512, 900, ""},
		"idle sockets, 64 descriptors":       {64, 500, socket},
		"half-open webhooks, 64 descriptors": {64, 900, webhook},
		"half headers, 64 descriptors":       {64, 900, "POST /graphql HTTP/1.1\r\nContent-Le"},
	} {
		t.Run(name, func(t *testing.T) {
			s, environment := limited(t, c.files)
			one, other := intruder{s.url, "127.0.0.1"}, intruder{s.url, "127.0.0.2"}
			one.flood(t, c.clients, c.text)
			for _, who := range []intruder{one, other} {
				for _, path := range []string{"/readyz", "/healthz"} {
					if status, body, err := who.get(path); status != http.StatusOK {
						t.Errorf("%s from %s: %d %s %v", path, who.from, status, body, err)
					}
				}
			}
			if status, body, err := one.get("/subprocessors.json"); status != http.StatusServiceUnavailable {
				t.Errorf("a connection too many: %d %s %v", status, body, err)
			}
			if status, body, err := other.get("/subprocessors.json"); status != http.StatusOK {
				t.Errorf("another address: %d %s %v", status, body, err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), soon)
			defer cancel()
			list := exec.CommandContext(ctx, "muniment", "token", "list")
			list.Env = append(os.Environ(), environment...)
			if out, err := list.CombinedOutput(); err != nil || !strings.Contains(string(out), "MAY STATE") {
				t.Errorf("token list: %v %s", err, out)
			}
		})
	}
}

// TestLetGo: whoever is slow or says nothing is let go, at whatever stage, and in whatever it sends.
func TestLetGo(t *testing.T) {
	s, _ := limited(t, 1024)
	one := intruder{s.url, "127.0.0.1"}
	for name, c := range map[string]struct {
		text, drip string
		most       time.Duration
	}{
		"silence":                     {"", "", 12 * time.Second},
		"headers in drips":            {"GET / HTTP/1.1\r\n", "X-A: b\r\n", 12 * time.Second},
		"a body in drips":             {"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n", " ", 17 * time.Second},
		"a sign-in in drips":          {"POST /signin/mun_x HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n", "a", 17 * time.Second},
		"a note in drips":             {"POST /replayed HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n", "a", 17 * time.Second},
		"a signed webhook in drips":   {"POST /ingest/v1/events?as=ctm&tenant=c0ffee00000000000000000000000001 HTTP/1.1\r\nHost: x\r\nX-CTM-Signature: eA==\r\nContent-Length: 9999\r\n\r\n", " ", 17 * time.Second},
		"a body of chunks":            {"POST /notices/x/object HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n", 17 * time.Second},
		"a socket that says nothing":  {"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n", "", 12 * time.Second},
		"the next request, in drips":  {"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET / HT", "T", 12 * time.Second},
		"headers larger than allowed": {"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + strings.Repeat("a", 100<<10), "", 12 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := one.dial(t.Context())
			must(t, err)
			defer conn.Close()
			began := time.Now()
			conn.SetDeadline(began.Add(c.most + 3*time.Second))
			io.WriteString(conn, c.text)
			done := make(chan struct{})
			defer close(done)
			go func() {
				for beat := time.NewTicker(200 * time.Millisecond); c.drip != ""; {
					select {
					case <-done:
						return
					case <-beat.C:
						io.WriteString(conn, c.drip)
					}
				}
			}()
			_, err = io.Copy(io.Discard, bufio.NewReader(conn)) // until it is closed
			if errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) > c.most {
				t.Errorf("it is still there after %s: %v", time.Since(began), err)
			}
		})
	}
}
