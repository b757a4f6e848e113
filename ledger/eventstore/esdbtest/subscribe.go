package esdbtest

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/protobuf/encoding/protowire"
)

// subscribe sends what is there and then what comes. It begins after the position it is given.
func (v *service) subscribe(o *streams.ReadReq_Options, out streams.Streams_ReadServer) error {
	f, err := filterOf(o)
	if err != nil {
		return err
	}
	index, after := 0, int64(-1) // of $all; revision of the one stream
	if a := o.GetAll(); a != nil {
		switch p := a.GetAllOption().(type) {
		case *streams.ReadReq_Options_AllOptions_Position:
			if index = v.s.store.find(p.Position.GetCommitPosition()); index < v.s.store.count() {
				if at, _ := v.s.store.after(index, 1); at[0].position == p.Position.GetCommitPosition() {
					index++
				}
			}
		case *streams.ReadReq_Options_AllOptions_End:
			index = v.s.store.count()
		}
	} else {
		switch r := o.GetStream().GetRevisionOption().(type) {
		case *streams.ReadReq_Options_StreamOptions_Revision:
			after = int64(r.Revision)
		case *streams.ReadReq_Options_StreamOptions_End:
			index = v.s.store.count()
		}
	}
	confirmation := &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: "double"}
	if err := out.Send(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{Confirmation: confirmation}}); err != nil {
		return err
	}
	return v.deliver(index, after, f, out)
}

func (v *service) deliver(index int, after int64, f *filter, out streams.Streams_ReadServer) error {
	caughtUp := false
	for scanned := 0; ; {
		events, more := v.s.store.after(index, 256)
		for _, e := range events {
			if f.passes(e) && (f.stream == "" || e.revision > after) && !v.s.faults.hides(e) {
				for range v.s.faults.copies() {
					if err := out.Send(wire(e)); err != nil {
						return err
					}
				}
			}
			if scanned++; f.every > 0 && scanned%f.every == 0 {
				c := &streams.ReadResp_Checkpoint{CommitPosition: e.position, PreparePosition: e.position}
				if err := out.Send(&streams.ReadResp{Content: &streams.ReadResp_Checkpoint_{Checkpoint: c}}); err != nil {
					return err
				}
			}
		}
		if index += len(events); len(events) > 0 {
			continue
		}
		if !caughtUp {
			caughtUp = true
			if err := out.Send(v.s.caughtUp(f.stream != "", after)); err != nil {
				return err
			}
		}
		select {
		case <-more:
		case <-out.Context().Done():
			return out.Context().Err()
		}
	}
}

// caughtUp is empty up to version 25.0.0 and has a time and a place from 25.0.1 on. Our stubs are
// older than that, so the details travel as fields they don't know.
func (s *Server) caughtUp(ofStream bool, revision int64) *streams.ReadResp {
	c := &streams.ReadResp_CaughtUp{}
	if major, _ := strconv.Atoi(strings.SplitN(s.options.Version, ".", 2)[0]); major >= 25 {
		stamp := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(time.Now().Unix()))
		b := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), stamp)
		if ofStream {
			b = protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.VarintType), uint64(max(revision, 0)))
		} else {
			b = protowire.AppendBytes(protowire.AppendTag(b, 3, protowire.BytesType), nil)
		}
		c.ProtoReflect().SetUnknown(b)
	}
	return &streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: c}}
}

// filter is what a subscription asks for.
type filter struct {
	stream   string // of this stream only
	byStream bool   // prefixes and pattern are of the stream's name, not of the event's type
	prefixes []string
	pattern  *regexp.Regexp
	every    int // events between two checkpoints
}

func filterOf(o *streams.ReadReq_Options) (*filter, error) {
	f := &filter{stream: string(o.GetStream().GetStreamIdentifier().GetStreamName())}
	w := o.GetFilter()
	if w == nil {
		return f, nil
	}
	e := w.GetEventType()
	if s := w.GetStreamIdentifier(); s != nil {
		f.byStream, e = true, s
	}
	f.prefixes = e.GetPrefix()
	if e.GetRegex() != "" {
		p, err := regexp.Compile(e.GetRegex()) // a node's are .NET's; clients' own filters mean the same in both
		if err != nil {
			return nil, malformed("the pattern of the filter can't be read")
		}
		f.pattern = p
	}
	window := int(w.GetMax())
	if window == 0 {
		window = 32
	}
	f.every = int(min(uint64(window)*uint64(max(w.GetCheckpointIntervalMultiplier(), 1)), math.MaxInt32))
	return f, nil
}

func (f *filter) passes(e *event) bool {
	if f.stream != "" {
		return e.stream == f.stream && e.kind != "$streamDeleted"
	}
	text := e.kind
	if f.byStream {
		text = e.stream
	}
	if f.pattern != nil {
		return f.pattern.MatchString(text)
	}
	for _, p := range f.prefixes {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return len(f.prefixes) == 0
}
