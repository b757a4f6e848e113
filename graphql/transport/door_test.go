package transport

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// behind serves a handler behind a door, on loopback.
func behind(t *testing.T, d *Door, h http.HandlerFunc) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := d.Server(h, func(frames string) { t.Error("panic", frames) })
	ended := make(chan error)
	go func() { ended <- server.Serve(d.Listener(l)) }()
	t.Cleanup(func() {
		server.Close()
		<-ended
		if d.all != 0 || len(d.of)+len(d.reserve)+len(d.asking)+len(d.bytes) != 0 || d.total != 0 {
			t.Errorf("places are left: %d, %v, %d, %v, %v, %d", d.all, d.of, len(d.reserve), d.asking, d.bytes, d.total)
		}
	})
	return l.Addr().String()
}

func roomy() Limits {
	return Limits{Connections: 100, PerClient: 100, Reserve: 4, Bytes: 1 << 20, BytesOf: 1 << 19,
		Header: 5 * time.Second, Body: 5 * time.Second, Answer: 10 * time.Second, Long: 20 * time.Second, Idle: 5 * time.Second, Health: 5 * time.Second}
}

// ask sends a text and reads the answer's status and body.
func ask(t *testing.T, addr, text string) (status int, body string, err error) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(conn, text)
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, "", err
	}
	all, err := io.ReadAll(r.Body)
	return r.StatusCode, string(all), err
}

// TestClients: who a request comes from is the connection's other end, unless that is a proxy of ours.
func TestClients(t *testing.T) {
	d := &Door{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:ffff::1/128")}}
	for _, c := range []struct {
		from string
		said []string
		want string
	}{
		{"192.0.2.1", nil, "192.0.2.1/32"},
		{"192.0.2.1", []string{"198.51.100.7"}, "192.0.2.1/32"}, // anybody can write that
		{"10.1.2.3", nil, "10.1.2.3/32"},
		{"10.1.2.3", []string{"198.51.100.7"}, "198.51.100.7/32"},
		{"::ffff:10.1.2.3", []string{"198.51.100.7"}, "198.51.100.7/32"},
		{"10.1.2.3", []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7/32"},
		{"10.1.2.3", []string{"203.0.113.9", "198.51.100.7, 10.9.9.9"}, "198.51.100.7/32"},
		{"10.1.2.3", []string{"198.51.100.7, nonsense"}, "10.1.2.3/32"},
		{"2001:db8::1", nil, "2001:db8::/64"},
		{"2001:db8::ffff:1", nil, "2001:db8::/64"},
		{"2001:db8:0:1::1", nil, "2001:db8:0:1::/64"},
		{"2001:db8:ffff::1", []string{"::ffff:198.51.100.7"}, "198.51.100.7/32"},
	} {
		r := &http.Request{Header: http.Header{"X-Forwarded-For": c.said}}
		if got := d.clientOf(r, netip.MustParseAddr(c.from)).String(); got != c.want {
			t.Errorf("%s saying %q: %s, want %s", c.from, c.said, got, c.want)
		}
	}
}

// TestRequestsOfOneClient: behind a proxy, too, one client has no more requests under way than it may.
func TestRequestsOfOneClient(t *testing.T) {
	d := &Door{Limits: roomy(), Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Healthy: []string{"/readyz"}}
	d.PerClient = 2
	in, goOn := make(chan bool), make(chan bool)
	addr := behind(t, d, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			in <- true
			<-goOn
		}
		fmt.Fprint(w, Client(r.Context()))
	})
	answers := make(chan int)
	for range 2 {
		go func() {
			status, _, _ := ask(t, addr, "GET /wait HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")
			answers <- status
		}()
		<-in
	}
	for who, want := range map[string]int{"192.0.2.1": http.StatusTooManyRequests, "192.0.2.2": http.StatusOK} {
		for path, want := range map[string]int{"/": want, "/readyz": http.StatusOK} {
			if status, body, err := ask(t, addr, "GET "+path+" HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: "+who+"\r\n\r\n"); status != want || err != nil {
				t.Errorf("%s of %s: %d %s %v, want %d", path, who, status, body, err, want)
			}
		}
	}
	close(goOn)
	for range 2 {
		if status := <-answers; status != http.StatusOK {
			t.Error(status)
		}
	}
}

// TestBodies: what is read of bodies at a time is bounded, and given back with the answer; what takes long isn't
// counted.
func TestBodies(t *testing.T) {
	d := &Door{Limits: roomy(), TakesLong: func(r *http.Request) bool { return r.URL.Path == "/stream" }}
	d.BytesOf = 1000
	addr := behind(t, d, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); errors.Is(err, ErrCrowded) {
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	for range 3 {
		for _, c := range []struct {
			path       string
			size, want int
		}{{"/", 1000, 200}, {"/", 1001, 429}, {"/stream", 5000, 200}} {
			status, _, err := ask(t, addr, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", c.path, c.size, strings.Repeat("a", c.size)))
			if status != c.want || err != nil {
				t.Errorf("%s with %d bytes: %d %v", c.path, c.size, status, err)
			}
		}
	}
}

// TestDeadline: one deadline goes from the first byte of a request to the end of its answer, and a stream that
// sees to its readers itself leaves it behind.
func TestDeadline(t *testing.T) {
	d := &Door{Limits: roomy()}
	d.Answer = 300 * time.Millisecond
	ended := make(chan error, 1)
	addr := behind(t, d, func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if r.URL.Path == "/stream" {
			ctx = Lasting(r)
		}
		w.WriteHeader(http.StatusOK)
		for range 10 {
			io.WriteString(w, "0123456789")
			http.NewResponseController(w).Flush()
			select {
			case <-ctx.Done():
				ended <- ctx.Err()
				return
			case <-time.After(60 * time.Millisecond):
			}
		}
		ended <- nil
	})
	if _, body, err := ask(t, addr, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil || len(body) != 100 || <-ended != nil {
		t.Errorf("a stream: %q %v", body, err)
	}
	if _, body, err := ask(t, addr, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err == nil || len(body) > 60 || <-ended == nil {
		t.Errorf("a long answer: %q %v", body, err)
	}
	// The time that the header took counts.
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET / HT")
	<-time.After(200 * time.Millisecond)
	began := time.Now()
	io.WriteString(conn, "TP/1.1\r\nHost: x\r\n\r\n")
	io.Copy(io.Discard, conn)
	if <-ended == nil || time.Since(began) > 200*time.Millisecond {
		t.Errorf("the deadline began anew when the header was there: %s", time.Since(began))
	}
}

// TestFor: limits fit into what the process may have open, and too little is said.
func TestFor(t *testing.T) {
	for _, files := range []int{64, 100, 256, 1024, 65536, 1 << 20} {
		l, err := For(files, 35)
		if err != nil || l.Connections+l.Reserve+35+ownFiles+6 > files || l.PerClient >= l.Connections || l.Connections > mostConnections {
			t.Errorf("%d files: %s %v", files, l, err)
		}
	}
	if l, err := For(60, 35); err == nil || !strings.Contains(err.Error(), "ulimit") {
		t.Errorf("60 files: %s", l)
	}
}
