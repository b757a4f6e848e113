package verify

import (
	"bytes"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/seal/sealtest"
)

// strike takes the payload of an event out of the log, as the erasure process does.
func (f *found) strike(seq int64) (event domain.ID) {
	f.t.Helper()
	records, err := f.Raw.At(f.t.Context(), []int64{seq})
	if err != nil {
		f.t.Fatal(err)
	}
	k, err := domain.ParseEnvelope(records[0].Envelope)
	if err != nil {
		f.t.Fatal(err)
	}
	pay, err := seal.PayloadCommitment(records[0].Payload)
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.Log.(ledger.Striker).Strike(f.t.Context(), ledger.Removal{At: ledger.Key{Stream: records[0].Stream, ID: k.ID}, Stub: ledger.Stub(pay)}); err != nil {
		f.t.Fatal(err)
	}
	return k.ID
}

// tell keeps that a payload was removed.
func (f *found) tell(event domain.ID, seq int64) {
	f.t.Helper()
	if _, err := f.Once(f.t.Context(), ledger.Command{Name: "strike", Stream: domain.Stream{Noun: "strike", ID: event}, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "muniment", Actor: domain.Actor{Kind: domain.System}}},
		domain.StrikeCompleted{Event: event, Position: seq, Final: domain.StrikeGone}); err != nil {
		f.t.Fatal(err)
	}
}

