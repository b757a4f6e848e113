package logtest

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muniment/domain"
	"muniment/ledger"
)

// model is the contract, written down as plainly as it can be.
type model struct {
	records []ledger.Record
	kept    map[ledger.Key]ledger.Placed
	logTime domain.Time
}

func (m *model) head(s domain.Stream) int64 {
	for i := len(m.records) - 1; i >= 0; i-- {
		if m.records[i].Stream == s {
			return m.records[i].Revision
		}
	}
	return ledger.NoStream
}

func (m *model) append(b ledger.Batch) ([]ledger.Placed, error) {
	fresh := 0
	for _, e := range b.Entries {
		if _, ok := m.kept[ledger.Key{Stream: b.Stream, ID: e.ID}]; !ok {
			fresh++
		}
	}
	if fresh > 0 && b.Expected != ledger.Any && b.Expected != m.head(b.Stream) {
		return nil, ledger.ErrConflict
	}
	var placed []ledger.Placed
	for _, e := range b.Entries {
		key := ledger.Key{Stream: b.Stream, ID: e.ID}
		if p, ok := m.kept[key]; ok {
			placed = append(placed, p)
			continue
		}
		m.logTime = max(m.logTime, e.Recorded)
		r := ledger.Record{
			Seq: int64(len(m.records)), Revision: m.head(b.Stream) + 1, LogTime: m.logTime,
			Stream: b.Stream, Envelope: e.Envelope, Payload: e.Payload, MAC: e.MAC(0),
		}
		m.records = append(m.records, r)
		p := ledger.Placed{Seq: r.Seq, Revision: r.Revision, LogTime: r.LogTime}
		placed = append(placed, p)
		m.kept[key] = prior(p, e)
	}
	return placed, nil
}

func (m *model) known(t domain.Time) int64 {
	known := int64(-1)
	for _, r := range m.records {
		if r.LogTime <= t {
			known = r.Seq
		}
	}
	return known
}

// testModel plays random histories to the log and to the model. All histories share one log: each
// has streams and ids of its own, and begins where the one before ended.
func testModel(t *testing.T, p *place) {
	m := &model{kept: make(map[ledger.Key]ledger.Placed)}
	history := uint32(0)
	rapid.Check(t, func(rt *rapid.T) {
		history++
		numbered := func(i int) (id domain.ID) {
			binary.BigEndian.PutUint32(id[:], history)
			id[15] = byte(i)
			return id
		}
		anyStream := rapid.Custom(func(rt *rapid.T) domain.Stream {
			return domain.Stream{Noun: "thing", ID: numbered(rapid.IntRange(0, 2).Draw(rt, "stream"))}
		})
		anyID := rapid.Custom(func(rt *rapid.T) domain.ID { return numbered(rapid.IntRange(0, 11).Draw(rt, "id")) })
		drawBatch := func(rt *rapid.T) ledger.Batch {
			s := anyStream.Draw(rt, "of stream")
			expected := rapid.SampledFrom([]int64{ledger.Any, ledger.Any, ledger.NoStream, m.head(s), m.head(s) + 1, 0}).Draw(rt, "expected")
			b := batch(s, expected)
			for range rapid.IntRange(0, 4).Draw(rt, "entries") {
				e := entryOf(anyID.Draw(rt, "entry"), rapid.StringN(0, 5, -1).Draw(rt, "content"))
				e.Recorded = max(m.logTime, someTime) + domain.Time(rapid.IntRange(-3, 3).Draw(rt, "recorded"))
				b.Entries = append(b.Entries, e)
			}
			return b
		}
		begin := len(m.records)
		rt.Repeat(map[string]func(*rapid.T){
			"append": func(rt *rapid.T) {
				var batches []ledger.Batch
				for range rapid.IntRange(1, 4).Draw(rt, "batches") {
					batches = append(batches, drawBatch(rt))
				}
				for i, r := range p.Append(t.Context(), batches...) {
					want, err := m.append(batches[i])
					if !errors.Is(r.Err, err) || (err == nil) != (r.Err == nil) {
						rt.Fatalf("batch %d: %v, the model says %v", i, r.Err, err)
					}
					for j := range want {
						if !want[j].Prior {
							r.Placed[j].Claim = nil
						}
						if d := cmp.Diff(want[j], r.Placed[j]); d != "" {
							rt.Fatalf("batch %d, entry %d (-model +log):\n%s", i, j, d)
						}
					}
				}
			},
			"prior": func(rt *rapid.T) {
				key := ledger.Key{Stream: anyStream.Draw(rt, "of stream"), ID: anyID.Draw(rt, "entry")}
				want, ok := m.kept[key]
				if !ok {
					want.Seq = -1
				}
				if d := cmp.Diff(want, mustPrior(p, key)[0]); d != "" {
					rt.Fatalf("prior (-model +log):\n%s", d)
				}
			},
			"known": func(rt *rapid.T) {
				when := m.logTime + domain.Time(rapid.IntRange(-5, 1).Draw(rt, "when"))
				if got, err := p.Known(t.Context(), when); err != nil || got != m.known(when) {
					rt.Fatalf("known at %s: %d (%v), the model says %d", when, got, err, m.known(when))
				}
			},
			"stream": func(rt *rapid.T) {
				s, from, limit := anyStream.Draw(rt, "of stream"), rapid.Int64Range(0, 5).Draw(rt, "from"), rapid.IntRange(0, 5).Draw(rt, "limit")
				var want []ledger.Record
				for _, r := range m.records {
					if r.Stream == s && r.Revision >= from && len(want) < limit {
						want = append(want, r)
					}
				}
				if got, err := p.Stream(t.Context(), s, from, limit); err != nil || !equal(want, got) {
					rt.Fatalf("stream: %v (-model +log):\n%s", err, cmp.Diff(want, got))
				}
			},
		})
		if history%10 == 0 {
			p.reopen()
		}
		got, err := p.Read(t.Context(), int64(begin), len(m.records)-begin+1)
		if err != nil {
			rt.Fatalf("read: %v", err)
		}
		if want := m.records[begin:]; !equal(want, got) {
			rt.Fatalf("the history (-model +log):\n%s", cmp.Diff(want, got))
		}
	})
}
