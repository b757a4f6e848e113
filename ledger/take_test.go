package ledger_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
)

// TestRepeated: the same record again makes nothing and says where it stands.
func TestRepeated(t *testing.T) {
	h := newHouse(t)
	first := h.kept(call("CA1", phone(1)))
	before := h.made()
	for _, list := range [][]*ledger.Submission{
		{call("CA1", phone(1))},
		{call("CA1", phone(1)), call("CA1", phone(1))},
	} {
		for _, o := range h.take(list...) {
			if o.Err != nil || !o.Duplicate || !o.Receipt.Repeated || o.Receipt.ID != first.ID || o.Receipt.Position != first.Position {
				t.Errorf("%+v", o)
			}
		}
		if after := h.made(); after != before {
			t.Errorf("made something: %s, before %s", after, before)
		}
	}
}

// TestTwiceInOneList: the second of two is the duplicate, or the conflict.
func TestTwiceInOneList(t *testing.T) {
	h := newHouse(t)
	changed := call("CA1", phone(1))
	changed.Event = recorded(phone(1), 108)
	out := h.take(call("CA1", phone(1)), call("CA1", phone(1)), changed)
	if out[0].Err != nil || out[0].Duplicate || out[1].Err != nil || !out[1].Duplicate {
		t.Errorf("%+v", out)
	}
	checkRefusal(t, out[2].Err, domain.Conflict, "id", "data.seconds")
	if n := len(h.events()); n != 2 { // the number and the call
		t.Errorf("%d events", n)
	}
}

// TestOtherContent: the same id with other content is a conflict that names the fields, never values.
func TestOtherContent(t *testing.T) {
	h := newHouse(t)
	h.kept(call("CA1", phone(1)))
	before := h.made()
	for _, c := range []struct {
		name   string
		change func(*ledger.Submission)
		says   string
	}{
		{"number and seconds", func(s *ledger.Submission) { s.Event = recorded(phone(2), 108) }, "differs in data.number, data.seconds."},
		{"one more personal value", func(s *ledger.Submission) {
			e := recorded(phone(1), 107)
			e.Name = domain.Clear("Åsa Example")
			s.Event = e
		}, "differs in data.name."},
		{"one less", func(s *ledger.Submission) {
			e := recorded(phone(1), 107)
			e.Number = domain.Personal{}
			s.Event = e
		}, "differs in data.number."},
		{"a plain field more", func(s *ledger.Submission) {
			e := recorded(phone(1), 107)
			e.Country = "US"
			s.Event = e
		}, "differs in data.country."},
		{"time", func(s *ledger.Submission) { s.Occurred.At++ }, "differs in occurred."},
		{"zone", func(s *ledger.Submission) { s.Occurred.Zone = "+02:00" }, "differs in occurred."},
		{"purpose and basis", func(s *ledger.Submission) { s.Purpose, s.Basis = "MARKETING", "CONSENT" }, "differs in basis, purpose."},
		{"auth", func(s *ledger.Submission) { s.Auth = []domain.Auth{"PASSWORD", "PIN"} }, "differs in auth."},
		{"role", func(s *ledger.Submission) { s.Actor.Role = "DPO" }, "differs in actor."},
		{"one more person", func(s *ledger.Submission) { s.Subjects = append(s.Subjects, person(phone(3))) }, "differs in subjects."},
		{"another person", func(s *ledger.Submission) { s.Subjects[0] = person(phone(3)) }, "who is named as actor or subject"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := call("CA1", phone(1))
			c.change(s)
			checkRefusal(t, h.take(s)[0].Err, domain.Conflict, "id", c.says)
			s.Observed = true
			if o := h.take(s)[0]; o.Err != nil || !o.Duplicate {
				t.Errorf("Observed: %+v", o)
			}
		})
	}
	if after := h.made(); after != before {
		t.Errorf("made something: %s, before %s", after, before)
	}
}

