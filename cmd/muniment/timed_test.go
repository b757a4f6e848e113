package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestSlowBodies: a client that doesn't send its body is let go; one that did may wait for its answer.
func TestSlowBodies(t *testing.T) {
	const within = 200 * time.Millisecond
	read := make(chan error, 1)
	left := make(chan bool, 1)
	server := httptest.NewServer(timed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
		select {
		case <-r.Context().Done():
			left <- true
		case <-time.After(3 * within): // a long answer
			left <- false
		}
	}), within))
	defer server.Close()
	for name, c := range map[string]struct {
		body string
		fail bool
	}{
		"sent": {"0123456789", false}, "half of it": {"01234", true}, "nothing": {"", true},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(30 * time.Second))
			fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: ledger.example.com\r\nContent-Length: 10\r\n\r\n%s", c.body)
			if err := <-read; (err != nil) != c.fail {
				t.Errorf("reading the body: %v", err)
			}
			if gone := <-left; gone && !c.fail {
				t.Error("a client that waits for its answer was taken for one that left")
			}
			if !c.fail {
				if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
