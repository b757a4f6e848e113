// Package transport is the outermost door: how many connections, requests and bytes there may be at a time,
// in all and of one client, and how long each may take. It knows nothing of what is asked.
//
// A connection beyond the limits still gets a place in a small reserve, where nothing but the health pages is
// answered, at once. When the reserve is full, its oldest connection of whoever has the most there makes room.
// So those pages answer, whoever fills the rest.
package transport

import (
	"fmt"
	"time"
)

// Limits of a server's door.
type Limits struct {
	Connections int   // at a time, in all
	PerClient   int   // of these, of one client
	Reserve     int   // beside them, for the health pages
	Bytes       int64 // of bodies that are read, in all
	BytesOf     int64 // of these, of one client

	Header time.Duration // from the first byte until a request's header is there
	Body   time.Duration // from the first byte until the body is there
	Answer time.Duration // from the first byte until the answer has left
	Long   time.Duration // the same, for what takes long ([Door.TakesLong])
	Idle   time.Duration // between two requests of a connection
	Health time.Duration // that a connection of the reserve lives
}

const (
	mostConnections = 4096
	mostPerClient   = 256
	// ownFiles are the descriptors that a process has open beside its databases and connections: its streams,
	// its locks and sockets, and the runtime's.
	ownFiles = 14
)

// For derives limits from how many file descriptors the process may have, and how many its databases need.
// Some are left over for files that are open for a moment.
func For(files, databases int) (Limits, error) {
	l := Limits{Bytes: 64 << 20, BytesOf: 8 << 20,
		Header: 10 * time.Second, Body: 15 * time.Second, Answer: 30 * time.Second, Long: 10 * time.Minute, Idle: time.Minute, Health: 3 * time.Second}
	passing := min(max(6, files/16), 256)
	left := min(files-databases-ownFiles-passing, mostConnections)
	l.Reserve = min(max(4, left/16), 32)
	l.Connections = left - l.Reserve
	if l.Connections < 4 {
		return l, fmt.Errorf("this process may have %d files and connections open, and needs at least %d: raise the limit (ulimit -n, or LimitNOFILE of a service)",
			files, databases+ownFiles+passing+l.Reserve+4)
	}
	l.PerClient = min(max(2, l.Connections/4), mostPerClient)
	return l, nil
}

func (l Limits) String() string {
	return fmt.Sprintf("%d connections, %d of one client, and %d for health", l.Connections, l.PerClient, l.Reserve)
}
