package seal

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal/sealtest"
)

// Figures mean something only beside the probe of the same minute: a file that is appended to and synced
// (fdatasync) once for as many bytes of leaf hashes as one checkpoint adds.
//
//	go test -run '^$' -bench . ./ledger/seal

func BenchmarkLeaf(b *testing.B) {
	s := domain.Stream{Noun: "interaction", ID: domain.NewID()}
	e := sealtest.Entry(s)
	r := ledger.Record{Seq: 41, LogTime: e.Recorded, Stream: s, Envelope: e.Envelope, Payload: e.Payload}
	b.ReportAllocs()
	for b.Loop() {
		leaf, err := Leaf(r, nil)
		if err != nil {
			b.Fatal(err)
		}
		LeafHash(leaf)
	}
}

func BenchmarkTree(b *testing.B) {
	var t tree
	hashes := make([]tlog.Hash, 1000)
	n := 0
	for b.Loop() {
		t, _ = t.grown(hashes)
		if _, err := t.root(); err != nil {
			b.Fatal(err)
		}
		n += len(hashes)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/event")
}

// BenchmarkSeal seals what was kept before: how fast the sealer can follow.
func BenchmarkSeal(b *testing.B) {
	for _, batch := range []int{1, 100, 2000, 20_000} {
		b.Run("events="+strconv.Itoa(batch), func(b *testing.B) {
			w := newWorld(b)
			w.mustOpen()
			n := 0
			for b.Loop() {
				b.StopTimer()
				w.append(batch)
				b.StartTimer()
				w.seal()
				n += batch
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "ev/s")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "us/event")
		})
	}
	b.Run("probe", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "probe"))
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		for b.Loop() {
			if _, err := f.Write(make([]byte, 2000*32)); err != nil {
				b.Fatal(err)
			}
			if err := syscall.Fdatasync(int(f.Fd())); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkColdStreams seals events each of which goes on a stream that nobody remembers: the worst case.
func BenchmarkColdStreams(b *testing.B) {
	w := newWorld(b)
	w.mustOpen()
	const streams = 5000
	again := func() {
		var batches []ledger.Batch
		for i := range streams {
			s := domain.Stream{Noun: "thing", ID: domain.ID{byte(i >> 8), byte(i)}}
			batches = append(batches, ledger.Batch{Stream: s, Expected: ledger.Any, Entries: []ledger.Entry{sealtest.Entry(s)}})
		}
		for _, r := range w.log.Append(context.Background(), batches...) {
			if r.Err != nil {
				b.Fatal(r.Err)
			}
		}
	}
	again()
	w.seal()
	n := 0
	for b.Loop() {
		b.StopTimer()
		again()
		w.sealer.heads = lastLeaves{}
		b.StartTimer()
		w.seal()
		n += streams
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "ev/s")
}

// BenchmarkProof proves events of a log of 100,000 by their place.
func BenchmarkProof(b *testing.B) {
	w := newWorld(b)
	w.mustOpen()
	w.append(100_000)
	w.seal()
	i := int64(0)
	for b.Loop() {
		if _, err := w.sealer.Proof(b.Context(), i*7919%100_000); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkFollow appends 20,000 events a second for as long as it takes and tells how long each
// receipt waited for its checkpoint.
func BenchmarkFollow(b *testing.B) {
	w := newWorld(b)
	s := w.mustOpen()
	ctx, stop := context.WithCancel(b.Context())
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	const every, size = 10 * time.Millisecond, 200
	var waits []time.Duration
	var waiting atomic.Int64
	done := make(chan time.Duration, 1<<16)
	tick := time.NewTicker(every)
	defer tick.Stop()
	begun := time.Now()
	for b.Loop() {
		<-tick.C
		w.append(size)
		kept := time.Now()
		next, err := w.log.Next(ctx)
		if err != nil {
			b.Fatal(err)
		}
		waiting.Add(1)
		go func() {
			s.Wait(ctx, next-1)
			done <- time.Since(kept)
		}()
	}
	rate := float64(b.N*size) / time.Since(begun).Seconds()
	for range waiting.Load() {
		waits = append(waits, <-done)
	}
	stop()
	<-ran
	b.ReportMetric(rate, "ev/s")
	b.ReportMetric(float64(percentile(waits, 50).Milliseconds()), "p50-ms")
	b.ReportMetric(float64(percentile(waits, 99).Milliseconds()), "p99-ms")
}

func percentile(all []time.Duration, p int) time.Duration {
	slices.Sort(all)
	return all[min(len(all)*p/100, len(all)-1)]
}
