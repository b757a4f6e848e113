package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/grpc/metadata"

	"muniment/domain"
)

// kind is the engine's type of our events. What they are stands in their envelope.
const kind = "muniment.event"

// engine makes the calls. Each has an end of its own.
type engine struct {
	*supervisor
	name    string
	timeout time.Duration
}

// position is a place in $all: byte offsets, with gaps, different in every engine.
type position struct{ commit, prepare int64 }

var noPosition = position{-1, -1}

func positionOf(p esdb.Position) position { return position{int64(p.Commit), int64(p.Prepare)} }

func (p position) wire() esdb.Position {
	return esdb.Position{Commit: uint64(p.commit), Prepare: uint64(p.prepare)}
}

func (p position) before(o position) bool {
	return p.commit < o.commit || p.commit == o.commit && p.prepare < o.prepare
}

// streamName is the engine's name of a stream; its category is the log's name and the noun.
func (e *engine) streamName(s domain.Stream) string { return e.name + "." + s.String() }

// streamOf reads an engine's stream name; ok is false for other people's streams.
func (e *engine) streamOf(name string) (s domain.Stream, ok bool) {
	rest, ours := strings.CutPrefix(name, e.name+".")
	if !ours {
		return s, false
	}
	s, err := domain.ParseStream(rest)
	return s, err == nil && e.streamName(s) == name
}

// leading asks for the leader: the others may lag behind. The client's own option never reaches the wire.
func leading(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "requires-leader", "true")
}

// connect makes the first connection, or says why there is none.
func (e *engine) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	return e.do(ctx, true, func(context.Context, *esdb.Client) error { return nil })
}

// append asks once. expected is the engine's revision of the stream's last event, or -1.
func (e *engine) append(ctx context.Context, name string, expected int64, events []esdb.EventData) error {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	var at esdb.ExpectedRevision = esdb.NoStream{}
	if expected >= 0 {
		at = esdb.Revision(uint64(expected))
	}
	err := e.do(ctx, false, func(ctx context.Context, c *esdb.Client) error {
		_, err := c.AppendToStream(leading(ctx), name, esdb.AppendToStreamOptions{ExpectedRevision: at}, events...)
		return err
	})
	return e.reason(ctx, name, err)
}

// cut is why the engine ended a call before it had all of it. Nothing was kept.
type cut struct{ error }

func (c *cut) Unwrap() error { return c.error }

// reason asks again where the client lost the answer: what an engine says to an append before it has
// all of it (a wrong password, another leader) the client reports as the end of a file, and doesn't
// heed. To a read of the same stream it listens.
func (e *engine) reason(ctx context.Context, name string, err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	if _, asked := e.last(ctx, name); asked != nil {
		err = asked
	}
	return &cut{err}
}