func (f *found) seal() {
	f.t.Helper()
	err := f.sealer.Seal(f.t.Context())
	if err == nil {
		f.kept.Last, err = seal.LastCheckpoint(f.t.Context(), f.seals)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// TestStruckHolds: a log with struck payloads holds, whether what tells of them is sealed yet or not; the
// strike changed no leaf.
func TestStruckHolds(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		f := newFound(t)
		for _, seq := range []int64{300, 699} {
			f.tell(f.strike(seq), seq)
		}
		if sealed {
			f.seal()
		}
		var out bytes.Buffer
		if err := Log(t.Context(), f.kept, f.demands(), &out); err != nil || !strings.Contains(out.String(), "struck     ok  the payloads of 2 events were removed") {
			t.Errorf("sealed %t: %v\n%s", sealed, err, &out)
		}
	}
}

// TestStruckBeforeSealed: an event whose payload goes before its leaf is made has the leaf it would have had.
func TestStruckBeforeSealed(t *testing.T) {
	f := newFound(t)
	before, err := f.Raw.At(t.Context(), []int64{300})
	if err != nil {
		t.Fatal(err)
	}
	want, err := seal.Leaf(before[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	f.strike(300)
	after, err := f.Raw.At(t.Context(), []int64{300})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := seal.Leaf(after[0], nil); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s, %v", got, err)
	}
}

// TestLiesAboutStrikes: a payload that is missing without a word, and words about one that isn't missing.
func TestLiesAboutStrikes(t *testing.T) {
	for name, c := range map[string]struct {
		lie  func(f *found)
		says string
	}{
		"nothing says so":  {func(f *found) { f.strike(300) }, "the payload of event 300 is missing, and no event strike.completed names it, nor does a later disposal.completed cover"},
		"another is named": {func(f *found) { f.strike(300); f.tell(domain.NewID(), 300) }, "says that the payload of event 300 was removed, and it is there"},
		"another place":    {func(f *found) { f.tell(f.strike(300), 301) }, "says that the payload of event 301 was removed, and it was event 300's"},
		"it is there": {func(f *found) {
			r, err := f.Raw.At(f.t.Context(), []int64{300})
			if err != nil {
				f.t.Fatal(err)
			}
			k, err := ledger.Decode(r[0])
			if err != nil {
				f.t.Fatal(err)
			}
			f.tell(k.ID, 300)
		}, "was removed, and it is there"},
		"one of two": {func(f *found) { f.strike(10); f.tell(f.strike(300), 300) }, "the payload of event 10 is missing"},
		"another commitment": {func(f *found) {
			f.tell(f.strike(300), 300)
			f.rows(`UPDATE events SET payload = $1 WHERE seq = 300`, ledger.Stub([32]byte{1}))
		}, "event 300 isn't the one that was sealed"},
		"no commitment": {func(f *found) {
			f.tell(f.strike(300), 300)
			f.rows(`UPDATE events SET payload = $1 WHERE seq = 300`, []byte(`{"pay":""}`))
		}, "events: event 300"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFound(t)
			c.lie(f)
			f.seal()
			err := Log(t.Context(), f.kept, f.demands(), &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

// dispose keeps that everything of a kind was removed that occurred and was recorded before two instants.
func (f *found) dispose(kind string, occurred, recorded domain.Time, of domain.ID) {
	f.t.Helper()
	if _, err := f.Once(f.t.Context(), ledger.Command{Name: "dispose", Stream: domain.Stream{Noun: "disposal", ID: f.ID}, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: of, Source: "muniment", Actor: domain.Actor{Kind: domain.System}}},
		domain.DisposalCompleted{RecordedBefore: recorded, Cuts: []domain.Cut{{Family: domain.Accesses, Kinds: []string{kind}, OccurredBefore: occurred}}, Final: domain.StrikeGone}); err != nil {
		f.t.Fatal(err)
	}
}

// envelope is an event's.
func (f *found) envelope(seq int64) domain.Envelope {
	f.t.Helper()
	records, err := f.Raw.At(f.t.Context(), []int64{seq})
	if err != nil {
		f.t.Fatal(err)
	}
	env, err := domain.ParseEnvelope(records[0].Envelope)
	if err != nil {
		f.t.Fatal(err)
	}
	return env
}

// TestDisposedHolds: payloads that a later disposal covers may be missing, or be there: something may
// have kept them.
func TestDisposedHolds(t *testing.T) {
	f := newFound(t)
	env := f.envelope(300)
	f.strike(300)
	f.strike(301)
	f.tell(f.strike(10), 10)
	f.dispose(env.Kind, 1<<52, 1<<52, domain.Operator)
	f.seal()
	var out bytes.Buffer
	if err := Log(t.Context(), f.kept, f.demands(), &out); err != nil || !strings.Contains(out.String(), "of 3 events were removed, and a later event says so of each: 1 struck, 2 disposed of") {
		t.Errorf("%v\n%s", err, &out)
	}
}

// TestLiesAboutDisposals: a payload that is missing although no disposal covers it.
func TestLiesAboutDisposals(t *testing.T) {
	for name, c := range map[string]struct {
		lie  func(f *found, env domain.Envelope)
		says string
	}{
		"another kind":    {func(f *found, _ domain.Envelope) { f.dispose("consent.granted", 1<<52, 1<<52, domain.Operator) }, "the payload of event 300 is missing"},
		"occurred later":  {func(f *found, e domain.Envelope) { f.dispose(e.Kind, e.Occurred.At, 1<<52, domain.Operator) }, "the payload of event 300 is missing"},
		"recorded later":  {func(f *found, e domain.Envelope) { f.dispose(e.Kind, 1<<52, e.Recorded, domain.Operator) }, "the payload of event 300 is missing"},
		"somebody else's": {func(f *found, e domain.Envelope) { f.dispose(e.Kind, 1<<52, 1<<52, f.Tenant("Example Dental")) }, "is not the operator's"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFound(t)
			env := f.envelope(300)
			f.strike(300)
			c.lie(f, env)
			f.seal()
			err := Log(t.Context(), f.kept, f.demands(), &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
	t.Run("told before", func(t *testing.T) {
		f := newFound(t)
		f.dispose(f.envelope(300).Kind, 1<<52, 1<<52, domain.Operator)
		next, err := f.Log.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sealtest.Append(t, f.Log, 5)
		f.strike(next)
		f.seal()
		if err := Log(t.Context(), f.kept, f.demands(), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "is missing") {
			t.Errorf("%v", err)
		}
	})
}