// TestBlanked: after an erasure blanked the claim, whatever comes under the id is a duplicate, and
// nobody is made of it.
func TestBlanked(t *testing.T) {
	h := newHouse(t)
	r := h.kept(call("CA1", phone(1)))
	h.ok(h.store.Blank(t.Context(), []ledger.Key{{Stream: r.Stream, ID: r.ID}}))
	before := h.made()
	other := call("CA1", phone(2))
	other.Event = recorded(phone(2), 108)
	other.Actor = ledger.ActorClaim{Actor: domain.Actor{Kind: domain.Person}, System: "ctm", Login: "agent"}
	for i, o := range h.take(call("CA1", phone(1)), other) {
		if o.Err != nil || !o.Duplicate {
			t.Errorf("%d: %+v", i, o)
		}
	}
	if _, ok := h.find(phone(2)); ok {
		t.Error("a number that was only in the repeated record leads to somebody")
	}
	if after := h.made(); after != before {
		t.Errorf("made something: %s, before %s", after, before)
	}
}

// TestTakeRefused: a refusal names the field, makes nothing, and hurts no other submission.
func TestTakeRefused(t *testing.T) {
	h := newHouse(t)
	h.kept(call("CA0", phone(0)))
	before := h.made()
	for _, c := range []struct {
		name        string
		change      func(*ledger.Submission)
		code        domain.Code
		field, says string
	}{
		{"before 1970", func(s *ledger.Submission) {
			s.Occurred = domain.Moment{At: domain.Date("1969-12-31").Start(), Precision: domain.Day}
		}, domain.Invalid, "occurred", "1970"},
		{"future", func(s *ledger.Submission) { s.Occurred.At = domain.TimeOf(noon.Add(5*time.Minute + time.Second)) }, domain.Invalid, "occurred", "future"},
		{"no time", func(s *ledger.Submission) { s.Occurred = domain.Moment{} }, domain.Invalid, "occurred", "missing"},
		{"unknown tenant", func(s *ledger.Submission) { s.Tenant = domain.NewID() }, domain.NotFound, "tenant", "onboard"},
		{"personal without subject", func(s *ledger.Submission) { s.Subjects = nil }, domain.Invalid, "subjects", "data.number is personal"},
		{"personal without second subject", func(s *ledger.Submission) {
			e := recorded(phone(1), 107)
			e.Counterpart = domain.Clear(phone(2).Value)
			s.Event = e
		}, domain.Invalid, "subjects", "at index 1"},
		{"no id", func(s *ledger.Submission) { s.SourceID = "" }, domain.Invalid, "id", "sourceId"},
		{"no stream", func(s *ledger.Submission) { s.Stream = ledger.StreamRef{} }, domain.Invalid, "of", "missing"},
		{"another noun's stream", func(s *ledger.Submission) { s.Stream.Name = domain.Stream{Noun: "user", ID: shop} }, domain.Invalid, "stream", "interaction streams"},
		{"source", func(s *ledger.Submission) { s.Source = "Call Tracker" }, domain.Invalid, "source", "expected"},
		{"purpose", func(s *ledger.Submission) { s.Purpose = "because" }, domain.Invalid, "purpose", "expected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := call("CA1", phone(1))
			c.change(s)
			checkRefusal(t, h.take(s)[0].Err, c.code, c.field, c.says)
			if _, ok := h.find(phone(1)); ok {
				t.Error("the number of what was refused leads to somebody")
			}
			if after := h.made(); after != before {
				t.Errorf("made something: %s, before %s", after, before)
			}
		})
	}
	limit := call("CA1", phone(1))
	limit.Occurred.At = domain.TimeOf(noon.Add(5 * time.Minute)) // clocks differ a little
	h.kept(limit)
}

// TestRefusedBeforeAnother: the person of a refused submission is not left half made for the next in
// the list, who has the same number.
func TestRefusedBeforeAnother(t *testing.T) {
	h := newHouse(t)
	bad := call("CA1", phone(1))
	e := recorded(phone(1), 107)
	e.Counterpart = domain.Clear(phone(2).Value) // whose it is, nobody says
	bad.Event = e
	out := h.take(bad, call("CA2", phone(1)))
	if out[0].Err == nil || out[1].Err != nil {
		t.Fatalf("%+v", out)
	}
	second := h.events()[out[1].Receipt.Position].Subjects[0].ID
	if who, ok := h.find(phone(1)); !ok || who != second {
		t.Errorf("the number leads to %s, %t; its caller was %s", who, ok, second)
	}
	h.restart()
	if who, ok := h.find(phone(1)); !ok || who != second {
		t.Errorf("after a restart the number leads to %s, %t; its caller was %s", who, ok, second)
	}
}

