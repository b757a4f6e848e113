package bundle_test

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/bundle"
	"muniment/ledger/seal"
)

// prune has the first bundle struck and pruned, as the ledger's own retention does, once it is long enough.
func (w *world) prune() {
	w.t.Helper()
	for n := 20; ; n++ {
		w.call(n, 1+n%2)
		if w.calls[len(w.calls)-1].Position >= 300 {
			break
		}
		w.Pass(time.Minute)
	}
	records, err := w.Log.Read(w.t.Context(), 0, 256)
	w.ok(err)
	for _, r := range records {
		k, err := ledger.Decode(r)
		w.ok(err)
		if kind, _ := domain.Lookup(k.Kind); !kind.Passing {
			continue
		}
		pay, err := seal.PayloadCommitment(r.Payload)
		w.ok(err)
		_, err = w.Log.(ledger.Striker).Strike(w.t.Context(), ledger.Removal{At: ledger.Key{Stream: r.Stream, ID: k.ID}, Stub: ledger.Stub(pay)})
		w.ok(err)
	}
	w.process.Evidence = w.maker.Epochs
	w.ok(w.process.Prune(w.t.Context(), domain.ID{}, domain.Range{From: 0, To: 256}))
}

// TestPruned: a question whose answer takes pruned events is refused, with what can be asked instead; that
// is answered, completely, as if nothing had been pruned.
func TestPruned(t *testing.T) {
	w := newWorld(t)
	w.prune()
	for name, q := range map[string]bundle.Question{
		"the ledger": {Of: bundle.OfLedger}, "the account": {Of: bundle.OfTenant, Tenant: w.shop}, "a person": w.of(w.anna),
		"a period": {Of: bundle.OfTenant, Tenant: w.shop, Axis: bundle.Recorded, From: domain.Time(1_000_000)}, "by occurrence": {Of: bundle.OfLedger, Axis: bundle.Occurred, From: domain.Time(1_000_000)},
	} {
		_, err := w.tryMake(q, nil)
		var no *domain.Refusal
		if !errors.As(err, &no) || no.Rule != "bundle.pruned" {
			t.Errorf("%s: %v", name, err)
			continue
		}
		said := regexp.MustCompile(`^events 0 to 255 were pruned, as event \d+ says, .* begins at (\S+) or later$`).FindStringSubmatch(no.Message)
		if said == nil {
			t.Errorf("%s: %s", name, no.Message)
			continue
		}
		m, err := domain.ParseMoment(said[1])
		w.ok(err)
		q.From = m.At
		if q.Axis == "" {
			q.Axis = bundle.Recorded
		}
		text := w.make(q, nil)
		w.holds(text)
		if !testing.Short() && q.Of == bundle.OfTenant {
			if verdict, err, ok := w.second(text); ok && err != nil {
				t.Errorf("%s: the second verifier: %v\n%s", name, err, verdict)
			}
		}
		q.From -= 1_000_000 // no later than needed
		if _, err := w.tryMake(q, nil); !errors.As(err, &no) || no.Rule != "bundle.pruned" {
			t.Errorf("%s, a second earlier: %v", name, err)
		}
	}
	_, err := w.tryMake(bundle.Question{Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[0]}, nil)
	var no *domain.Refusal
	if !errors.As(err, &no) || no.Rule != "bundle.pruned" {
		t.Errorf("a stream: %v", err)
	}
	w.holds(w.make(bundle.Question{Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[len(w.streams)-1]}, nil))
}
