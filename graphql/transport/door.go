package transport

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// Door counts who is inside.
type Door struct {
	Limits
	// Proxies are trusted to say in X-Forwarded-For whose requests they hand on; they are no clients themselves.
	Proxies []netip.Prefix
	// Healthy are the paths that are answered from the reserve, too.
	Healthy []string
	// TakesLong tells a request that has the time of [Limits.Long]: it knows its sender before it reads a body,
	// holds little of it at a time, and sees itself to a sender that stalls.
	TakesLong func(*http.Request) bool

	mu      sync.Mutex
	all     int
	of      map[netip.Prefix]int // connections
	reserve []*conn              // the oldest first
	asking  map[netip.Prefix]int // requests under way
	bytes   map[netip.Prefix]int64
	total   int64
}

// client is who an address stands for: a network of 64 bits is one household's or one machine's in IPv6.
func client(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}

func addressOf(a net.Addr) netip.Addr {
	at, _ := netip.ParseAddrPort(a.String())
	return at.Addr().Unmap()
}

func (d *Door) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(d.Proxies, func(p netip.Prefix) bool { return p.Contains(a.Unmap().WithZone("")) })
}

// clientOf is who sends a request: the other end of the connection, or who a trusted proxy says it is. Each
// proxy adds whom it heard it from, so the last address that isn't a proxy's is it; what stands before anybody
// can have written.
func (d *Door) clientOf(r *http.Request, from netip.Addr) netip.Prefix {
	if d.trusts(from) {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for _, hop := range slices.Backward(hops) {
			a, err := netip.ParseAddr(strings.TrimSpace(hop))
			if err != nil {
				break
			}
			if from = a; !d.trusts(a) {
				break
			}
		}
	}
	return client(from)
}

type clientKey struct{}

// Client is who sends a request, as far as is known; the zero Prefix where no door was passed.
func Client(ctx context.Context) netip.Prefix {
	p, _ := ctx.Value(clientKey{}).(netip.Prefix)
	return p
}

// Listener lets connections in through the door.
func (d *Door) Listener(l net.Listener) net.Listener {
	d.of, d.asking, d.bytes = map[netip.Prefix]int{}, map[netip.Prefix]int{}, map[netip.Prefix]int64{}
	return listener{l, d}
}

type listener struct {
	net.Listener
	door *Door
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.door.enter(c), nil
}

// enter takes a place for a connection: an ordinary one, or one of the reserve.
func (d *Door) enter(in net.Conn) *conn {
	c := &conn{Conn: in, door: d, from: addressOf(in.RemoteAddr())}
	c.client = client(c.from)
	d.mu.Lock()
	if d.all < d.Connections && (d.of[c.client] < d.PerClient || d.trusts(c.from)) {
		d.all++
		d.of[c.client]++
		d.mu.Unlock()
		return c
	}
	c.spare = true
	var out *conn
	if len(d.reserve) >= d.Reserve {
		out = d.crowding()
		d.drop(out)
	}
	d.reserve = append(d.reserve, c)
	d.mu.Unlock()
	if out != nil {
		out.Conn.Close()
	}
	c.limit(d.Health)
	return c
}

// crowding is the oldest connection in the reserve of the client that has the most there.
func (d *Door) crowding() *conn {
	n, most := map[netip.Prefix]int{}, 0
	for _, c := range d.reserve {
		n[c.client]++
		most = max(most, n[c.client])
	}
	i := slices.IndexFunc(d.reserve, func(c *conn) bool { return n[c.client] == most })
	return d.reserve[i]
}

func (d *Door) drop(c *conn) {
	d.reserve = slices.DeleteFunc(d.reserve, func(other *conn) bool { return other == c })
}

// leave gives a connection's place back.
func (d *Door) leave(c *conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.spare {
		d.drop(c)
		return
	}
	d.all--
	less(d.of, c.client, 1)
}

func less[N int | int64](m map[netip.Prefix]N, k netip.Prefix, n N) {
	if m[k] -= n; m[k] <= 0 {
		delete(m, k)
	}
}
