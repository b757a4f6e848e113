package esdbtest

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Expected revisions of the protocol, besides a concrete one.
const (
	anyRevision  int64 = -2
	noStream     int64 = -1
	streamExists int64 = -4
)

// deleted is the revision of a tombstone, and the $tb of a soft-deleted stream.
const deleted = math.MaxInt64

// event is one record of the log. Positions grow by the record's size, as byte offsets do.
type event struct {
	id       [16]byte
	stream   string
	revision int64
	position uint64
	kind     string
	created  time.Time
	metadata map[string]string
	custom   []byte
	data     []byte
}

type stream struct {
	events     []*event
	last       int64 // revision; goes on after a soft delete
	tombstoned bool
}

type store struct {
	mu      sync.Mutex
	all     []*event
	streams map[string]*stream
	end     uint64
	more    chan struct{} // closed at the next write
}

func newStore() *store {
	s := &store{streams: make(map[string]*stream), end: 100, more: make(chan struct{})}
	for i := range 12 { // a fresh node has system events
		s.write("$stats-127.0.0.1:2113", event{id: [16]byte{1, byte(i)}, kind: "$statsCollected", data: []byte(`{}`)})
	}
	return s
}

// get returns the stream, made when missing.
func (s *store) get(name string) *stream {
	st := s.streams[name]
	if st == nil {
		st = &stream{last: noStream}
		s.streams[name] = st
	}
	return st
}

// write adds one event. The caller holds mu.
func (s *store) write(name string, e event) *event {
	st := s.get(name)
	e.stream, e.position, e.created = name, s.end, time.Now()
	if e.kind == "$streamDeleted" {
		e.revision, st.tombstoned = deleted, true
	} else {
		st.last++
		e.revision = st.last
		st.events = append(st.events, &e)
	}
	metadata := map[string]string{"content-type": "application/octet-stream"}
	for k, v := range e.metadata {
		metadata[k] = v
	}
	metadata["type"] = e.kind
	metadata["created"] = strconv.FormatInt(e.created.UnixNano()/100, 10)
	e.metadata = metadata
	s.end += uint64(100 + len(name) + len(e.data) + len(e.custom))
	s.all = append(s.all, &e)
	close(s.more)
	s.more = make(chan struct{})
	return &e
}

// conflict is a wrong expected revision: a normal answer of the protocol, no error.
type conflict struct{ expected, current int64 }

func (c conflict) Error() string {
	return fmt.Sprintf("expected revision %d, found %d", c.expected, c.current)
}

// append keeps events at the expected revision. Repeating an append answers as the first time: with
// an expected revision the ids at those revisions are compared, with any the stream is searched.
func (s *store) append(name string, expected int64, events []event) (last *event, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.streams[name]
	current := noStream
	if st != nil {
		if st.tombstoned {
			return nil, deletedError(name)
		}
		current = st.last
		if e := st.repeated(expected, events); e != nil {
			return e, nil
		}
	}
	soft := st != nil && s.rules(name).before == deleted
	switch {
	case expected == anyRevision, expected == streamExists && current >= 0 && !soft, expected == noStream && soft:
	case expected == streamExists, expected != current:
		return nil, conflict{expected, current}
	}
	for _, e := range events {
		last = s.write(name, e)
	}
	if soft { // what was deleted stays hidden
		s.write("$$"+name, event{id: [16]byte{2, byte(len(s.all))}, kind: "$metadata", data: fmt.Appendf(nil, `{"$tb":%d}`, current+1)})
	}
	if last == nil && st != nil && len(st.events) > 0 {
		last = st.events[len(st.events)-1]
	}
	return last, nil
}

// repeated returns the last of the events when exactly these were appended before, else nil.
func (st *stream) repeated(expected int64, events []event) *event {
	if len(events) == 0 {
		return nil
	}
	from := int(expected + 1)
	if expected < noStream {
		from = slices.IndexFunc(st.events, func(e *event) bool { return e.id == events[0].id })
	}
	if from < 0 || from+len(events) > len(st.events) {
		return nil
	}
	for i := range events {
		if st.events[from+i].id != events[i].id {
			return nil
		}
	}
	return st.events[from+len(events)-1]
}

// rules are what a stream's metadata hides.
type rules struct {
	maxAge   time.Duration
	maxCount int64
	before   int64 // $tb
}

// rules reads the newest metadata. The caller holds mu.
func (s *store) rules(name string) (r rules) {
	st := s.streams["$$"+name]
	if st == nil || len(st.events) == 0 || strings.HasPrefix(name, "$$") {
		return r
	}
	var m struct {
		MaxAge   int64 `json:"$maxAge"`
		MaxCount int64 `json:"$maxCount"`
		Before   int64 `json:"$tb"`
	}
	json.Unmarshal(st.events[len(st.events)-1].data, &m)
	return rules{maxAge: time.Duration(m.MaxAge) * time.Second, maxCount: m.MaxCount, before: m.Before}
}

// visible lists what a read of the stream shows; found is false for a missing or soft-deleted one.
func (s *store) visible(name string) (events []*event, found bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.streams[name]
	if st == nil {
		return nil, false, nil
	}
	if st.tombstoned {
		return nil, false, deletedError(name)
	}
	r := s.rules(name)
	if r.before == deleted || len(st.events) == 0 {
		return nil, false, nil
	}
	for _, e := range st.events {
		old := r.maxAge > 0 && time.Since(e.created) > r.maxAge || r.maxCount > 0 && e.revision <= st.last-r.maxCount
		if !old && e.revision >= r.before {
			events = append(events, e)
		}
	}
	return events, true, nil
}

// after lists up to n events of $all from index i on, and the channel that tells of the next.
func (s *store) after(i, n int) ([]*event, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i = min(i, len(s.all))
	return slices.Clone(s.all[i:min(i+n, len(s.all))]), s.more
}

// find is the index of the first event of $all at or after a position.
func (s *store) find(position uint64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, _ := slices.BinarySearchFunc(s.all, position, func(e *event, p uint64) int {
		switch {
		case e.position < p:
			return -1
		case e.position > p:
			return 1
		}
		return 0
	})
	return i
}

func (s *store) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}
