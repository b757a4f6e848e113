package bundle_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger/bundle"
)

// TestWholeLedger: everything there is, with people's boxes withheld; by the tree alone nothing is missing.
func TestWholeLedger(t *testing.T) {
	w := newWorld(t)
	text := w.make(bundle.Question{Of: bundle.OfLedger}, nil)
	words := w.holds(text)
	for _, want := range []string{"intact     ok  ledger.example.com/2026", "complete   ok  by the tree itself"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is missing in\n%s", want, words)
		}
	}
	for _, secret := range []string{phone(1).Value, w.anna.String(), w.bert.String()} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("%s is in it", secret)
		}
	}
}

// TestStream: one call, whole, with its values opened; whoever has r checks them.
func TestStream(t *testing.T) {
	w := newWorld(t)
	q := bundle.Question{Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[0]}
	closed := w.make(q, nil)
	w.holds(closed)
	if bytes.Contains(closed, []byte(phone(1).Value)) {
		t.Error("a number is in a bundle that opens nothing")
	}
	before, err := w.Log.Next(t.Context())
	w.ok(err)
	open := w.make(q, &reading)
	if words := w.holds(open); !strings.Contains(words, "1 personal values opened") {
		t.Errorf("%s", words)
	}
	if !bytes.Contains(open, []byte(phone(1).Value)) {
		t.Error("the number is not in the bundle that opens it")
	}
	if after, err := w.Log.Next(t.Context()); err != nil || after != before+1 {
		t.Errorf("the reading was not recorded: %d events after %d (%v)", after, before, err)
	}
}

// TestSomebodyElsesStream: of another account it isn't there.
func TestSomebodyElsesStream(t *testing.T) {
	w := newWorld(t)
	_, err := w.tryMake(bundle.Question{Of: bundle.OfStream, Tenant: w.Tenant("Other Shop"), Stream: w.streams[0]}, nil)
	if err == nil || !strings.Contains(err.Error(), "the account has no such stream") {
		t.Errorf("got %v", err)
	}
}

// TestPeriods: of all events of the ledger by recorded time, each period shows exactly its own.
func TestPeriods(t *testing.T) {
	w := newWorld(t)
	records, err := w.Log.Read(t.Context(), 0, 100)
	w.ok(err)
	const second = 1_000_000
	first, last := records[0].LogTime/second*second, records[len(records)-1].LogTime/second*second+second
	for from := first - second; from <= last; from += 1800 * second {
		for to := from + second; to <= last+second; to += 1800 * second {
			text := w.make(bundle.Question{Of: bundle.OfLedger, Axis: bundle.Recorded, From: from, To: to}, nil)
			w.holds(text)
			want := 0
			for _, r := range records {
				if from <= r.LogTime/second*second && r.LogTime < to {
					want++
				}
			}
			if got := bytes.Count(w.files(text)[bundle.EventsFile], []byte("\n")); got != want {
				t.Errorf("from %s to %s: %d events instead of %d", from, to, got, want)
			}
		}
	}
}

// TestClockSetBack: given a ledger whose newest events were kept by a clock that ran ahead, when it is right again,
// then bundles are made of them, at the log's time, and hold.
func TestClockSetBack(t *testing.T) {
	w := newWorld(t)
	w.Pass(-30 * 24 * time.Hour)
	for _, q := range []bundle.Question{{Of: bundle.OfLedger}, {Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[0]}, {Of: bundle.OfSubject, Tenant: w.shop, Subject: w.anna}} {
		text, m, err := w.maker.Make(t.Context(), q, nil)
		w.ok(err)
		w.holds(text)
		if now := domain.TimeOf(w.Clock()); m.Made < now+domain.Time(29*24*time.Hour/time.Microsecond) {
			t.Errorf("%s: made at %s", q.Of, m.Made)
		}
	}
}
