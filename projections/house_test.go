package projections

import (
	"context"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/ledgertest"
)

// house is a real ledger with views.
type house struct {
	*ledgertest.Ledger
	t     testing.TB
	views *Views
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{Ledger: ledgertest.Open(t), t: t}
	var err error
	if h.views, err = Open(context.Background(), h.DB("views.db"), h.Log, make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	return h
}

// keep keeps one fact and lets the views see it; it returns its seq.
func (h *house) keep(s ledger.Submission) int64 {
	h.t.Helper()
	r := h.Keep(s)
	if err := h.views.CatchUp(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	return r.Position
}

func (h *house) all() Reader { return h.views.In(Scope{All: true}) }

// at is a viewpoint: a day of 2026, and what was known up to a seq.
func (h *house) at(day int, known int64) domain.Viewpoint {
	return domain.Viewpoint{AsOf: dayTime(day), Known: known}
}

func day(n int) domain.Moment { return ledgertest.Day(n) }

func dayTime(n int) domain.Time { return day(n).At }

// dump is every row of every view, and where they stand.
func (h *house) dump() string { return crashtest.Dump(h.t, h.views.db) }