// TestRefusedAfterAgent: nor is the agent of a submission that says of whom it is too late.
func TestRefusedAfterAgent(t *testing.T) {
	h := newHouse(t)
	s := call("CA1", phone(1))
	s.Event, s.Stream, s.Subjects = domain.ConsentWithdrawn{Purpose: "MARKETING", Channel: "WEB_FORM"}, ledger.StreamRef{}, nil
	s.Actor = ledger.ActorClaim{Actor: domain.Actor{Kind: domain.Person}, System: "ctm", Login: "agent"}
	checkRefusal(t, h.take(s)[0].Err, domain.Invalid, "subjects", "whom")
	if _, ok := h.find(ledger.Identifier{Type: domain.Login, Value: "ctm/agent"}); ok {
		t.Error("the login leads to somebody of whom nothing was kept")
	}
}

// TestUnknownOutcome is the pair: what the log couldn't tell is looked up by id before anybody is
// told, and afterwards the person is whole: the number leads to the caller, over a restart too.
func TestUnknownOutcome(t *testing.T) {
	t.Run("failed, not kept", func(t *testing.T) {
		h := newHouse(t)
		h.lossy.next = []answer{failedNotKept}
		if o := h.take(call("CA1", phone(1)))[0]; !errors.Is(o.Err, ledger.ErrUnknown) {
			t.Fatalf("%+v", o)
		}
		if len(h.events()) != 0 {
			t.Fatal("kept")
		}
		checkWhole(t, h, h.kept(call("CA1", phone(1))))
	})
	t.Run("failed, but kept", func(t *testing.T) {
		h := newHouse(t)
		h.lossy.next = []answer{failedButKept}
		r := h.kept(call("CA1", phone(1)))
		if r.Position != 1 || r.Revision != 0 || r.Stream.IsZero() || r.Recorded != domain.TimeOf(noon) {
			t.Errorf("%+v", r)
		}
		if o := h.take(call("CA1", phone(1)))[0]; o.Err != nil || !o.Duplicate {
			t.Errorf("again: %+v", o)
		}
		checkWhole(t, h, r)
	})
	t.Run("kept, but not by us", func(t *testing.T) {
		h := newHouse(t)
		h.lossy.next = []answer{func(ctx context.Context, log ledger.Log, batches []ledger.Batch) []ledger.Result {
			other := call("CA1", phone(1))
			other.Event = recorded(phone(1), 108)
			h.kept(other)
			return all(batches, ledger.ErrUnknown)
		}}
		checkRefusal(t, h.take(call("CA1", phone(1)))[0].Err, domain.Conflict, "id", "data.seconds")
	})
}

// checkWhole fails unless the number of the call leads to its caller, now and after a restart.
func checkWhole(t *testing.T, h *house, r ledger.Receipt) {
	t.Helper()
	for range 2 {
		caller := h.events()[r.Position].Subjects[0].ID
		if who, ok := h.find(phone(1)); !ok || who != caller {
			t.Errorf("the number leads to %s, %t; its caller was %s", who, ok, caller)
		}
		h.restart()
	}
	attached := 0
	for _, k := range h.events() {
		if _, ok := k.Event.(domain.IdentifierAttached); ok {
			attached++
		}
	}
	if attached != 1 {
		t.Errorf("the number was attached %d times", attached)
	}
}

