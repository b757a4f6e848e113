package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

// consent is a command on one person's consent to marketing.
func consent(name, key string, input any) ledger.Command {
	subject := domain.ID{0: 0x5b, 15: 1}
	return ledger.Command{
		Name: name, Key: key, Principal: "tok-1", Input: input,
		Stream: domain.Stream{Noun: "consent", ID: domain.ID{0: 0xc5, 15: 1}},
		Envelope: domain.Envelope{Tenant: shop, Source: "api", Actor: domain.Actor{Kind: domain.Person, Role: "DPO"},
			Subjects: []domain.SubjectRef{{ID: subject, Capacity: domain.Processor}}},
	}
}

type decision = func(domain.Consent, domain.Time) ([]domain.Event, *domain.Refusal)

func (h *house) do(c ledger.Command, decide decision) (ledger.Receipt, error) {
	return ledger.Do(h.t.Context(), h.Ledger, c, domain.Consent.Apply, decide)
}

func (h *house) done(c ledger.Command, decide decision) ledger.Receipt {
	h.t.Helper()
	r, err := h.do(c, decide)
	h.ok(err)
	return r
}

var granted = domain.ConsentGranted{Purpose: "MARKETING", Text: "2026-10", Channel: "WEB_FORM", Act: domain.BoxTicked, Giver: "SELF"}

func grant(c domain.Consent, _ domain.Time) ([]domain.Event, *domain.Refusal) {
	return c.Grant(granted)
}

// withdraw is a decision that depends on what was kept.
func withdraw(c domain.Consent, _ domain.Time) ([]domain.Event, *domain.Refusal) {
	if c.Status != domain.ConsentActive {
		return nil, domain.Refuse("test.active", "", "there is none to withdraw")
	}
	return c.Withdraw("MARKETING", "WEB_FORM")
}

// TestDo: a decision sees what was kept, and its events stand where the receipt says.
func TestDo(t *testing.T) {
	h := newHouse(t)
	if _, err := h.do(consent("withdraw", "", "web"), withdraw); err == nil {
		t.Fatal("withdrew what was never given")
	}
	if len(h.events()) != 0 {
		t.Fatal("a refusal was kept")
	}
	first := h.done(consent("grant", "", "web"), grant)
	second := h.done(consent("withdraw", "", "web"), withdraw)
	if first.Revision != 0 || second.Revision != 1 || second.Position != 1 || second.Repeated || second.Recorded != domain.TimeOf(noon) {
		t.Errorf("%+v, %+v", first, second)
	}
	k := h.events()[1]
	if k.ID != second.ID || k.Stream != second.Stream || k.Kind != "consent.withdrawn" || k.Occurred != domain.At(domain.TimeOf(noon)) {
		t.Errorf("%+v", k)
	}
}

// TestDoFolds: state is the latest fact by occurrence, not by arrival.
func TestDoFolds(t *testing.T) {
	h := newHouse(t)
	before := func(c ledger.Command, d time.Duration) ledger.Command {
		c.Envelope.Occurred = domain.At(domain.TimeOf(noon.Add(-d)))
		return c
	}
	h.done(before(consent("grant", "", "web"), time.Hour), grant)
	h.done(before(consent("grant", "", "web"), 3*time.Hour), func(domain.Consent, domain.Time) ([]domain.Event, *domain.Refusal) {
		return []domain.Event{domain.ConsentRefused{Purpose: "MARKETING", Text: "2026-09", Channel: "WEB_FORM"}}, nil
	})
	h.done(consent("withdraw", "", "web"), func(c domain.Consent, now domain.Time) ([]domain.Event, *domain.Refusal) {
		if c.Status != domain.ConsentActive || now != domain.TimeOf(noon) {
			t.Errorf("decided on %s at %s", c.Status, now)
		}
		return withdraw(c, now)
	})
}

// TestDoSeveral: several events of one decision stand together, in order, and the receipt is the last's.
func TestDoSeveral(t *testing.T) {
	h := newHouse(t)
	two := func(domain.Consent, domain.Time) ([]domain.Event, *domain.Refusal) {
		return []domain.Event{granted, domain.ConsentReceiptIssued{Purpose: "MARKETING", Digest: fmt.Sprintf("%064x", 1)}}, nil
	}
	first := h.done(consent("grant", "k", "web"), two)
	all := h.events()
	if len(all) != 2 || all[0].Kind != "consent.granted" || all[1].ID != first.ID || all[0].ID == all[1].ID || first.Revision != 1 {
		t.Errorf("%+v, %d events", first, len(all))
	}
	again := h.done(consent("grant", "k", "web"), two)
	if first.Repeated = true; again != first {
		t.Errorf("again: %+v; the first was %+v", again, first)
	}
	if len(h.events()) != 2 {
		t.Error("the repetition was kept")
	}
}

