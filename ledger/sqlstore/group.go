package sqlstore

import (
	"fmt"

	"muniment/domain"
	"muniment/ledger"
)

// group decides the places of the batches that one transaction keeps. It begins with what the
// database says and adds what it places itself: batches of one group see each other.
type group struct {
	next    int64
	logTime domain.Time
	heads   map[string]int64 // stream → revision of its last event; absent: no event
	moved   map[string]bool  // streams that got an event
	kept    map[claim]ledger.Placed
	rows    []row // what to insert, in seq order
}

// row is one event to insert.
type row struct {
	work    *work
	entry   int
	seq     int64
	rev     int64
	logTime domain.Time
}

func newGroup(next int64, logTime domain.Time, entries int) *group {
	return &group{
		next:    next,
		logTime: logTime,
		heads:   make(map[string]int64, entries),
		moved:   make(map[string]bool),
		kept:    make(map[claim]ledger.Placed, entries),
		rows:    make([]row, 0, entries),
	}
}

// place answers one batch: places for all its entries, or a refusal that leaves the group as it was.
func (g *group) place(w *work) ledger.Result {
	fresh := false
	for _, c := range w.claims {
		if _, prior := g.kept[c]; !prior {
			fresh = true
			break
		}
	}
	head := int64(ledger.NoStream)
	if rev, ok := g.heads[string(w.stream)]; ok {
		head = rev
	}
	if e := w.batch.Expected; fresh && e != ledger.Any && e != head {
		return ledger.Result{Err: fmt.Errorf("append: expected revision %d, found %d: %w", e, head, ledger.ErrConflict)}
	}
	placed := make([]ledger.Placed, len(w.claims))
	for i, c := range w.claims {
		if p, prior := g.kept[c]; prior { // before this batch, or earlier in it
			p.Prior = true
			placed[i] = p
			continue
		}
		head++
		placed[i] = g.add(w, i, head)
		g.kept[c] = placed[i]
	}
	if fresh {
		g.heads[string(w.stream)], g.moved[string(w.stream)] = head, true
	}
	return ledger.Result{Placed: placed}
}

func (g *group) add(w *work, entry int, rev int64) ledger.Placed {
	e := &w.batch.Entries[entry]
	if g.next == 0 || e.Recorded > g.logTime { // a clock that went back doesn't take the log along
		g.logTime = e.Recorded
	}
	p := ledger.Placed{Seq: g.next, Revision: rev, LogTime: g.logTime, Claim: e.Claim}
	g.rows = append(g.rows, row{work: w, entry: entry, seq: p.Seq, rev: rev, logTime: p.LogTime})
	g.next++
	return p
}
