package logtest

import (
	"math"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

func at(seconds int) ledger.Entry {
	e := newEntry()
	e.Recorded = someTime + domain.Time(seconds)*1_000_000
	return e
}

// testLogTime: it is the greatest recorded time so far, over batches, appends and reopenings.
func testLogTime(t *testing.T, p *place) {
	s := newStream()
	for i, step := range []struct{ recorded, want int }{
		{10, 10}, {10, 10}, {5, 10}, {20, 20}, {19, 20}, {-100, 20}, {21, 21},
	} {
		if i == 3 || i == 5 {
			p.reopen()
		}
		got := p.must(batch(s, ledger.Any, at(step.recorded)))[0][0]
		if want := at(step.want).Recorded; got.LogTime != want {
			t.Fatalf("step %d: log time %s, expected %s", i, got.LogTime, want)
		}
	}
	got := p.must(
		batch(s, ledger.Any, at(30), at(25), at(31)),
		batch(newStream(), ledger.Any, at(1)),
	)
	for i, want := range []int{30, 30, 31} {
		if got[0][i].LogTime != at(want).Recorded {
			t.Fatalf("in a batch: entry %d has log time %s", i, got[0][i].LogTime)
		}
	}
	if got[1][0].LogTime != at(31).Recorded {
		t.Fatalf("in the next batch: log time %s", got[1][0].LogTime)
	}
	records := Sound(t, p.Log)
	if last := records[len(records)-1]; last.LogTime != at(31).Recorded {
		t.Fatalf("kept with log time %s", last.LogTime)
	}
}

func testKnown(t *testing.T, p *place) {
	known := func(when domain.Time, want int64) {
		t.Helper()
		if got, err := p.Known(t.Context(), when); err != nil || got != want {
			t.Errorf("known at %s: seq %d (%v), expected %d", when, got, err, want)
		}
	}
	known(someTime, -1)
	for _, seconds := range []int{10, 20, 20, 20, 15, 40} { // seqs 0 … 5; 15 counts as 20
		p.must(batch(newStream(), ledger.Any, at(seconds)))
	}
	for _, c := range []struct {
		when domain.Time
		want int64
	}{
		{math.MinInt64, -1},
		{at(10).Recorded - 1, -1},
		{at(10).Recorded, 0},
		{at(15).Recorded, 0},
		{at(20).Recorded - 1, 0},
		{at(20).Recorded, 4},
		{at(20).Recorded + 1, 4},
		{at(40).Recorded - 1, 4},
		{at(40).Recorded, 5},
		{math.MaxInt64, 5},
	} {
		known(c.when, c.want)
	}
}