// TestDoContended: others were quicker: decided anew on what is true now, three times at most.
func TestDoContended(t *testing.T) {
	for _, c := range []struct{ quicker, decided int }{{0, 1}, {1, 2}, {2, 3}, {3, 3}, {9, 3}} {
		t.Run(fmt.Sprint(c.quicker), func(t *testing.T) {
			h := newHouse(t)
			decided, seen := 0, 0
			r, err := ledger.Do(t.Context(), h.Ledger, consent("grant", "k", "web"),
				func(n int, _ domain.Kept) int { return n + 1 },
				func(n int, _ domain.Time) ([]domain.Event, *domain.Refusal) {
					if seen = n; decided < c.quicker {
						h.done(consent("grant", "", "web"), grant)
					}
					decided++
					return []domain.Event{granted}, nil
				})
			if decided != c.decided || seen != c.decided-1 {
				t.Errorf("decided %d times, last on %d events", decided, seen)
			}
			if c.quicker < 3 {
				if err != nil || r.Revision != int64(c.quicker) {
					t.Errorf("%+v, %v", r, err)
				}
				return
			}
			checkRefusal(t, err, domain.Unavailable, "", "three times")
			if len(h.events()) != 3 {
				t.Error("what was refused was kept")
			}
		})
	}
}

// TestDoRepeated: a repeated key answers with the first receipt, although the decision would refuse
// now, and isn't even asked.
func TestDoRepeated(t *testing.T) {
	h := newHouse(t)
	h.done(consent("grant", "", "web"), grant)
	first := h.done(consent("withdraw", "k", "web"), withdraw)
	for range 2 {
		again, err := h.do(consent("withdraw", "k", "web"), func(domain.Consent, domain.Time) ([]domain.Event, *domain.Refusal) {
			t.Error("decided again")
			return nil, nil
		})
		first.Repeated = true
		if err != nil || again != first {
			t.Errorf("%+v, %v; the first was %+v", again, err, first)
		}
		h.restart()
	}
	_, err := h.do(consent("withdraw", "k", "sms"), withdraw)
	checkRefusal(t, err, domain.Conflict, "idempotencyKey", "another input")

	// A key belongs to a principal and a command.
	mine, grantAgain := consent("withdraw", "k", "web"), consent("grant", "k", "web")
	mine.Principal = "tok-2"
	if _, err := h.do(mine, withdraw); err == nil {
		t.Error("another principal got the receipt of the first")
	}
	if r := h.done(grantAgain, grant); r.Repeated || r.Revision != 2 {
		t.Errorf("another command: %+v", r)
	}
}

// TestDoRepeatedMeanwhile: the same key came in twice at once, and the other was quicker.
func TestDoRepeatedMeanwhile(t *testing.T) {
	one := func(domain.Consent, domain.Time) ([]domain.Event, *domain.Refusal) {
		return []domain.Event{granted}, nil
	}
	two := func(domain.Consent, domain.Time) ([]domain.Event, *domain.Refusal) {
		return []domain.Event{granted, granted}, nil
	}
	for _, c := range []struct {
		name           string
		input          string
		quicker, later decision
		conflict       bool
	}{
		{"same input", "web", one, one, false},
		{"same input, decides more by now", "web", one, two, false},
		{"same input, decides less by now", "web", two, one, false},
		{"other input", "sms", one, one, true},
		{"other input, more events", "sms", two, one, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			var first ledger.Receipt
			meanwhile := func(s domain.Consent, now domain.Time) ([]domain.Event, *domain.Refusal) {
				if first.ID.IsZero() {
					first = h.done(consent("grant", "k", "web"), c.quicker)
				}
				return c.later(s, now)
			}
			r, err := h.do(consent("grant", "k", c.input), meanwhile)
			if c.conflict {
				checkRefusal(t, err, domain.Conflict, "idempotencyKey", "another input")
				return
			}
			if first.Repeated = true; err != nil || r != first {
				t.Errorf("%+v, %v; the first was %+v", r, err, first)
			}
		})
	}
}

