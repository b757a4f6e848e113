package graphql

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// published reports the directory of the published clients, or skips the test, loudly.
func published(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("testdata/clients")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("SKIPPED, NOT PASSED: no node here, so the published GraphQL clients can't judge this API")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "graphql-ws")); err != nil {
		t.Skip("SKIPPED, NOT PASSED: run make clients, which installs the published GraphQL clients")
	}
	return dir
}

// door is the API on a loopback port. Its connections can be cut, and hold little on their way.
type door struct {
	net.Listener
	url     string
	mu      sync.Mutex
	conns   []net.Conn
	written atomic.Int64
}

type counted struct {
	net.Conn
	written *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.written.Add(int64(n))
	return n, err
}

func (l *door) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.(*net.TCPConn).SetWriteBuffer(4 << 10)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, c)
	return counted{c, &l.written}, nil
}

// cut breaks every connection.
func (l *door) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	l.conns = nil
}

func (d *desk) open() *door {
	d.t.Helper()
	s := httptest.NewUnstartedServer(d.api)
	l := &door{Listener: s.Listener}
	s.Listener = l
	s.Start()
	l.url = s.URL + "/graphql"
	d.t.Cleanup(func() {
		d.api.Stop(context.Background())
		l.cut()
		s.Close()
	})
	return l
}

// client is a published client under way.
type client struct {
	t     *testing.T
	in    io.WriteCloser
	lines chan happened
}

// happened is one line of client.mjs.
type happened struct {
	Name      string
	Connected bool
	Closed    int
	Reason    string
	Complete  bool
	Error     json.RawMessage
	Next      *struct {
		Data   struct{ Events told }
		Errors json.RawMessage
	}
}

type told struct {
	Number int
	Cursor string
	Event  struct {
		ID       string
		Position *int64
		Kind     string
	}
}

func (d *desk) client(l *door, kind, token string) *client {
	d.t.Helper()
	dir := published(d.t)
	url := l.url
	if kind == "ws" {
		url = "ws" + strings.TrimPrefix(url, "http")
	}
	cmd := exec.Command("node", filepath.Join(dir, "client.mjs"), kind, url, token)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	c := &client{d.t, in, make(chan happened, 10_000)}
	go func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			var h happened
			if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
				d.t.Errorf("%s: %v", lines.Text(), err)
			}
			c.lines <- h
		}
		close(c.lines)
	}()
	d.t.Cleanup(func() {
		in.Close()
		for range c.lines {
		}
		cmd.Wait()
	})
	return c
}

func (c *client) do(command map[string]any) {
	c.t.Helper()
	line, err := json.Marshal(command)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		c.t.Fatal(err)
	}
}

// until reads what happens until one is what is waited for.
func (c *client) until(what string, is func(happened) bool) happened {
	c.t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		select {
		case h, more := <-c.lines:
			if !more {
				c.t.Fatalf("the client ended before %s", what)
			}
			if is(h) {
				return h
			}
		case <-timeout:
			c.t.Fatalf("no %s within 30 s", what)
		}
	}
}

// events reads n events of a subscription, and nothing else about it in between.
func (c *client) events(name string, n int) (list []told) {
	c.t.Helper()
	for len(list) < n {
		h := c.until("event", func(h happened) bool { return h.Name == name })
		if h.Next == nil || h.Next.Errors != nil {
			c.t.Fatalf("%d events, then %+v %s", len(list), h, h.Error)
		}
		list = append(list, h.Next.Data.Events)
	}
	return list
}
