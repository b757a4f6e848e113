package erasure_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/erasure"
	"muniment/ledger/ledgertest"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
)

// watched tells when the process begins to wait for writers under way.
type watched struct {
	erasure.Keys
	settling chan struct{}
}

func (w watched) Settle() {
	close(w.settling)
	w.Keys.Settle()
}

// TestUnderWay: a call was sealed before the erasure was asked for and is kept after: it is found, its
// key is named among the destroyed, its claim is blanked, and nothing of it opens.
func TestUnderWay(t *testing.T) {
	h := newHouse(t)
	first := h.kept(call("CA1", phone(1)))
	person, _ := h.find(phone(1))
	event := domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear(phone(1).Value), Seconds: 7}
	late := domain.Fact{Event: event, Envelope: domain.Envelope{ID: domain.NewEventID(h.Clock()), Kind: event.Kind(), Version: 1, Tenant: shop, Source: "ctm", Occurred: ledgertest.Day(20),
		Stream: domain.Stream{Noun: "interaction", ID: domain.NewID()}, Actor: domain.Actor{Kind: domain.System}, Subjects: []domain.SubjectRef{{ID: person, Capacity: domain.Processor}}}}
	plain, fields := domain.Split(event)
	release := h.Keys.Hold()
	sealing := &ledger.Sealing{Fact: &late, Fields: fields}
	h.ok(h.Keys.Seal(t.Context(), []*ledger.Sealing{sealing}))
	entry, err := ledger.Encode(&late, domain.TimeOf(h.Clock()), plain, sealing.Boxes, make([]byte, 32))
	h.ok(err)

	h.ok(h.request(person, domain.ErasureRequested{}))
	w := watched{h.process.Keys, make(chan struct{})}
	h.process.Keys = w
	ended := make(chan error, 1)
	go func() { ended <- h.process.Run(t.Context()) }()
	select {
	case <-w.settling:
	case err := <-ended:
		t.Fatalf("it did not wait for writers under way: %v", err)
	}
	if got := h.state(first.Position, "/number"); got != ledger.StateErased {
		t.Errorf("while it waits the number is %s", got)
	}
	placed := h.Log.Append(t.Context(), ledger.Batch{Stream: late.Stream, Expected: ledger.Any, Entries: []ledger.Entry{entry}})[0]
	h.ok(placed.Err)
	release()
	h.ok(<-ended)

	if e := h.subject(person).Erasures[0]; !slices.Contains(e.Keys, sealing.Boxes[0].Key) {
		t.Error("its key is not among the destroyed")
	}
	if got := h.state(placed.Placed[0].Seq, "/number"); got != ledger.StateErased {
		t.Errorf("its number is %s", got)
	}
	prior, err := h.Log.Prior(t.Context(), []ledger.Key{{Stream: late.Stream, ID: late.ID}})
	h.ok(err)
	if prior[0].Claim != nil {
		t.Error("its claim can still be guessed")
	}
}

// TestRedactedBytes: what a destroyed key lay in is in no file as soon as the event says BYTES_GONE.
func TestRedactedBytes(t *testing.T) {
	dbtest.NeedsFiles(t)
	h := newHouse(t)
	r := h.kept(call("CA1", phone(1)))
	pages := h.keysOf(domain.ID{})
	h.Keep(ledger.Submission{Tenant: shop, Stream: ledger.StreamRef{Name: r.Stream}, Occurred: ledgertest.Day(30), Event: domain.InteractionRedacted{Trigger: domain.Automatic, Fields: []domain.DataField{"NUMBER"}}})
	h.ok(h.process.Run(t.Context()))
	for _, page := range pages {
		var names []string
		if h.holding(page, &names); names != nil {
			t.Errorf("it is in %v", names)
		}
	}
}

// TestReaderInTheWay: while somebody reads the vault's file, old pages can't be emptied from its journal: nothing
// is said to be destroyed until that is done, though it reads ERASED from the beginning.
func TestReaderInTheWay(t *testing.T) {
	dbtest.NeedsFiles(t)
	h := newHouse(t)
	r := h.kept(call("CA1", phone(1)))
	person, _ := h.find(phone(1))
	h.ok(h.request(person, domain.ErasureRequested{}))
	other, err := dbtest.OpenAt(t.Context(), filepath.Join(h.dir, "vault.db"), sqldb.Options{})
	h.ok(err)
	defer other.Close()
	reading, err := other.Reader().BeginTx(t.Context(), nil)
	h.ok(err)
	var pages int
	h.ok(reading.QueryRow(`SELECT count(*) FROM pages`).Scan(&pages))

	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := h.process.Run(ctx); err == nil {
		t.Fatal("it is done while a reader keeps the journal")
	}
	if e := h.subject(person).Erasures[0]; len(e.Keys) > 0 || e.Completed != 0 {
		t.Errorf("it is said to be done: %+v", e)
	}
	if got := h.state(r.Position, "/number"); got != ledger.StateErased {
		t.Errorf("meanwhile the number is %s", got)
	}
	h.ok(reading.Rollback())
	h.ok(h.process.Run(t.Context()))
	if e := h.subject(person).Erasures[0]; len(e.Keys) == 0 || e.Final != domain.BytesGone {
		t.Errorf("with nobody in the way: %+v", e)
	}
}
