package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"muniment/ledger/sqldb"
)

// The three things that a ledger in service is, each by itself.
const (
	writable  = "writable"  // what comes can be kept
	sound     = "sound"     // what was kept is as it was kept
	following = "following" // what was kept is sealed and shown
)

var conditions = []string{writable, sound, following}

// health is what is wrong at the moment. The zero value is well.
type health struct {
	mu  sync.Mutex
	ill map[string]map[string]string // by condition and part: why, in words that name nobody and no path
}

// set says that a part is ill, or with "" that it is well, and reports whether that is news.
func (h *health) set(condition, part, why string) (news bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ill == nil {
		h.ill = map[string]map[string]string{writable: {}, sound: {}, following: {}}
	}
	was := h.ill[condition][part]
	if why == "" {
		delete(h.ill[condition], part)
	} else {
		h.ill[condition][part] = why
	}
	return was != why
}

// lines says of each condition whether it holds, and if not, why.
func (h *health) lines() (text string, well bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var b strings.Builder
	well = true
	for _, c := range conditions {
		parts := slices.Sorted(maps.Keys(h.ill[c]))
		if len(parts) == 0 {
			fmt.Fprintf(&b, "%s: yes\n", c)
			continue
		}
		well = false
		for i, p := range parts {
			parts[i] = h.ill[c][p]
		}
		fmt.Fprintf(&b, "%s: no – %s\n", c, strings.Join(parts, "; "))
	}
	return b.String(), well
}

// readyz answers load balancers by status, and people in words.
func (h *house) readyz(ready func() bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, err := h.ledger.Log.Next(r.Context()); err != nil || !ready() {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		jumped := ""
		if h.ledger.Steady() != nil {
			jumped = "the machine's clock jumped ahead"
		}
		h.health.set(writable, "clock", jumped)
		text, well := h.health.lines()
		if !well {
			http.Error(w, "not ready\n"+text, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "ready\n"+text)
	}
}

const (
	lookAgain = time.Second
	// leastRoom is what a start, a rotation of keys and some seconds of intake take.
	leastRoom = 4 << 20
	// tooSlow is how long events may wait to be sealed or shown before something must be wrong.
	tooSlow = 10 * time.Second
)

// observing looks, once a second until ctx ends, whether there is room and whether what was kept is sealed and shown.
func (h *house) observing(ctx context.Context) error {
	seen := progress{what: "shown", at: func() int64 { return h.views.Seen() }}
	sealed := progress{what: "sealed", at: func() int64 { return h.seals.Checkpoint().Size }}
	for {
		h.observed(writable, "room", roomIn(h.dir.path, "the data directory"))
		h.observed(writable, "keys' room", roomIn(h.dir.keys.Path(), "the keys directory"))
		if next, err := h.ledger.Log.Next(ctx); err == nil {
			for _, p := range []*progress{&seen, &sealed} {
				h.observed(following, p.what, p.stuck(next, time.Now()))
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookAgain):
		}
	}
}

// observed notes what was seen and logs it when it is news.
func (h *house) observed(condition, part, why string) {
	if !h.health.set(condition, part, why) {
		return
	}
	if why == "" {
		h.log.WithField("reason", part).Info("the ledger is " + condition + " again")
		return
	}
	h.log.WithField("reason", why).Error("the ledger is not " + condition)
}

// roomIn says why nothing more fits beside a path, or "".
func roomIn(path, name string) string {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(path, &fs); err != nil {
		return name + " can't be looked at"
	}
	const readOnly = 1 // ST_RDONLY
	switch free := uint64(fs.Bavail) * uint64(fs.Bsize); {
	case fs.Flags&readOnly != 0:
		return name + " is mounted read-only"
	case free < leastRoom:
		return fmt.Sprintf("the disk of %s is full (%d KB free): free space", name, free>>10)
	}
	return ""
}

// progress is how far somebody came that follows the log.
type progress struct {
	what  string
	at    func() int64
	stood int64
	since time.Time // that it stands there while there is more
}

// stuck says that nothing moves though there is something to do, or "".
func (p *progress) stuck(next int64, now time.Time) string {
	at := p.at()
	if at >= next || at != p.stood || p.since.IsZero() {
		p.stood, p.since = at, now
		return ""
	}
	if now.Sub(p.since) < tooSlow {
		return ""
	}
	return fmt.Sprintf("%d events are kept, and %d are %s", next, at, p.what)
}

// named adds to an error about damage which files are damaged: SQLite doesn't say.
func (h *house) named(ctx context.Context, err error) error {
	if !sqldb.IsDamaged(err) {
		return err
	}
	for _, f := range h.files {
		if f.db.Check(ctx) != nil {
			err = fmt.Errorf("%w (it is %s)", err, f.name)
		}
	}
	return err
}

// checkEvery is how often each page of each database is looked at.
const checkEvery = 24 * time.Hour

// checking looks for damaged pages in one database after the other, a minute after the start and each day.
func (h *house) checking(ctx context.Context, first time.Duration) error {
	next := time.NewTimer(first)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-next.C:
			next.Reset(checkEvery)
		}
		for _, f := range h.files {
			err := f.db.Check(ctx)
			if ctx.Err() != nil {
				return nil
			}
			why := ""
			if err != nil {
				why = "pages of " + f.name + " are damaged: restore it from a backup, or, if it is views.db, run muniment rebuild"
				h.log.WithField("error", err.Error()).WithField("reason", f.name).Error("a database is damaged")
			}
			h.health.set(sound, f.name, why)
		}
	}
}
