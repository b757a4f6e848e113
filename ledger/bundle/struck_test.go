package bundle_test

import (
	"bytes"
	"fmt"
	"regexp"
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
	if err == nil || !strings.Contains(err.Error(), "make the bundle again when the strike or disposal is done") {
		t.Errorf("%v", err)
	}
}

// ends sets a period and has disposed of what is past it.
func (w *world) ends(c domain.Class, period string) *domain.DisposalCompleted {
	w.t.Helper()
	_, err := ledger.Do(w.t.Context(), w.Ledger.Ledger, ledger.Command{Name: "test", Stream: domain.Stream{Noun: "disposal", ID: w.ID}, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "test", Actor: domain.Actor{Kind: domain.Person, Role: "DPO", ID: domain.ID{15: 1}}}}, domain.Disposal.Apply,
		func(d domain.Disposal, _ domain.Time) ([]domain.Event, *domain.Refusal) {
			return d.Set(domain.PeriodSet{Family: domain.Interactions, Class: c, Period: period, Ground: "Art. 5(1)(e) GDPR", Case: "RET-1", Acknowledged: true})
		})
	w.ok(err)
	done, err := w.process.Dispose(w.t.Context())
	w.ok(err)
	if done == nil {
		w.t.Fatal("nothing was disposed of")
	}
	return done
}

// TestDisposed: keys, then payloads that were disposed of are shown so, by the operator's word that says
// so, without how many of others' went with them.
func TestDisposed(t *testing.T) {
	w := newWorld(t)
	w.Pass(48 * time.Hour)
	w.call(9, 1)
	w.Pass(48 * time.Hour)
	if done := w.ends(domain.InteractionData, "P3D"); done.Keys != 9 {
		t.Errorf("%d keys", done.Keys)
	}
	questions := map[string]bundle.Question{"the stream": {Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[2]}, "a person": w.of(w.anna), "the ledger": {Of: bundle.OfLedger}, "the account": {Of: bundle.OfTenant, Tenant: w.shop},
		"by occurrence": {Of: bundle.OfLedger, Axis: bundle.Occurred, To: domain.TimeOf(w.Clock().Add(time.Hour)) / 1_000_000 * 1_000_000}}
	check := func(want map[string]string) {
		t.Helper()
		for name, q := range questions {
			text := w.make(q, &reading)
			if words := w.holds(text); !strings.Contains(words, want[name]) {
				t.Errorf("%s: %s", name, words)
			}
			if events := string(w.files(text)[bundle.EventsFile]); q.Of != bundle.OfLedger && strings.Contains(events, `"n":"plain/taken","s"`) {
				t.Errorf("%s: it says how much was taken of all", name)
			}
			if verdict, err, ok := w.second(text); ok && err != nil {
				t.Errorf("%s: the second verifier: %v\n%s", name, err, verdict)
			}
		}
	}
	check(map[string]string{"the stream": "1 erased, 0 struck", "a person": "6 erased, 0 struck", "the ledger": "0 erased, 0 struck", "the account": "9 erased, 0 struck"})
	w.ends("", "P3D")
	w.Pass(72 * time.Hour)
	check(map[string]string{"the stream": "0 erased, 1 struck", "a person": "0 erased, 6 struck", "the ledger": "0 erased, 9 struck", "the account": "0 erased, 9 struck", "by occurrence": "0 erased, 9 struck"})
	w.ends("", "P2D")
	lies(t, w, w.make(bundle.Question{Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[2]}, nil), map[string]struct {
		lie  func(*liar)
		says string
	}{
		"gone by another event": {func(l *liar) { l.replace(bundle.EventsFile, `"struck":\d+`, `"struck":1`) }, "doesn't say that it was struck or disposed of"},
		"a later end":           {func(l *liar) { l.replace(bundle.EventsFile, `("occurredBefore":")\d`, `${1}3`) }, "isn't the one that was sealed"},
	})
	forged, err := w.Once(t.Context(), ledger.Command{Name: "test", Stream: domain.Stream{Noun: "disposal", ID: domain.NewID()}, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: w.shop, Source: "test", Actor: domain.Actor{Kind: domain.System}}}, domain.DisposalCompleted{RecordedBefore: 1 << 52, Final: domain.StrikeGone,
		Cuts: []domain.Cut{{Family: domain.Interactions, Kinds: []string{"interaction.recorded"}, OccurredBefore: 1 << 52}}, Taken: []domain.Taken{{Family: domain.Interactions}}})
	w.ok(err)
	ledgers := w.make(bundle.Question{Of: bundle.OfLedger}, nil)
	cited := regexp.MustCompile(`"struck":\d+\}\n`).FindAll(w.files(ledgers)[bundle.EventsFile], -1)
	first, last := cited[0], cited[len(cited)-1]
	if bytes.Equal(first, last) {
		t.Fatal("one disposal took all")
	}
	lies(t, w, ledgers, map[string]struct {
		lie  func(*liar)
		says string
	}{
		"by a word that isn't the operator's": {func(l *liar) {
			l.files[bundle.EventsFile] = bytes.Replace(l.files[bundle.EventsFile], last, fmt.Appendf(nil, "\"struck\":%d}\n", forged.Position), 1)
		}, "doesn't say that it was struck or disposed of"},
		"by one that took older events": {func(l *liar) { l.files[bundle.EventsFile] = bytes.Replace(l.files[bundle.EventsFile], last, first, 1) }, "doesn't say that it was struck or disposed of"},
	})
}