// TestNotKept: an append that certainly kept nothing leaves nobody behind.
func TestNotKept(t *testing.T) {
	h := newHouse(t)
	h.lossy.next = []answer{func(_ context.Context, _ ledger.Log, batches []ledger.Batch) []ledger.Result {
		return all(batches, ledger.ErrFull)
	}}
	if o := h.take(call("CA1", phone(1)))[0]; !errors.Is(o.Err, ledger.ErrFull) {
		t.Fatalf("%+v", o)
	}
	if _, ok := h.find(phone(1)); ok {
		t.Error("the number leads to somebody of whom nothing was kept")
	}
	checkWhole(t, h, h.kept(call("CA1", phone(1))))
}

// TestSeveralSubjects: every value is its own person's, with the capacity in which we act for it.
func TestSeveralSubjects(t *testing.T) {
	h := newHouse(t)
	s := call("CA1", phone(1))
	e := recorded(phone(1), 107)
	e.Name, e.Counterpart = domain.Clear("Åsa Example"), domain.Clear(phone(2).Value)
	s.Event = e
	s.Subjects = append(s.Subjects, ledger.SubjectClaim{Identifiers: []ledger.Identifier{phone(2)}, Capacity: domain.Controller})
	r := h.kept(s)
	k := h.events()[r.Position]
	if len(k.Subjects) != 2 || k.Subjects[0].ID == k.Subjects[1].ID {
		t.Fatalf("%v", k.Subjects)
	}
	for path, want := range map[string]ledger.Value{
		"/number":      {Text: phone(1).Value, State: ledger.StateClear, Subject: k.Subjects[0].ID, Capacity: domain.Processor, Tenant: shop},
		"/name":        {Text: "Åsa Example", State: ledger.StateClear, Subject: k.Subjects[0].ID, Capacity: domain.Processor, Tenant: shop},
		"/counterpart": {Text: phone(2).Value, State: ledger.StateClear, Subject: k.Subjects[1].ID, Capacity: domain.Controller, Tenant: shop},
		"/city":        {State: ledger.StateAbsent, Tenant: shop},
	} {
		if got := h.reveal(r.Position, path); got != want {
			t.Errorf("%s: %+v", path, got)
		}
	}
	for n := 1; n <= 2; n++ {
		if who, ok := h.find(phone(n)); !ok || who != k.Subjects[n-1].ID {
			t.Errorf("number %d leads to %s, %t", n, who, ok)
		}
	}
	same := call("CA2", phone(1))
	same.Subjects = append(same.Subjects, person(phone(1))) // calls himself
	r = h.kept(same)
	k = h.events()[r.Position]
	if len(k.Subjects) != 2 || k.Subjects[0].ID != k.Subjects[1].ID {
		t.Errorf("one number in one event is %v", k.Subjects)
	}
}

// TestLogin: the agent behind a login is enrolled once, as a person whose login is sealed.
func TestLogin(t *testing.T) {
	h := newHouse(t)
	by := func(id, login string) domain.Actor {
		s := call(id, phone(1))
		s.Actor = ledger.ActorClaim{Actor: domain.Actor{Kind: domain.Person, Role: "AGENT"}, System: "ctm", Login: login, Name: "Agent Example"}
		r := h.kept(s)
		return h.events()[r.Position].Actor
	}
	a := by("CA1", "agent")
	h.restart()
	if again, b := by("CA2", "agent"), by("CA3", "colleague"); again != a || b.ID == a.ID || a.ID.IsZero() {
		t.Errorf("%v, %v, %v", a, again, b)
	}
	enrolled := 0
	for _, k := range h.events() {
		if e, ok := k.Event.(domain.UserEnrolled); ok {
			enrolled++
			if v := h.reveal(k.Seq, "/login"); v.State != ledger.StateClear || v.Subject != k.Subjects[0].ID || e.System != "ctm" {
				t.Errorf("%+v", v)
			}
		}
	}
	if enrolled != 2 {
		t.Errorf("%d enrolled", enrolled)
	}
}

// TestAttachedByItself: the event that attaches a number to whom it leads is not preceded by
// another that does.
func TestAttachedByItself(t *testing.T) {
	h := newHouse(t)
	s := call("I1", phone(1))
	s.Stream = ledger.StreamRef{}
	s.Event = domain.IdentifierAttached{Identifier: domain.NewID(), Type: domain.Phone, Value: domain.Clear(phone(1).Value), Confidence: domain.Verified}
	checkWhole(t, h, h.kept(s))
}

