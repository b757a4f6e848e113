package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"time"
)

// ErrCrowded is what reading a body fails with when as much as may be is being read already.
var ErrCrowded = errors.New("too many bodies are being read at once")

// Handler gives each request a place, or refuses it, and one deadline from its first byte to its answer.
func (d *Door) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(connKey{}).(*conn)
		if !ok { // nothing is answered that nobody counts
			panic(http.ErrAbortHandler)
		}
		healthy := slices.Contains(d.Healthy, r.URL.Path) && (r.Method == http.MethodGet || r.Method == http.MethodHead)
		who := d.clientOf(r, c.from)
		if c.spare {
			w.Header().Set("Connection", "close")
		}
		switch {
		case healthy:
		case c.spare:
			crowded(w, http.StatusServiceUnavailable, "as many connections as can be served are open, or as one client may have: close some, and try again soon")
			return
		case !d.ask(who):
			crowded(w, http.StatusTooManyRequests, "too many requests of this client at once: wait for some to be answered")
			return
		default:
			defer d.answered(who)
		}
		d.timed(next, w, r, c, who)
	})
}

func crowded(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Connection", "close") // and what is left of a body isn't waited for
	w.Header().Set("Retry-After", "5")
	http.Error(w, text, status)
}

func (d *Door) ask(who netip.Prefix) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asking[who] >= d.PerClient {
		return false
	}
	d.asking[who]++
	return true
}

func (d *Door) answered(who netip.Prefix) {
	d.mu.Lock()
	defer d.mu.Unlock()
	less(d.asking, who, 1)
}

type lastingKey struct{}

// lasting is how a request leaves its deadline behind.
type lasting struct {
	ctx  context.Context // without the deadline
	free func()
}

// Lasting takes the deadline off a request whose answer goes on, such as a stream of events: whoever asks sees
// to its readers itself. It returns the request's context without it.
func Lasting(r *http.Request) context.Context {
	if l, ok := r.Context().Value(lastingKey{}).(lasting); ok {
		l.free()
		return l.ctx
	}
	return r.Context()
}

// timed answers a request within its time. When that is over the connection is cut, whoever waits for whom.
func (d *Door) timed(next http.Handler, w http.ResponseWriter, r *http.Request, c *conn, who netip.Prefix) {
	began, within, long := c.first(), d.Answer, d.TakesLong != nil && d.TakesLong(r)
	if long {
		within = d.Long
	}
	until := began.Add(within)
	ctx := context.WithValue(r.Context(), clientKey{}, who)
	rc := http.NewResponseController(w)
	cut := time.AfterFunc(time.Until(until), func() { c.Conn.Close() })
	defer cut.Stop()
	bounded, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	bounded = context.WithValue(bounded, lastingKey{}, lasting{ctx, func() { cut.Stop(); rc.SetWriteDeadline(time.Time{}) }})
	r = r.WithContext(bounded)
	rc.SetWriteDeadline(until)
	if r.ContentLength != 0 {
		rc.SetReadDeadline(began.Add(d.Body))
		if !long {
			b := &body{ReadCloser: r.Body, rc: rc, door: d, who: who}
			defer b.release()
			r.Body = b
		}
	}
	next.ServeHTTP(w, r)
}

// body counts what is read of it, until the request is answered.
type body struct {
	io.ReadCloser
	rc   *http.ResponseController
	door *Door
	who  netip.Prefix
	read int64
}

// Read takes the deadline off at the body's end: the server goes on listening whether the client is still there,
// and would take a long answer for a client that left.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if !b.door.take(b.who, int64(n)) {
		return 0, ErrCrowded
	}
	b.read += int64(n)
	if err == io.EOF {
		b.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}

func (b *body) release() {
	b.door.mu.Lock()
	defer b.door.mu.Unlock()
	b.door.total -= b.read
	less(b.door.bytes, b.who, b.read)
}

func (d *Door) take(who netip.Prefix, n int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.total+n > d.Bytes || d.bytes[who]+n > d.BytesOf {
		return false
	}
	d.total += n
	d.bytes[who] += n
	return true
}
