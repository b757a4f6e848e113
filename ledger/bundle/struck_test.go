package bundle_test

import (
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/bundle"
	"muniment/ledger/ledgertest"
)

// strike has two people take the payload of a call away.
func (w *world) strike(r ledger.Receipt) {
	w.t.Helper()
	for n, e := range []domain.Event{domain.StrikeProposed{Event: r.ID, Reason: "NAME", Case: "DSR-2026-014"}, domain.StrikeApproved{}} {
		_, err := ledger.Do(w.t.Context(), w.Ledger.Ledger, ledger.Command{Name: "test", Stream: domain.Stream{Noun: "strike", ID: r.ID}, Input: map[string]any{},
			Envelope: domain.Envelope{Tenant: w.shop, Source: "test", Actor: domain.Actor{Kind: domain.Person, Role: "DPO", ID: domain.ID{15: byte(n + 1)}}}},
			domain.Strike.Apply, func(domain.Strike, domain.Time) ([]domain.Event, *domain.Refusal) { return []domain.Event{e}, nil })
		w.ok(err)
	}
	w.ok(w.process.Run(w.t.Context()))
}

// TestStruck: whatever question is asked, a struck event is shown without its payload, with the event that says
// so, and the verifier counts it.
func TestStruck(t *testing.T) {
	w := newWorld(t)
	w.strike(w.calls[2]) // of both
	start, end := domain.TimeOf(ledgertest.Start), domain.TimeOf(w.Clock().Add(time.Hour))/1_000_000*1_000_000
	for name, q := range map[string]bundle.Question{
		"the stream": {Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[2]}, "a person": w.of(w.anna), "the ledger": {Of: bundle.OfLedger}, "the account": {Of: bundle.OfTenant, Tenant: w.shop},
		"by occurrence":            {Of: bundle.OfLedger, Axis: bundle.Occurred, To: end},
		"others by occurrence":     {Of: bundle.OfLedger, Axis: bundle.Occurred, From: start, To: start + 1_000_000},
		"the person by occurrence": {Of: bundle.OfSubject, Tenant: w.shop, Subject: w.anna, Axis: bundle.Occurred, To: end},
	} {
		for _, r := range []*ledger.Reading{nil, &reading} {
			text := w.make(q, r)
			if words := w.holds(text); !strings.Contains(words, "1 struck") {
				t.Errorf("%s: %s", name, words)
			}
			files := w.files(text)
			if events := string(files[bundle.EventsFile]); strings.Count(events, `"struck":`) != 1 || !strings.Contains(events, "strike.completed") {
				t.Errorf("%s: %s", name, events)
			}
			if testing.Short() {
				continue
			}
			if verdict, err, ok := w.second(text); ok && err != nil {
				t.Errorf("%s: the second verifier: %v\n%s", name, err, verdict)
			}
		}
	}
	lies(t, w, w.make(bundle.Question{Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[2]}, nil), map[string]struct {
		lie  func(*liar)
		says string
	}{
		"struck by another event":  {func(l *liar) { l.replace(bundle.EventsFile, `"struck":\d+`, `"struck":1`) }, "doesn't say that it was struck"},
		"the witness names nobody": {func(l *liar) { l.replace(bundle.EventsFile, `"n":"plain/event"`, `"n":"plain/evenu"`) }, "isn't the one that was sealed"},
	})
}

// TestStrikeUnderWay: while no sealed event says that a payload is gone, no bundle can show it so.
func TestStrikeUnderWay(t *testing.T) {
	w := newWorld(t)
	records, err := w.Log.At(t.Context(), []int64{w.calls[2].Position})
	w.ok(err)
	w.process.Stepped = func(step string) {
		if step == "payload removed" {
			_, err = w.tryMake(bundle.Question{Of: bundle.OfStream, Tenant: w.shop, Stream: records[0].Stream}, nil)
		}
	}
	w.strike(w.calls[2])
	if err == nil || !strings.Contains(err.Error(), "make the bundle again when the strike is done") {
		t.Errorf("%v", err)
	}
}
