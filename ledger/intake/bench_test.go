package intake

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"muniment/ledger"
)

// benchmark imports b.N lines, with and without the ledger behind. On a machine that others use too,
// the processor time a line takes says more than the lines a second.
func benchmark(b *testing.B, piece func(i int) string, reader func(*generator) Reader) {
	b.Run("parse", func(b *testing.B) {
		take := func(_ context.Context, list []*ledger.Submission) prepared {
			return make(verdict, len(list))
		}
		before := processorTime()
		s, err := run(context.Background(), reader(&generator{n: b.N, piece: piece}), RunOptions{By: machine}, take)
		if err != nil || s.Kept != b.N {
			b.Fatal(s, err)
		}
		report(b, before)
	})
	b.Run("keep", func(b *testing.B) {
		l := newShop(b)
		b.ResetTimer()
		before := processorTime()
		s, err := Run(context.Background(), l, reader(&generator{n: b.N, piece: piece}), RunOptions{By: machine})
		if err != nil || s.Kept != b.N {
			b.Fatal(s, err)
		}
		report(b, before)
	})
}

func report(b *testing.B, before time.Duration) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(float64((processorTime()-before).Microseconds())/float64(b.N), "cpu-µs/line")
}

// processorTime is how long all threads of this process have run.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // only for arguments that don't exist
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func native(g *generator) Reader { return Events(g, EventOptions{}) }

// BenchmarkEvents: the least a line can say, one stream, a hundred people.
func BenchmarkEvents(b *testing.B) {
	benchmark(b, func(i int) string {
		return line("sourceId", fmt.Sprintf(`"l%d"`, i), "subjects", fmt.Sprintf(`[{"phone":"+120255501%02d"}]`, i%100)) + "\n"
	}, native)
}

// BenchmarkCalls: calls in full, 25 fields of which 4 are personal; one in ten is a new person's.
func BenchmarkCalls(b *testing.B) {
	benchmark(b, func(i int) string {
		return fmt.Sprintf(`{"kind":"interaction.recorded","tenant":"%s","source":"example","sourceId":"c%d","occurred":"2026-10-01T%02d:%02d:%02d+02:00",`+
			`"of":{"id":"c%d","at":"2026-10-01T08:17:00Z"},"actor":{"kind":"PERSON","role":"AGENT","login":"agent%d"},"purpose":"SUPPORT","basis":"CONTRACT",`+
			`"subjects":[{"email":"person%d@example.com","capacity":"PROCESSOR"}],"data":{"medium":"CALL","direction":"INBOUND","number":"+120255501%02d",`+
			`"name":"Example Caller","email":"person%d@example.com","city":"Stockholm","country":"SE","trackingNumber":"+46846500400","status":"ANSWERED",`+
			`"seconds":%d,"recorded":true,"ended":"2026-10-01T10:30:00Z"}}`+"\n",
			shop, i, i/3600%10+10, i/60%60, i%60, i, i%40, i/10, i%100, i/10, i%600)
	}, native)
}

// BenchmarkCTM: what a call tracker's API gives, everybody the same person.
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
