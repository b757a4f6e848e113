package eventstore

import (
	"fmt"
	"sync"
	"testing"

	"muniment/ledger"
	"muniment/ledger/eventstore/esdbtest"
)

// BenchmarkAppend: one-event appends of so many writers against the test double, which runs in the
// same process: the figure is what our side costs, not what a cluster does.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			server := esdbtest.Start(b, esdbtest.Options{})
			log := openAt(b, server, b.TempDir()+"/map.db")
			defer log.Close()
			work := make(chan ledger.Batch, b.N)
			for range b.N {
				work <- one(newStream(), ledger.NoStream)
			}
			close(work)
			var all sync.WaitGroup
			b.ResetTimer()
			for range writers {
				all.Go(func() {
					for w := range work {
						if r := log.Append(b.Context(), w)[0]; r.Err != nil {
							b.Error(r.Err)
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