// TestDoRepeatedBeforeReading: nor does it matter that the other came just before the stream was
// read: what it did is no reason to refuse it.
func TestDoRepeatedBeforeReading(t *testing.T) {
	h := newHouse(t)
	h.done(consent("grant", "", "web"), grant)
	var first ledger.Receipt
	h.lossy.beforeRead = func() { first = h.done(consent("withdraw", "k", "web"), withdraw) }
	r, err := h.do(consent("withdraw", "k", "web"), withdraw)
	if first.Repeated = true; err != nil || r != first {
		t.Errorf("%+v, %v; the first was %+v", r, err, first)
	}
}

// TestDoUnknownOutcome is the pair: looked up by id before anybody is told.
func TestDoUnknownOutcome(t *testing.T) {
	for _, key := range []string{"", "k"} {
		t.Run("failed, not kept, key "+key, func(t *testing.T) {
			h := newHouse(t)
			h.lossy.next = []answer{failedNotKept}
			_, err := h.do(consent("grant", key, "web"), grant)
			checkRefusal(t, err, domain.Unavailable, "", "nothing was changed")
			if len(h.events()) != 0 {
				t.Fatal("kept")
			}
			if r := h.done(consent("grant", key, "web"), grant); r.Repeated || r.Revision != 0 {
				t.Errorf("again: %+v", r)
			}
		})
		t.Run("failed, but kept, key "+key, func(t *testing.T) {
			h := newHouse(t)
			h.lossy.next = []answer{failedButKept}
			r := h.done(consent("grant", key, "web"), grant)
			if len(h.events()) != 1 || r.ID != h.events()[0].ID || r.Repeated || r.Revision != 0 || r.Recorded != domain.TimeOf(noon) {
				t.Errorf("%+v", r)
			}
		})
	}
	t.Run("the look-up fails too", func(t *testing.T) {
		h := newHouse(t)
		h.lossy.next = []answer{func(_ context.Context, log ledger.Log, batches []ledger.Batch) []ledger.Result {
			log.Close()
			return all(batches, ledger.ErrUnknown)
		}}
		if _, err := h.do(consent("grant", "", "web"), grant); !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("%v", err)
		}
	})
}

// TestDoRefused: what no decision may keep.
func TestDoRefused(t *testing.T) {
	deciding := func(e ...domain.Event) decision {
		return func(domain.Consent, domain.Time) ([]domain.Event, *domain.Refusal) { return e, nil }
	}
	evidence := granted
	evidence.Evidence = domain.Clear("said yes to Agent Example")
	noText := granted
	noText.Text = ""
	nobody, unknown := consent("grant", "", "web"), consent("grant", "", "web")
	nobody.Envelope.Subjects, unknown.Envelope.Tenant = nil, domain.NewID()
	for _, c := range []struct {
		name        string
		command     ledger.Command
		decide      decision
		code        domain.Code
		field, says string
	}{
		{"unknown tenant", unknown, grant, domain.NotFound, "tenant", "onboard"},
		{"personal without subject", nobody, deciding(evidence), domain.Invalid, "subjects", "data.evidence is personal"},
		{"an event that may not be", consent("grant", "", "web"), deciding(noText), domain.Invalid, "text", "empty"},
		{"one of several", consent("grant", "", "web"), deciding(granted, noText), domain.Invalid, "text", "empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			_, err := h.do(c.command, c.decide)
			checkRefusal(t, err, c.code, c.field, c.says)
			if len(h.events()) != 0 {
				t.Error("kept")
			}
		})
	}
	h := newHouse(t)
	no := domain.Refuse("some.rule", "Art. 7 GDPR", "no")
	_, err := h.do(consent("grant", "", "web"), func(domain.Consent, domain.Time) ([]domain.Event, *domain.Refusal) { return nil, no })
	if !errors.Is(err, error(no)) {
		t.Errorf("the refusal became %v", err)
	}
	if _, err := h.do(consent("grant", "", "web"), deciding()); err == nil {
		t.Error("nothing decided, nothing refused, and no error")
	}
}

// TestDoSeals: a decision's personal values are sealed for the subject named.
func TestDoSeals(t *testing.T) {
	h := newHouse(t)
	c := consent("grant", "", "web")
	e := granted
	e.Evidence = domain.Clear("said yes to Agent Example")
	r := h.done(c, func(s domain.Consent, _ domain.Time) ([]domain.Event, *domain.Refusal) { return s.Grant(e) })
	if v := h.reveal(r.Position, "/evidence"); v.State != ledger.StateClear || v.Text != "said yes to Agent Example" || v.Subject != c.Envelope.Subjects[0].ID {
		t.Errorf("%+v", v)
	}
}
