package transport

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// conn is a connection with a place.
type conn struct {
	net.Conn
	door   *Door
	from   netip.Addr
	client netip.Prefix
	spare  bool // in the reserve
	begun  atomic.Int64
	once   sync.Once
	life   atomic.Pointer[time.Timer]
}

// Read notes when the first byte of a request came.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.begun.CompareAndSwap(0, time.Now().UnixNano())
	}
	return n, err
}

// Close gives the place back once the descriptor is free.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		if t := c.life.Load(); t != nil {
			t.Stop()
		}
		c.door.leave(c)
	})
	return err
}

// limit closes the connection after a time, however it is used.
func (c *conn) limit(d time.Duration) { c.life.Store(time.AfterFunc(d, func() { c.Conn.Close() })) }

// first is when the request under way began.
func (c *conn) first() time.Time {
	if at := c.begun.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Now() // its bytes came with an earlier one's
}

type connKey struct{}
