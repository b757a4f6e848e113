package main

import (
	"io"
	"net/http"
	"time"
)

// bodyTime is how long a client may take to send a body.
const bodyTime = 15 * time.Second

// timed gives every body a deadline: what is read after it fails, and the connection closes. Records
// may take longer: intake knows who sends them, and waits for a sender as long as something comes.
func timed(next http.Handler, within time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 && r.URL.Path != ingestPath {
			conn := http.NewResponseController(w)
			conn.SetReadDeadline(time.Now().Add(within))
			r.Body = &timedBody{r.Body, conn}
		}
		next.ServeHTTP(w, r)
	})
}

// timedBody takes the deadline off at the body's end: the server goes on listening whether the client
// is still there, and would take a long answer for a client that left.
type timedBody struct {
	io.ReadCloser
	conn *http.ResponseController
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}
