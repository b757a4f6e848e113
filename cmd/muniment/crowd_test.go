package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// from is a client of its own: a machine's loopback has many addresses.
func from(address string) *net.Dialer {
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patience}
}

// crowd opens connections by turns from some addresses, says something on each and leaves it at that.
func crowd(t *testing.T, s *serving, n int, addresses []string, say func(i int) string) {
	t.Helper()
	at := strings.TrimPrefix(s.url, "http://")
	for i := range n {
		conn, err := from(addresses[i%len(addresses)]).Dial("tcp", at)
		must(t, err)
		t.Cleanup(func() { conn.Close() })
		io.WriteString(conn, say(i)) // the service may have closed it again
	}
}

// askedFrom asks as one client, and says how long it took.
func askedFrom(address string, r *http.Request) (status int, body string, took time.Duration, err error) {
	begun := time.Now()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: from(address).DialContext}, Timeout: patience}
	answer, err := client.Do(r)
	if err != nil {
		return 0, "", time.Since(begun), err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), time.Since(begun), err
}

// TestCrowds: given a service that may have 64 files open, when whoever has an address opens 500 sockets and leaves
// them idle, or sends the head and half the body of 900 requests, then it says that it is ready, and takes a
// command of the machine, within two seconds; and whoever else asks is answered unless everybody's places are taken.
func TestCrowds(t *testing.T) {
	const socket = "GET /graphql HTTP/1.1\r\nHost: ledger.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
	doors := []string{"/graphql", "/signin/nobody", ingestPath, "/notices/nobody/object"}
	half := func(i int) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: ledger.example.com\r\nContent-Type: application/json\r\nAuthorization: Bearer mun_nobody\r\nContent-Length: 1000\r\n\r\n{", doors[i%len(doors)])
	}
	for name, c := range map[string]struct {
		n         int
		addresses []string
		say       func(int) string
	}{
		"500 sockets of one client":         {500, []string{"127.0.0.1"}, func(int) string { return socket }},
		"500 sockets of five clients":       {500, []string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"}, func(int) string { return socket }},
		"900 half requests of one client":   {900, []string{"127.0.0.1"}, half},
		"900 half requests of five clients": {900, []string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"}, half},
		"900 connections that say nothing":  {900, []string{"127.0.0.1"}, func(int) string { return "" }},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t)
			s, err := started(exec.Command("sh", "-c", "ulimit -n 64; exec muniment serve --listen 127.0.0.1:0"), h.dir, []string{"MUNIMENT_DATA=" + h.data})
			must(t, err)
			t.Cleanup(func() { must(t, s.stop()) })
			token := h.muniment("token", "create", "--role", "dpo", "--login", "ana", "--expires", "24h")
			crowd(t, s, c.n, c.addresses, c.say)
			for range 3 {
				r, err := http.NewRequest(http.MethodGet, s.url+"/readyz", nil)
				must(t, err)
				if status, body, took, err := askedFrom("127.0.0.1", r); err != nil || status != http.StatusOK || took > 2*time.Second {
					t.Errorf("ready: %d %s %v after %s", status, body, err, took)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				list := exec.CommandContext(ctx, "muniment", "token", "list")
				list.Dir, list.Env = h.dir, h.command().Env
				if out, err := list.CombinedOutput(); err != nil {
					t.Errorf("token list: %v: %s", err, out)
				}
				cancel()
			}
			if len(c.addresses) > 1 {
				return
			}
			r, err := http.NewRequest(http.MethodPost, s.url+"/graphql", strings.NewReader(`{"query":"{ viewer { role } }"}`))
			must(t, err)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+token)
			if status, body, took, err := askedFrom("127.0.0.9", r); err != nil || status != http.StatusOK || !strings.Contains(body, "DPO") || took > 2*time.Second {
				t.Errorf("another client: %d %s %v after %s", status, body, err, took)
			}
		})
	}
}
