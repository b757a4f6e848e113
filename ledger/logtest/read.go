package logtest

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muniment/ledger"
)

func testReadPages(t *testing.T, p *place) {
	page := func(from int64, limit int, want ...int64) {
		t.Helper()
		records, err := p.Read(t.Context(), from, limit)
		if err != nil {
			t.Fatalf("read %d from %d: %v", limit, from, err)
		}
		var got []int64
		for _, r := range records {
			got = append(got, r.Seq)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("read %d from %d (-want +got):\n%s", limit, from, d)
		}
	}
	page(0, 10)
	p.fill(5)
	page(0, 10, 0, 1, 2, 3, 4)
	page(0, 2, 0, 1)
	page(2, 2, 2, 3)
	page(4, 2, 4)
	page(5, 2)
	page(math.MaxInt64, 2)
	page(0, 0)
}

func testStreamPages(t *testing.T, p *place) {
	s := newStream()
	for range 5 { // other streams lie between
		p.must(batch(s, ledger.Any, newEntry()), batch(newStream(), ledger.Any, newEntry()))
	}
	for _, c := range []struct {
		from  int64
		limit int
		want  []int64 // seqs
	}{
		{0, 10, []int64{0, 2, 4, 6, 8}},
		{0, 2, []int64{0, 2}},
		{2, 2, []int64{4, 6}},
		{4, 9, []int64{8}},
		{5, 9, nil},
		{0, 0, nil},
	} {
		records, err := p.Stream(t.Context(), s, c.from, c.limit)
		if err != nil {
			t.Fatalf("stream: %v", err)
		}
		var got []int64
		for i, r := range records {
			got = append(got, r.Seq)
			if r.Revision != c.from+int64(i) || r.Stream != s {
				t.Errorf("revision %d of %s in the place of revision %d of %s", r.Revision, r.Stream, c.from+int64(i), s)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%d from revision %d (-want +got):\n%s", c.limit, c.from, d)
		}
	}
	if records, err := p.Stream(t.Context(), newStream(), 0, 10); err != nil || len(records) != 0 {
		t.Errorf("a stream that isn't there: %d records, %v", len(records), err)
	}
}

func testAt(t *testing.T, p *place) {
	for range 7 {
		p.must(batch(newStream(), ledger.Any, entries(100)...))
	}
	var seqs []int64 // more than any statement takes, out of order, some twice
	for i := range int64(700) {
		seqs = append(seqs, (i*311)%700, i/2)
	}
	records, err := p.At(t.Context(), seqs)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range records {
		if r.Seq != seqs[i] {
			t.Fatalf("place %d holds seq %d, expected %d", i, r.Seq, seqs[i])
		}
	}
	if records, err := p.At(t.Context(), nil); err != nil || len(records) != 0 {
		t.Errorf("no seqs: %d records, %v", len(records), err)
	}
	for _, absent := range [][]int64{{700}, {-1}, {0, 1, 700, 2}} {
		if records, err := p.At(t.Context(), absent); err == nil {
			t.Errorf("at %v: no error, %d records", absent, len(records))
		}
	}
}

// testBytesAsKept: what is hashed later is what was handed in, byte for byte.
func testBytesAsKept(t *testing.T, p *place) {
	s, e := newStream(), newEntry()
	e.Envelope = []byte("{\"a\":\"\\u0000\",\"z\":[]}")
	e.Payload = []byte("{ \"b\" :1.0,\t\"a\":\"\xff\x00'\"}\n")
	got := p.must(batch(s, ledger.Any, e))[0][0]
	p.reopen()
	records, err := p.Read(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := []ledger.Record{{
		Seq: got.Seq, Revision: got.Revision, LogTime: got.LogTime, Stream: s, Envelope: e.Envelope, Payload: e.Payload, MAC: e.MAC(0),
	}}
	if d := cmp.Diff(want, records); d != "" {
		t.Errorf("kept (-want +got):\n%s", d)
	}
}

// testReopen: a log that was closed goes on where it stood.
func testReopen(t *testing.T, p *place) {
	s, all := newStream(), entries(6)
	for i := range all {
		if got := p.must(batch(s, int64(i-1), all[i]))[0][0]; got.Seq != int64(i) || got.Revision != int64(i) {
			t.Fatalf("after %d reopenings: %+v", i, got)
		}
		before := Sound(t, p.Log)
		p.reopen()
		if d := cmp.Diff(before, Sound(t, p.Log)); d != "" {
			t.Fatalf("reopened (-before +after):\n%s", d)
		}
	}
}
