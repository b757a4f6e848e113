package sqldb

import (
	"runtime"
	"syscall"
)

// fewFiles is a number of descriptors below which each database keeps one reader open; a second one comes and
// goes.
const fewFiles = 256

// Files is how many file descriptors this process may have.
func Files() int {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil || l.Cur > 1<<20 {
		return 1 << 20
	}
	return int(l.Cur)
}

// readers is how many connections read a database at a time, and how many of them stay open.
func readers() (most, idle int) {
	if Files() < fewFiles {
		return 2, 1
	}
	most = max(2, runtime.NumCPU())
	return most, most
}

// Descriptors is how many file descriptors the database keeps open at most.
func (db *DB) Descriptors() int {
	_, conns := readers()
	conns++ // the writer
	if db.kind == SQLite {
		return 2*conns + 1 // each has the file and its journal, and they share an index
	}
	return conns
}
