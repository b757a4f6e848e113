package esdbtest

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// service is event_store.client.streams.Streams.
type service struct {
	streams.UnimplementedStreamsServer
	s *Server
}

// proposed is what Append and BatchAppend call an event to be.
type proposed interface {
	GetId() *shared.UUID
	GetMetadata() map[string]string
	GetCustomMetadata() []byte
	GetData() []byte
}

func eventOf(ctx context.Context, p proposed) (event, error) {
	for _, required := range []string{"type", "content-type"} {
		if _, ok := p.GetMetadata()[required]; !ok {
			return event{}, missingMetadata(ctx, required)
		}
	}
	return event{id: uuidOf(p.GetId()), kind: p.GetMetadata()["type"], metadata: p.GetMetadata(), custom: p.GetCustomMetadata(), data: p.GetData()}, nil
}

func uuidOf(u *shared.UUID) (id [16]byte) {
	if s := u.GetStructured(); s != nil {
		binary.BigEndian.PutUint64(id[:8], uint64(s.MostSignificantBits))
		binary.BigEndian.PutUint64(id[8:], uint64(s.LeastSignificantBits))
	}
	return id
}

// Append takes one batch: options first, then its events; nothing is kept before the client has said
// that there are no more.
func (v *service) Append(in streams.Streams_AppendServer) error {
	ctx := in.Context()
	first, err := in.Recv()
	if err != nil {
		return err
	}
	o := first.GetOptions()
	name := string(o.GetStreamIdentifier().GetStreamName())
	expected := anyRevision
	switch e := o.GetExpectedStreamRevision().(type) {
	case *streams.AppendReq_Options_Revision:
		expected = int64(e.Revision)
	case *streams.AppendReq_Options_NoStream:
		expected = noStream
	case *streams.AppendReq_Options_StreamExists:
		expected = streamExists
	}
	var events []event
	size := 0
	for {
		m, err := in.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		e, err := eventOf(ctx, m.GetProposedMessage())
		if err != nil {
			return err
		}
		if size += len(e.data) + len(e.custom); size > v.s.options.MaxAppend {
			return tooLarge(ctx, v.s.options.MaxAppend)
		}
		events = append(events, e)
	}
	after, err := v.s.faults.before(ctx, name, func() { v.s.store.append(name, expected, events) })
	if err != nil {
		return err
	}
	last, err := v.s.store.append(name, expected, events)
	if e := after(ctx); e != nil {
		return e
	}
	var c conflict
	switch {
	case errors.As(err, &c):
		return in.SendAndClose(&streams.AppendResp{Result: wrongVersion(c)})
	case err != nil:
		return tell(ctx, err)
	}
	answer := success(last)
	switch v.s.faults.placeless() {
	case NoPlace:
		answer.Success.PositionOption = &streams.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}}
	case MinusOne:
		answer.Success.PositionOption = &streams.AppendResp_Success_Position{
			Position: &streams.AppendResp_Position{CommitPosition: math.MaxUint64, PreparePosition: math.MaxUint64}}
	}
	return in.SendAndClose(&streams.AppendResp{Result: answer})
}

func success(last *event) *streams.AppendResp_Success_ {
	ok := &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_NoStream{NoStream: &shared.Empty{}},
		PositionOption:        &streams.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}},
	}
	if last != nil {
		ok.CurrentRevisionOption = &streams.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(last.revision)}
		ok.PositionOption = &streams.AppendResp_Success_Position{
			Position: &streams.AppendResp_Position{CommitPosition: last.position, PreparePosition: last.position}}
	}
	return &streams.AppendResp_Success_{Success: ok}
}

// wrongVersion fills in the old and the new form, as a node does for old clients.
func wrongVersion(c conflict) *streams.AppendResp_WrongExpectedVersion_ {
	w := &streams.AppendResp_WrongExpectedVersion{}
	if c.current < 0 {
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &shared.Empty{}}
		w.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_NoStream_20_6_0{NoStream_20_6_0: &shared.Empty{}}
	} else {
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: uint64(c.current)}
		w.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_CurrentRevision_20_6_0{CurrentRevision_20_6_0: uint64(c.current)}
	}
	switch c.expected {
	case noStream:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &shared.Empty{}}
	case streamExists:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &shared.Empty{}}
	default:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: uint64(c.expected)}
	}
	return &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: w}
}