// again repeats a read over lost connections and changes of the leader, until its time is up.
func (e *engine) again(ctx context.Context, fn func(context.Context, *esdb.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	for {
		err := e.do(ctx, false, fn)
		if err == nil || !transient(err) || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

func collect(ctx context.Context, open func(context.Context) (*esdb.ReadStream, error)) ([]*esdb.RecordedEvent, error) {
	r, err := open(leading(ctx))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var all []*esdb.RecordedEvent
	for {
		event, err := r.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if event.Event != nil {
			all = append(all, event.Event)
		}
	}
}

// readStream reads up to n events from an engine revision on. A stream that isn't there has none.
func (e *engine) readStream(ctx context.Context, name string, from int64, n int) ([]*esdb.RecordedEvent, error) {
	return e.read(ctx, func(ctx context.Context, c *esdb.Client) (*esdb.ReadStream, error) {
		return c.ReadStream(ctx, name, esdb.ReadStreamOptions{From: esdb.Revision(uint64(from))}, uint64(n))
	})
}

// readAll reads up to n events of $all from a position on.
func (e *engine) readAll(ctx context.Context, from position, n int) ([]*esdb.RecordedEvent, error) {
	return e.read(ctx, func(ctx context.Context, c *esdb.Client) (*esdb.ReadStream, error) {
		return c.ReadAll(ctx, esdb.ReadAllOptions{From: from.wire()}, uint64(n))
	})
}

// last reads the newest event of a stream.
func (e *engine) last(ctx context.Context, name string) ([]*esdb.RecordedEvent, error) {
	return e.newest(ctx, name, 1)
}

func (e *engine) newest(ctx context.Context, name string, n uint64) ([]*esdb.RecordedEvent, error) {
	return e.read(ctx, func(ctx context.Context, c *esdb.Client) (*esdb.ReadStream, error) {
		return c.ReadStream(ctx, name, esdb.ReadStreamOptions{From: esdb.End{}, Direction: esdb.Backwards}, n)
	})
}

func (e *engine) read(ctx context.Context, open func(context.Context, *esdb.Client) (*esdb.ReadStream, error)) ([]*esdb.RecordedEvent, error) {
	answer := make(chan []*esdb.RecordedEvent, 1)
	err := e.again(ctx, func(ctx context.Context, c *esdb.Client) error {
		all, err := collect(ctx, func(ctx context.Context) (*esdb.ReadStream, error) { return open(ctx, c) })
		if err == nil {
			select {
			case answer <- all:
			default: // an earlier try came back after all
			}
		}
		return err
	})
	if isCode(err, esdb.ErrorCodeResourceNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, explain(err)
	}
	return <-answer, nil
}

// mark is data of a marker: who sequences from here on.
type mark struct {
	Holder string `json:"holder"`
}

func (e *engine) markerStream() string { return e.name + ".sequencer" }

// mark writes our marker. What other processes did before stands before it; whoever sees somebody
// else's marker after its own has been replaced, even with a map of its own. A success without a place
// (a node may answer a repeated append so) says nothing: the marker is looked up, and where it isn't
// found a fresh one is written.
func (e *engine) mark(ctx context.Context, holder []byte) (position, error) {
	data, err := json.Marshal(mark{Holder: string(holder)})
	if err != nil {
		return noPosition, err
	}
	for range 5 {
		event := esdb.EventData{EventID: uuid.New(), EventType: "muniment.sequencer", ContentType: esdb.ContentTypeJson, Data: data}
		at, failed := e.writeMarker(ctx, event)
		if failed == nil && !at.isPlace() {
			at, failed = e.findMarker(ctx, event.EventID)
		}
		if failed == nil && at.isPlace() {
			return at, nil
		}
		err = failed
		var c *cut
		if failed != nil && (!errors.As(failed, &c) || judge(failed) == refused) {
			break
		}
	}
	if err == nil {
		err = errors.New("the engine says that it is kept, and doesn't show it")
	}
	return noPosition, fmt.Errorf("write the sequencer's marker: %w", explain(err))
}

// isPlace reports whether an event of ours can stand there: the first bytes of $all are the engine's.
func (p position) isPlace() bool { return p.commit > 0 && p.prepare > 0 }

func (e *engine) writeMarker(ctx context.Context, event esdb.EventData) (position, error) {
	at := make(chan position, 1)
	err := e.again(ctx, func(ctx context.Context, c *esdb.Client) error { // the same id: repeating is harmless
		r, err := c.AppendToStream(leading(ctx), e.markerStream(), esdb.AppendToStreamOptions{}, event)
		if err == nil {
			select {
			case at <- position{int64(r.CommitPosition), int64(r.PreparePosition)}:
			default:
			}
		}
		return err
	})
	if err = e.reason(ctx, e.markerStream(), err); err != nil {
		return noPosition, err
	}
	return <-at, nil
}

// findMarker looks for an event among the newest markers.
func (e *engine) findMarker(ctx context.Context, id uuid.UUID) (position, error) {
	newest, err := e.newest(ctx, e.markerStream(), 100)
	for _, event := range newest {
		if event.EventID == id {
			return positionOf(event.Position), err
		}
	}
	return noPosition, err
}

// subscribe hands over what was delivered after a position, from the first delivery to the drop.
// alive is called for every message, also for those that carry nothing.
func (e *engine) subscribe(ctx context.Context, after position, alive func(), each func(*esdb.RecordedEvent) error) error {
	return e.do(ctx, false, func(ctx context.Context, c *esdb.Client) error {
		o := esdb.SubscribeToAllOptions{From: esdb.Start{}}
		if after != noPosition {
			o.From = after.wire()
		}
		sub, err := c.SubscribeToAll(leading(ctx), o)
		if err != nil {
			return err
		}
		defer sub.Close()
		for {
			m := sub.Recv()
			alive()
			switch {
			case m.SubscriptionDropped != nil:
				return m.SubscriptionDropped.Error
			case m.EventAppeared != nil && m.EventAppeared.Event != nil:
				if err := each(m.EventAppeared.Event); err != nil {
					return err
				}
			}
			// All others, and those with nothing set at all, only say that the node is there: caught up,
			// fallen behind, a checkpoint. We resume from delivered events only.
		}
	})
}

func revisionOf(e *esdb.RecordedEvent) int64 { return int64(min(e.EventNumber, math.MaxInt64)) }
