package bundle_test

import (
	"fmt"
	"testing"

	"muniment/ledger"
	"muniment/ledger/bundle"
)

// BenchmarkBundle makes and checks bundles of one account: b.N times each, of so many calls.
func BenchmarkBundle(b *testing.B) {
	for _, calls := range []int{100, 1_000, 10_000} {
		w := newWorld(b)
		for n := 0; n < calls; {
			var list []*ledger.Submission
			for ; n < calls && len(list) < ledger.MaxTake; n++ {
				list = append(list, w.submission(100+n, n%97))
			}
			for _, o := range w.Take(b.Context(), ledger.Own(), list) {
				w.ok(o.Err)
			}
		}
		q := bundle.Question{Of: bundle.OfTenant, Tenant: w.shop}
		text := w.make(q, nil)
		m, err := bundle.OpenManifest(w.files(text)[bundle.ManifestFile])
		w.ok(err)
		b.Run(fmt.Sprintf("make/%d", calls), func(b *testing.B) {
			for b.Loop() {
				w.make(q, nil)
			}
			b.ReportMetric(float64(m.Counts.Events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(len(text))/float64(m.Counts.Events), "B/event")
		})
		b.Run(fmt.Sprintf("verify/%d", calls), func(b *testing.B) {
			for b.Loop() {
				w.holds(text)
			}
			b.ReportMetric(float64(m.Counts.Events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
