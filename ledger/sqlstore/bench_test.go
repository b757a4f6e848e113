package sqlstore

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// The figures of a log mean something only as a ratio to the probe beside it, of the same minute:
// the same bytes appended to a plain file, synced together, with no structure at all.
//
//	go test -run - -bench . -benchtime 3s ./ledger/sqlstore

var shapesOfLoad = []struct {
	name    string
	writers int
	batch   int // one-event streams in one append
}{
	{"writers=1", 1, 1},
	{"writers=64", 64, 1},
	{"writers=1/batch=1000", 1, 1000},
	{"writers=4/batch=1000", 4, 1000},
}

func BenchmarkAppend(b *testing.B) {
	for _, load := range shapesOfLoad {
		b.Run(load.name+"/log", func(b *testing.B) {
			log := openBench(b)
			defer log.Close()
			run(b, load.writers, load.batch, func(batches []ledger.Batch) error {
				for _, r := range log.Append(b.Context(), batches...) {
					if r.Err != nil {
						return r.Err
					}
				}
				return nil
			})
		})
		b.Run(load.name+"/probe", func(b *testing.B) {
			run(b, load.writers, load.batch, newProbe(b).append)
		})
	}
}

func BenchmarkRead(b *testing.B) {
	log := openBench(b)
	defer log.Close()
	for range 50 {
		for _, r := range log.Append(b.Context(), events(1000)...) {
			if r.Err != nil {
				b.Fatal(r.Err)
			}
		}
	}
	read, from := 0, int64(0)
	for b.Loop() {
		records, err := log.Read(b.Context(), from, 1000)
		if err != nil {
			b.Fatal(err)
		}
		read += len(records)
		from = (from + 1000) % 50_000
	}
	b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "ev/s")
}

// run appends b.N times, shared among the writers.
func run(b *testing.B, writers, batch int, appendAll func([]ledger.Batch) error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := appendAll(events(batch)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "ev/s")
}

var payload = make([]byte, 400)
var envelope = make([]byte, 200)
var digest = make([]byte, 32)

// events are n one-event streams with ids as our own events have them.
func events(n int) []ledger.Batch {
	now := time.Now()
	batches := make([]ledger.Batch, n)
	for i := range batches {
		id := domain.NewEventID(now)
		batches[i] = ledger.Batch{
			Stream:   domain.Stream{Noun: "interaction", ID: id},
			Expected: ledger.Any,
			Entries: []ledger.Entry{{
				ID: id, Recorded: domain.TimeOf(now), Envelope: envelope, Payload: payload, Claim: digest, MAC: func(int64) []byte { return digest },
			}},
		}
	}
	return batches
}

func openBench(b *testing.B) *Log {
	rand.Read(payload)
	rand.Read(envelope)
	db, err := sqldb.OpenSQLite(b.Context(), filepath.Join(b.TempDir(), "log.db"), sqldb.Options{})
	if err != nil {
		b.Fatal(err)
	}
	log, err := Open(context.Background(), db)
	if err != nil {
		b.Fatal(err)
	}
	return log
}

// probe is the floor: append, fdatasync once for all who wait, answer.
type probe struct {
	file  *os.File
	queue chan probeRequest
}

type probeRequest struct {
	bytes []byte
	done  chan error
}

func newProbe(b *testing.B) *probe {
	f, err := os.Create(filepath.Join(b.TempDir(), "probe"))
	if err != nil {
		b.Fatal(err)
	}
	p := &probe{file: f, queue: make(chan probeRequest, 1024)}
	go p.run()
	b.Cleanup(func() { close(p.queue); f.Close() })
	return p
}

func (p *probe) append(batches []ledger.Batch) error {
	var bytes []byte
	for _, batch := range batches {
		bytes = append(append(bytes, batch.Entries[0].Envelope...), batch.Entries[0].Payload...)
	}
	r := probeRequest{bytes, make(chan error, 1)}
	p.queue <- r
	return <-r.done
}

func (p *probe) run() {
	for r := range p.queue {
		group := []probeRequest{r}
		bytes := r.bytes
		for len(p.queue) > 0 {
			more := <-p.queue
			group = append(group, more)
			bytes = append(bytes, more.bytes...)
		}
		_, err := p.file.Write(bytes)
		if err == nil {
			err = syscall.Fdatasync(int(p.file.Fd()))
		}
		for _, r := range group {
			r.done <- err
		}
	}
}