// BatchAppend takes batches one after the other over one call and answers each by its correlation id.
func (v *service) BatchAppend(in streams.Streams_BatchAppendServer) error {
	ctx := in.Context()
	type batch struct {
		name     string
		expected int64
		events   []event
	}
	open := make(map[[16]byte]*batch)
	for {
		m, err := in.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		id := uuidOf(m.GetCorrelationId())
		b := open[id]
		if b == nil {
			b = &batch{name: string(m.GetOptions().GetStreamIdentifier().GetStreamName()), expected: anyRevision}
			switch e := m.GetOptions().GetExpectedStreamPosition().(type) {
			case *streams.BatchAppendReq_Options_StreamPosition:
				b.expected = int64(e.StreamPosition)
			case *streams.BatchAppendReq_Options_NoStream:
				b.expected = noStream
			case *streams.BatchAppendReq_Options_StreamExists:
				b.expected = streamExists
			}
			open[id] = b
		}
		for _, p := range m.GetProposedMessages() {
			e, err := eventOf(ctx, p)
			if err != nil {
				return err
			}
			b.events = append(b.events, e)
		}
		if !m.GetIsFinal() {
			continue
		}
		delete(open, id)
		out := &streams.BatchAppendResp{CorrelationId: m.GetCorrelationId(), StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(b.name)}}
		last, err := v.s.store.append(b.name, b.expected, b.events)
		switch {
		case err != nil:
			out.Result = &streams.BatchAppendResp_Error{Error: &rpc.Status{Code: int32(codes.FailedPrecondition), Message: err.Error()}}
		case last == nil:
			out.Result = &streams.BatchAppendResp_Success_{Success: &streams.BatchAppendResp_Success{
				CurrentRevisionOption: &streams.BatchAppendResp_Success_NoStream{NoStream: &emptypb.Empty{}}}}
		default:
			out.Result = &streams.BatchAppendResp_Success_{Success: &streams.BatchAppendResp_Success{
				CurrentRevisionOption: &streams.BatchAppendResp_Success_CurrentRevision{CurrentRevision: uint64(last.revision)},
				PositionOption: &streams.BatchAppendResp_Success_Position{
					Position: &shared.AllStreamPosition{CommitPosition: last.position, PreparePosition: last.position}}}}
		}
		if err := in.Send(out); err != nil {
			return err
		}
	}
}

// Delete hides a stream: its $tb becomes the greatest number there is.
func (v *service) Delete(ctx context.Context, r *streams.DeleteReq) (*streams.DeleteResp, error) {
	expected := anyRevision
	switch e := r.GetOptions().GetExpectedStreamRevision().(type) {
	case *streams.DeleteReq_Options_Revision:
		expected = int64(e.Revision)
	case *streams.DeleteReq_Options_NoStream:
		expected = noStream
	}
	e, err := v.s.store.remove(string(r.GetOptions().GetStreamIdentifier().GetStreamName()), expected, false)
	if err != nil {
		return nil, refuse(ctx, err)
	}
	return &streams.DeleteResp{PositionOption: &streams.DeleteResp_Position_{
		Position: &streams.DeleteResp_Position{CommitPosition: e.position, PreparePosition: e.position}}}, nil
}

// Tombstone closes a stream for ever.
func (v *service) Tombstone(ctx context.Context, r *streams.TombstoneReq) (*streams.TombstoneResp, error) {
	expected := anyRevision
	switch e := r.GetOptions().GetExpectedStreamRevision().(type) {
	case *streams.TombstoneReq_Options_Revision:
		expected = int64(e.Revision)
	case *streams.TombstoneReq_Options_NoStream:
		expected = noStream
	}
	e, err := v.s.store.remove(string(r.GetOptions().GetStreamIdentifier().GetStreamName()), expected, true)
	if err != nil {
		return nil, refuse(ctx, err)
	}
	return &streams.TombstoneResp{PositionOption: &streams.TombstoneResp_Position_{
		Position: &streams.TombstoneResp_Position{CommitPosition: e.position, PreparePosition: e.position}}}, nil
}

func refuse(ctx context.Context, err error) error {
	var c conflict
	if errors.As(err, &c) {
		return trail(ctx, codes.FailedPrecondition, "WrongExpectedVersion: "+c.Error(), "exception", "wrong-expected-version")
	}
	if _, ok := err.(deletedError); ok {
		return tell(ctx, err)
	}
	return status.Error(codes.Unknown, err.Error())
}

func (s *store) remove(name string, expected int64, hard bool) (*event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.get(name)
	if st.tombstoned {
		return nil, deletedError(name)
	}
	if expected != anyRevision && expected != st.last {
		return nil, conflict{expected, st.last}
	}
	if hard {
		return s.write(name, event{id: [16]byte{3, byte(len(s.all)), byte(len(s.all) >> 8)}, kind: "$streamDeleted"}), nil
	}
	return s.write("$$"+name, event{id: [16]byte{4, byte(len(s.all)), byte(len(s.all) >> 8)}, kind: "$metadata", data: []byte(`{"$tb":9223372036854775807}`)}), nil
}
