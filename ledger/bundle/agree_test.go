package bundle_test

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/bundle"
	"muniment/ledger/seal/verify"
)

// both asks both verifiers about a bundle, and demands of both that it holds, or that it doesn't.
func (w *world) both(t *testing.T, text []byte, d verify.Demands, holds bool, says string, more ...string) {
	t.Helper()
	var out strings.Builder
	err := verify.Bundle(text, d, &out)
	if (err == nil) != holds || !strings.Contains(out.String()+fmt.Sprint(err), says) {
		t.Errorf("ours: %v\n%s", err, &out)
	}
	if verdict, err, ok := w.secondUnder(text, d.Policy, more...); ok && (err == nil) != holds {
		t.Errorf("the second: %v\n%s", err, verdict)
	}
}

// TestOneLeafBesideAPeriod: a recorded period shows at most one event on each of its sides: more would be shown to
// somebody who didn't ask for them.
func TestOneLeafBesideAPeriod(t *testing.T) {
	w := newWorld(t)
	hour := domain.Time(3600 * 1_000_000)
	middle := w.calls[3].Recorded / 1_000_000 * 1_000_000
	wide := bundle.Question{Of: bundle.OfLedger, Axis: bundle.Recorded, From: middle - 2*hour, To: middle + 2*hour}
	good := w.make(wide, nil)
	w.both(t, good, w.demands(), true, "complete   ok")
	for name, narrow := range map[string]func(*bundle.Question){
		"before": func(q *bundle.Question) { q.From = middle },
		"after":  func(q *bundle.Question) { q.To = middle },
	} {
		t.Run(name, func(t *testing.T) {
			text := w.resigned(w.files(good), func(m *bundle.Manifest) { narrow(&m.Question) })
			w.both(t, text, w.demands(), false, "more than one event")
		})
	}
}

// TestSizeOfTheEpoch: who demands a size demands it of the epoch, too: by an older one, later events could be left out.
func TestSizeOfTheEpoch(t *testing.T) {
	w := newWorld(t)
	text, m, err := w.maker.Make(t.Context(), w.of(w.anna), nil)
	w.ok(err)
	for size, holds := range map[int64]bool{m.Size - 1: true, m.Size: false} { // the epoch's own event is the last
		d := w.demands()
		d.MinSize = size
		says := "fresh      ok"
		if !holds {
			says = "the epoch covers"
		}
		w.both(t, text, d, holds, says, "--min-size", fmt.Sprint(size))
	}
}

// TestTwoBundleKeys: while one key for bundles takes over from another, a policy pins both; the same one twice makes it
// unusable.
func TestTwoBundleKeys(t *testing.T) {
	w := newWorld(t)
	text := w.make(bundle.Question{Of: bundle.OfLedger}, nil)
	line := func(seed byte) string {
		_, vkey, err := bundle.NewSigner(w.sealer.Origin(), bytes.Repeat([]byte{seed}, 32))
		w.ok(err)
		return "#: bundle " + vkey + "\n"
	}
	for name, c := range map[string]struct {
		lines string
		holds bool
		says  string
	}{
		"this one and the next": {line(3) + line(4), true, "complete   ok"},
		"the last one and this": {line(4) + line(3), true, "complete   ok"},
		"two others":            {line(4) + line(5), false, "the policy names"},
		"this one twice":        {line(3) + line(3), false, "is there already"},
	} {
		t.Run(name, func(t *testing.T) {
			d := w.demands()
			d.Policy = append(d.Policy, c.lines...)
			w.both(t, text, d, c.holds, c.says)
		})
	}
}

// TestCutStream: nothing but the operator's word says that a stream's last event here is the last one. So neither
// verifier calls it complete, cut or not.
func TestCutStream(t *testing.T) {
	w := newWorld(t)
	w.Keep(ledger.Submission{Tenant: w.shop, Stream: ledger.StreamRef{Name: w.streams[0]}, Occurred: domain.At(domain.TimeOf(w.Clock())), Event: domain.InteractionListened{Seconds: 3}})
	whole := w.make(bundle.Question{Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[0]}, nil)
	l := &liar{world: w, files: maps.Clone(w.files(whole))}
	l.drop(bundle.LeavesFile, 1)
	l.drop(bundle.EventsFile, 1)
	l.put(nil)
	cut := w.resigned(l.files, func(m *bundle.Manifest) {
		e, err := bundle.ParseEvent(bytes.TrimSuffix(l.files[bundle.EventsFile], []byte("\n")))
		w.ok(err)
		m.Run.Last = m.Run.First
		m.Counts = bundle.Counts{Leaves: 1, Run: 1, Events: 1}
		for _, f := range append(e.Env, e.Pay...) {
			if f.Withheld != nil {
				m.Counts.Withheld++
			} else {
				m.Counts.Shown++
			}
		}
	})
	for name, text := range map[string][]byte{"whole": whole, "cut": cut} {
		words := w.holds(text)
		if !strings.Contains(words, "complete   --  not shown") || strings.Contains(words, "complete   ok") {
			t.Errorf("%s:\n%s", name, words)
		}
		if verdict, err, ok := w.second(text); ok && (err != nil || !strings.Contains(verdict, "\ncomplete -- ")) {
			t.Errorf("%s: the second: %v\n%s", name, err, verdict)
		}
	}
}

// TestPageOfWhatWasChecked: a bundle brings no page of its own, and the page is made of the events that answer and hold.
func TestPageOfWhatWasChecked(t *testing.T) {
	w := newWorld(t)
	hour := domain.Time(3600 * 1_000_000)
	middle := w.calls[3].Recorded / 1_000_000 * 1_000_000
	q := w.of(w.anna)
	q.Axis, q.From, q.To = bundle.Recorded, middle, middle+hour
	good := w.make(q, &reading)
	shown := func(text []byte) (n int, err error) {
		d, n := w.demands(), -1
		d.Page = func(m *bundle.Manifest, events []*bundle.Event) error {
			n = len(events)
			for _, e := range events {
				if len(e.Open) != 1 || !reflect.DeepEqual(m.Question, q) {
					t.Errorf("%+v", e)
				}
			}
			return nil
		}
		err = verify.Bundle(text, d, &strings.Builder{})
		return n, err
	}
	if n, err := shown(good); err != nil || n != 2 { // of her calls, those of that hour
		t.Errorf("%d events on the page (%v)", n, err)
	}
	l := &liar{world: w, files: maps.Clone(w.files(good))}
	l.replace(bundle.EventsFile, `"value":"\+1202555010.`, `"value":"+12025550177`)
	if n, err := shown(w.resigned(l.files, nil)); err == nil || n != -1 {
		t.Errorf("a page was made of a lie: %d events", n)
	}
	files := maps.Clone(w.files(good))
	files["report.html"] = []byte("<p>")
	if n, err := shown(w.resigned(files, nil)); err == nil || n != -1 {
		t.Error("a page that comes with a bundle is let pass")
	}
}
