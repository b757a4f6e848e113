package eventstore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"golang.org/x/sync/errgroup"

	"muniment/domain"
	"muniment/ledger"
)

const (
	largestPage = 512 // events of one read of $all
	slack       = 8   // of other people's that may stand in between
	atATime     = 8   // reads under way for one call
)

// fetch reads the events of map entries, in any order, from $all; the records come by seq. Seqs that
// follow each other are read together.
func (l *Log) fetch(ctx context.Context, all []entry) ([]ledger.Record, error) {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.seq, b.seq) })
	records := make([]ledger.Record, len(all))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atATime)
	for begin := 0; begin < len(all); {
		end := begin + 1
		for end < len(all) && all[end].seq == all[end-1].seq+1 && end-begin < largestPage {
			end++
		}
		run, into := all[begin:end], records[begin:end]
		g.Go(func() error { return l.fetchRun(ctx, run, into) })
		begin = end
	}
	return records, g.Wait()
}

// fetchRun reads entries with consecutive seqs. Each page begins at the next entry's position, so
// whatever stands in between, a page brings at least one.
func (l *Log) fetchRun(ctx context.Context, run []entry, into []ledger.Record) error {
	for len(run) > 0 {
		n := 1
		if len(run) > 1 {
			n = len(run) + slack
		}
		events, err := l.engine.readAll(ctx, run[0].at, n)
		if err != nil {
			return fmt.Errorf("event %d: %w", run[0].seq, away(err))
		}
		if len(events) == 0 || positionOf(events[0].Position) != run[0].at {
			return lost(run[0])
		}
		for _, e := range events {
			if len(run) == 0 || positionOf(e.Position) != run[0].at {
				continue
			}
			if into[0], err = l.record(run[0], e); err != nil {
				return err
			}
			run, into = run[1:], into[1:]
		}
	}
	return nil
}

// fetchStream reads the entries of a stream, in the order of their revisions. Where the stream doesn't
// show them (deleted, truncated), $all may: until a scavenge nothing is lost.
func (l *Log) fetchStream(ctx context.Context, s domain.Stream, all []entry) ([]ledger.Record, error) {
	records := make([]ledger.Record, 0, len(all))
	for page := range slices.Chunk(all, largestPage) {
		from, to := page[0].engine, page[len(page)-1].engine
		events, err := l.engine.readStream(ctx, l.engine.streamName(s), from, int(to-from+1))
		if err != nil && !isCode(err, esdb.ErrorCodeStreamDeleted) {
			return nil, away(err)
		}
		at := make(map[int64]*esdb.RecordedEvent, len(events))
		for _, e := range events {
			at[revisionOf(e)] = e
		}
		for _, e := range page {
			event := at[e.engine]
			if event == nil {
				one, err := l.fetch(ctx, []entry{e})
				if err != nil {
					return nil, err
				}
				records = append(records, one[0])
				continue
			}
			r, err := l.record(e, event)
			if err != nil {
				return nil, err
			}
			records = append(records, r)
		}
	}
	return records, nil
}

// record is the event of a map entry. That it is the same event is checked here for every read.
func (l *Log) record(e entry, event *esdb.RecordedEvent) (ledger.Record, error) {
	s, ok := l.engine.streamOf(event.StreamID)
	if !ok || domain.ID(event.EventID) != e.id || revisionOf(event) != e.engine || !bytes.Equal(streamColumn(s), e.stream) {
		return ledger.Record{}, fmt.Errorf("event %d: the engine holds another event in its place: it was rewritten, or restored from an older backup", e.seq)
	}
	return ledger.Record{Seq: e.seq, Revision: e.revision, LogTime: e.logTime, Stream: s, Envelope: event.UserMetadata, Payload: event.Data, MAC: e.mac}, nil
}

func lost(e entry) error {
	return fmt.Errorf("event %d: the engine doesn't have it any more: it was deleted and scavenged, or the engine was restored from an older backup; see the incidents", e.seq)
}