// interrupted is a vault in which something happens right after the first look.
type interrupted struct {
	ledger.Vault
	meanwhile func()
}

func (v *interrupted) Find(ctx context.Context, tenant domain.ID, i ledger.Identifier) (domain.ID, bool, error) {
	id, ok, err := v.Vault.Find(ctx, tenant, i)
	if do := v.meanwhile; do != nil {
		v.meanwhile = nil
		do()
	}
	return id, ok, err
}

// TestQuicker: a number that another caller introduces between two looks at it is still one person.
func TestQuicker(t *testing.T) {
	h := newHouse(t)
	h.Vault = &interrupted{h.vault, func() { h.kept(call("CA1", phone(1))) }}
	r := h.kept(call("CA2", phone(1)))
	checkWhole(t, h, r)
}

// TestTooLargeLeavesNobody: an event that is too large is refused before its people are made, so that
// another event about them makes them itself.
func TestTooLargeLeavesNobody(t *testing.T) {
	h := newHouse(t)
	large := call("large", phone(1))
	e := recorded(phone(1), 1)
	long := domain.Clear(strings.Repeat("é", 2048))
	e.Name, e.Email, e.City, e.IP = long, long, long, long
	e.Number = long
	large.Event = e
	out := h.take(large, call("small", phone(1)))
	checkRefusal(t, out[0].Err, domain.TooMuch, "", "64 KiB")
	if out[1].Err != nil {
		t.Fatal(out[1].Err)
	}
	h.restart()
	if _, ok := h.find(phone(1)); !ok {
		t.Error("the caller of the kept event is not found after a restart")
	}
}

// TestNobodysConsent: consent of somebody who can't be found again is refused: each repetition would
// make one more.
func TestNobodysConsent(t *testing.T) {
	h := newHouse(t)
	s := call("c", phone(1))
	s.Event = domain.ConsentGranted{Purpose: "MARKETING", Text: "v1", Channel: "WEB_FORM", Act: domain.BoxTicked, Giver: "SELF"}
	s.Stream, s.Subjects = ledger.StreamRef{}, []ledger.SubjectClaim{{Capacity: domain.Processor}}
	checkRefusal(t, h.take(s)[0].Err, domain.Invalid, "subjects", "say whom")
}

// TestAttachedToKnown: a number attached to a known person leads there at once.
func TestAttachedToKnown(t *testing.T) {
	h := newHouse(t)
	h.kept(call("first", phone(1)))
	who, _ := h.find(phone(1))
	s := call("attach", phone(1))
	s.Event = domain.IdentifierAttached{Identifier: domain.NewID(), Type: domain.Phone, Value: domain.Clear(phone(2).Value), Confidence: domain.Verified}
	s.Stream, s.Subjects = ledger.StreamRef{}, []ledger.SubjectClaim{{ID: who, Capacity: domain.Processor}}
	h.kept(s)
	if got, ok := h.find(phone(2)); !ok || got != who {
		t.Errorf("leads to %s, %v; want %s", got, ok, who)
	}
}

// TestRepeatedInAnotherVersion: a record that was kept before its kind got another version makes another
// claim now. That is no conflict: whoever imports an old file again gets duplicates.
func TestRepeatedInAnotherVersion(t *testing.T) {
	h := newHouse(t)
	h.take(call("CA1", phone(1)))
	i := slices.IndexFunc(domain.Catalogue, func(k domain.Type) bool { return k.Kind == "interaction.recorded" })
	domain.Catalogue[i].Version++
	t.Cleanup(func() { domain.Catalogue[i].Version-- })
	again := call("CA1", phone(1))
	again.Event = recorded(phone(1), 108)
	out := h.Take(t.Context(), ledger.Own(), []*ledger.Submission{again})[0]
	if out.Err != nil || !out.Duplicate || !out.Receipt.Repeated {
		t.Errorf("%+v", out)
	}
}
