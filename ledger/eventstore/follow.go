package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"muniment/domain"
)

// delivered is what the subscription brought, as far as the sequencer needs it: the bytes stay behind.
type delivered struct {
	what     what
	at       position
	name     string // the engine's name of the stream
	stream   []byte // the column's value
	id       domain.ID
	revision int64
	claim    claim
	attempt  attempt
	recorded domain.Time // of the envelope; 0 where it has none
	incident Incident
	holder   string
}

type what int

const (
	others  what = iota // not ours: only the position counts
	ours                // an event of the log
	foreign             // in a stream of the log, but no event of it
	trouble             // an incident without a revision
	marker              // somebody began to sequence
)

var errStalled = fmt.Errorf("the subscription delivers nothing: %w", context.DeadlineExceeded)

// follow keeps a subscription to $all going until the log is closed or halts. Unfiltered, because
// servers have miscounted filtered checkpoints more than once; what isn't ours costs a comparison.
func (l *Log) follow() {
	at := l.scribe.resume
	pause := 50 * time.Millisecond
	for l.life.Err() == nil && l.haltedBy() == nil {
		before := at
		err := l.listen(&at)
		if before != at {
			pause = 50 * time.Millisecond
		}
		if err != nil && l.life.Err() == nil {
			l.mu.Lock()
			l.dropped = explain(err)
			l.mu.Unlock()
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, time.Second)
		case <-l.life.Done():
		}
	}
}

// listen runs one subscription. A drop doesn't mend itself, and one that is dead without anybody
// having noticed delivers nothing: when an append waits for its seq and nothing comes, it is given up.
func (l *Log) listen(at *position) error {
	ctx, cancel := context.WithCancel(l.life)
	defer cancel()
	var heard atomic.Int64
	heard.Store(time.Now().UnixNano())
	var stalled atomic.Bool
	go func() {
		tick := time.NewTicker(max(l.config.Timeout/4, 10*time.Millisecond))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			quiet := time.Since(time.Unix(0, heard.Load()))
			if quiet > l.config.Timeout/2 && l.pending.waitingFor() > l.config.Timeout/2 {
				stalled.Store(true)
				cancel()
				return
			}
		}
	}()
	err := l.engine.subscribe(ctx, *at, func() { heard.Store(time.Now().UnixNano()) }, func(e *esdb.RecordedEvent) error {
		d := l.classify(e)
		select {
		case l.scribe.deliveries <- d:
			*at = d.at
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if stalled.Load() {
		return errStalled
	}
	return err
}

// classify says what a delivered event is to us.
func (l *Log) classify(e *esdb.RecordedEvent) delivered {
	d := delivered{at: positionOf(e.Position), name: e.StreamID, id: domain.ID(e.EventID), revision: revisionOf(e)}
	incident := func(kind, stream, detail string) {
		d.what = trouble
		d.incident = Incident{Kind: kind, Stream: stream, Detail: detail, Commit: d.at.commit, Prepare: d.at.prepare}
	}
	if of, ok := strings.CutPrefix(e.StreamID, "$$"); ok {
		if _, our := l.engine.streamOf(of); our && e.EventType == "$metadata" {
			if kind, detail := ruleIncident(e.Data); kind != "" {
				incident(kind, of, detail)
			}
		}
		return d
	}
	if e.EventType == "$scavengeStarted" {
		incident("scavenge", "", "a scavenge began: what was deleted or truncated is gone for good on that node")
		return d
	}
	if e.StreamID == l.engine.markerStream() {
		var m mark
		if json.Unmarshal(e.Data, &m) == nil && m.Holder != "" {
			d.what, d.holder = marker, m.Holder
		}
		return d
	}
	s, our := l.engine.streamOf(e.StreamID)
	if !our {
		return d
	}
	if e.EventType == "$streamDeleted" {
		incident("tombstone", e.StreamID, "the stream was closed for ever: nothing can be appended to it any more, and a scavenge removes its events; take the right to delete ($d) away")
		return d
	}
	d.what, d.stream = ours, streamColumn(s)
	d.claim = claimOf(d.id, d.stream)
	if e.EventType != kind {
		d.what = foreign
		d.incident = foreignIncident(d, "is somebody else's event")
		return d
	}
	d.attempt = attemptOf(d.claim, e.UserMetadata, e.Data)
	if envelope, err := domain.ParseEnvelope(e.UserMetadata); err == nil && envelope.ID == d.id && envelope.Stream == s {
		d.recorded = envelope.Recorded
	}
	return d
}

func foreignIncident(d delivered, is string) Incident {
	return Incident{Kind: "foreign", Stream: d.name, Commit: d.at.commit, Prepare: d.at.prepare,
		Detail: fmt.Sprintf("revision %d %s: it was left out; take the right to write ($w) away from others", d.revision, is)}
}

var errReplaced = errors.New("another process has opened this log: nothing can be appended here any more")
