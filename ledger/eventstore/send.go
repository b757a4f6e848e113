package eventstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// send brings one batch to the engine and goes on until the outcome is final, whoever still waits
// for it. After an unclear answer the same batch is sent again at the same revision: the engine
// recognises the ids if it has them, and keeps them if it hasn't. Either way "unknown" ends.
func (l *Log) send(p *pending) {
	doubt := false // an earlier try may have been kept, or may yet be
	short := 0     // calls that the engine ended before it had all of the batch
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		err := l.engine.append(l.life, p.name, p.expected, p.events)
		switch v := l.judge(err); {
		case v == kept:
			p.once.Do(func() { close(p.sent) })
			return // the sequencer does the rest
		case v == moved:
			switch ours, at, err := l.standsThere(p); {
			case err == nil && ours: // an earlier try was kept, or grpc repeated the call
				p.once.Do(func() { close(p.sent) })
				return
			case err == nil:
				l.pending.refuse(p, errMoved, at)
				return
			}
			doubt = true
		case v == unclear:
			doubt = true
		case !doubt && (v == refused || v == oversize):
			l.pending.refuse(p, nothingKept(err), noPosition)
			return
		case !doubt && v == notSent && isUnreachable(err):
			l.pending.refuse(p, nothingKept(err), noPosition)
			return
		case !doubt && v == notSent && !isCode(err, esdb.ErrorCodeNotLeader, esdb.ErrorCodeConnectionClosed, esdb.ErrorUnavailable):
			// Nobody says why; a lost connection would have shown by now.
			if short++; short == 4 {
				l.pending.refuse(p, fmt.Errorf("append: nothing was kept: the engine ends the call before it has the whole batch: check that its MaxAppendSize is 1 MiB or more, and that this user may write: %w", err), noPosition)
				return
			}
		case v == refused && l.settledByMarker(p):
			l.pending.refuse(p, nothingKept(err), noPosition)
			return
		}
		select {
		case <-p.final: // delivered: an earlier try was kept
			return
		case <-time.After(pause):
		case <-l.life.Done():
			return
		}
		if !doubt && time.Since(p.since) > l.config.Timeout {
			l.pending.refuse(p, nothingKept(err), noPosition)
			return
		}
	}
}

func isUnreachable(err error) bool {
	var u *unreachable
	return errors.As(err, &u)
}

// judge knows, beyond [judge], that a call without a connection was never made.
func (l *Log) judge(err error) verdict {
	if isUnreachable(err) {
		return notSent
	}
	return judge(err)
}

// standsThere reads what is where the batch should be. When it isn't the batch, at is what the
// sequencer must have seen before the stream's head in the map is right again.
func (l *Log) standsThere(p *pending) (ours bool, at position, err error) {
	there, err := l.engine.readStream(l.life, p.name, p.expected+1, len(p.events))
	if err != nil {
		return false, noPosition, err
	}
	if same(p.events, there) {
		return true, noPosition, nil
	}
	last, err := l.engine.last(l.life, p.name)
	if err != nil {
		return false, noPosition, err
	}
	if len(last) == 0 {
		return false, noPosition, nil // deleted: the map can't learn more
	}
	return false, positionOf(last[0].Position), nil
}

func same(events []esdb.EventData, there []*esdb.RecordedEvent) bool {
	if len(events) != len(there) {
		return false
	}
	for i := range events {
		if events[i].EventID != there[i].EventID {
			return false
		}
	}
	return true
}

// settledByMarker makes sure that the tries before a refusal weren't kept: what they had under way
// comes before a marker written now, or not at all.
func (l *Log) settledByMarker(p *pending) bool {
	at, err := l.engine.mark(l.life, l.holder)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(l.life, l.config.Timeout)
	defer cancel()
	return l.reached(ctx, at) == nil
}
