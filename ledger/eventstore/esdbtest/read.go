package esdbtest

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Read answers reads and subscriptions: they differ in their count option.
func (v *service) Read(r *streams.ReadReq, out streams.Streams_ReadServer) error {
	o := r.GetOptions()
	if _, ok := o.GetCountOption().(*streams.ReadReq_Options_Subscription); ok {
		return v.subscribe(o, out)
	}
	if err := v.s.faults.onRead(out.Context()); err != nil {
		return err
	}
	count := int(min(o.GetCount(), math.MaxInt32))
	backwards := o.GetReadDirection() == streams.ReadReq_Options_Backwards
	if s := o.GetStream(); s != nil {
		return v.readStream(s, count, backwards, out)
	}
	return v.readAll(o.GetAll(), count, backwards, out)
}

func (v *service) readStream(o *streams.ReadReq_Options_StreamOptions, count int, backwards bool, out streams.Streams_ReadServer) error {
	name := string(o.GetStreamIdentifier().GetStreamName())
	events, found, err := v.s.store.visible(name)
	if err != nil {
		return tell(out.Context(), err)
	}
	if !found {
		return out.Send(&streams.ReadResp{Content: &streams.ReadResp_StreamNotFound_{
			StreamNotFound: &streams.ReadResp_StreamNotFound{StreamIdentifier: o.GetStreamIdentifier()}}})
	}
	from, to := int64(0), int64(math.MaxInt64)
	if backwards {
		slices.Reverse(events)
	}
	switch r := o.GetRevisionOption().(type) {
	case *streams.ReadReq_Options_StreamOptions_Revision:
		if backwards {
			to = int64(r.Revision)
		} else {
			from = int64(r.Revision)
		}
	case *streams.ReadReq_Options_StreamOptions_Start:
		if backwards {
			to = 0
		}
	case *streams.ReadReq_Options_StreamOptions_End:
		if !backwards {
			return nil
		}
	}
	for _, e := range events {
		if e.revision < from || e.revision > to || v.s.faults.hides(e) {
			continue
		}
		if count--; count < 0 {
			return nil
		}
		if err := out.Send(wire(e)); err != nil {
			return err
		}
	}
	return nil
}

// readAll reads $all: forwards from a position on, backwards from before it.
func (v *service) readAll(o *streams.ReadReq_Options_AllOptions, count int, backwards bool, out streams.Streams_ReadServer) error {
	i := 0
	switch p := o.GetAllOption().(type) {
	case *streams.ReadReq_Options_AllOptions_Position:
		i = v.s.store.find(p.Position.GetCommitPosition())
	case *streams.ReadReq_Options_AllOptions_End:
		i = v.s.store.count()
	}
	for count > 0 {
		var events []*event
		if backwards {
			n := min(i, count, 256)
			events, _ = v.s.store.after(i-n, n)
			slices.Reverse(events)
			i -= n
		} else {
			events, _ = v.s.store.after(i, min(count, 256))
			i += len(events)
		}
		if len(events) == 0 {
			return nil
		}
		for _, e := range events {
			if v.s.faults.hides(e) {
				continue
			}
			count--
			if err := out.Send(wire(e)); err != nil {
				return err
			}
		}
	}
	return nil
}

func wire(e *event) *streams.ReadResp {
	return &streams.ReadResp{Content: &streams.ReadResp_Event{Event: &streams.ReadResp_ReadEvent{
		Event: &streams.ReadResp_ReadEvent_RecordedEvent{
			Id: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
				MostSignificantBits: int64(binary.BigEndian.Uint64(e.id[:8])), LeastSignificantBits: int64(binary.BigEndian.Uint64(e.id[8:]))}}},
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(e.stream)},
			StreamRevision:   uint64(e.revision),
			PreparePosition:  e.position, CommitPosition: e.position,
			Metadata: e.metadata, CustomMetadata: e.custom, Data: e.data,
		},
		Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: e.position},
	}}}
}

func malformed(text string) error { return status.Error(codes.InvalidArgument, text) }
