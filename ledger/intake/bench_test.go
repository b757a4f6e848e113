package intake

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"muniment/ledger"
)

// benchmark imports b.N lines and reports lines a second, with and without the ledger behind.
func benchmark(b *testing.B, piece func(i int) string, reader func(*generator) Reader) {
	b.Run("parse", func(b *testing.B) {
		take := func(_ context.Context, list []*ledger.Submission) []ledger.Outcome {
			return make([]ledger.Outcome, len(list))
		}
		s, err := run(context.Background(), reader(&generator{n: b.N, piece: piece}), RunOptions{}, take)
		if err != nil || s.Kept != b.N {
			b.Fatal(s, err)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
	})
	b.Run("keep", func(b *testing.B) {
		l := newShop(b)
		b.ResetTimer()
		s, err := Run(context.Background(), l, reader(&generator{n: b.N, piece: piece}), RunOptions{})
		if err != nil || s.Kept != b.N {
			b.Fatal(s, err)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
	})
}

func BenchmarkEvents(b *testing.B) {
	benchmark(b, func(i int) string {
		return line("sourceId", fmt.Sprintf(`"l%d"`, i), "subjects", fmt.Sprintf(`[{"phone":"+120255501%02d"}]`, i%100)) + "\n"
	}, func(g *generator) Reader { return Events(g, EventOptions{}) })
}

func BenchmarkCTM(b *testing.B) {
	call := strings.ReplaceAll(flat(oneCall), `"CA42"`, `"CA%d"`) + "\n"
	benchmark(b, func(i int) string { return fmt.Sprintf(call, i) }, func(g *generator) Reader {
		r, err := CTM(g, CTMOptions{Tenant: shop, Now: clock})
		if err != nil {
			b.Fatal(err)
		}
		return r
	})
}
