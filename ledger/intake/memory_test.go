package intake

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"

	"muniment/ledger"
)

// generator makes n pieces of an input as they are read, between an opening and a closing.
type generator struct {
	n, i  int
	piece func(i int) string
	open  string
	close string
	buf   bytes.Buffer
}

func (g *generator) Read(p []byte) (int, error) {
	for g.buf.Len() == 0 {
		switch {
		case g.i == 0:
			g.buf.WriteString(g.open)
		case g.i <= g.n:
			g.buf.WriteString(g.piece(g.i))
		case g.i == g.n+1:
			g.buf.WriteString(g.close)
		default:
			return 0, io.EOF
		}
		g.i++
	}
	return g.buf.Read(p)
}

// TestConstantMemory: whatever the size of the input, what is held is a few chunks. The log is left
// out of it: this is about reading.
func TestConstantMemory(t *testing.T) {
	const lines, bound = 200_000, 48 << 20
	ctm := func(g *generator) Reader {
		r, err := CTM(g, CTMOptions{Tenant: shop, Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	call := flat(oneCall)
	for name, c := range map[string]struct {
		reader Reader
		want   Summary
	}{
		"events": {Events(&generator{n: lines, piece: func(i int) string {
			return line("sourceId", fmt.Sprintf(`"%d"`, i), "subjects", `[{"email":"person@example.com"}]`) + "\n"
		}}, EventOptions{}), Summary{Kept: lines}},
		"page of calls": {ctm(&generator{n: lines / 4, open: `{"page":1,"calls":[` + call, close: "]}", piece: func(i int) string { return "," + call }}),
			Summary{Kept: lines/4 + 1}},
		"long lines": {Events(&generator{n: 24, piece: func(int) string { return `{"kind":"` + string(bytes.Repeat([]byte("x"), 4<<20)) + "\"}\n" }}, EventOptions{}), Summary{Refused: 24}},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("takes seconds")
			}
			var most uint64
			take := func(_ context.Context, list []*ledger.Submission) prepared {
				return make(verdict, len(list))
			}
			chunks := 0
			s, err := run(context.Background(), c.reader, RunOptions{By: machine, Progress: func(int64, Summary) {
				if chunks++; chunks%20 == 0 {
					var m runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapInuse)
				}
			}}, take)
			if err != nil || s.String() != c.want.String() {
				t.Fatal(s, err)
			}
			if most > bound {
				t.Errorf("%d MiB of heap in use", most>>20)
			}
			t.Logf("at most %d MiB of heap in use", most>>20)
		})
	}
}
