package erasure_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/erasure"
	"muniment/ledger/ledgertest"
	"muniment/ledger/sqldb/dbtest"
)

// TestErase: nothing of the person opens, leads to them or can be guessed any more; everybody else is
// as before; the record sent again is a duplicate; a new call from the number is somebody new.
func TestErase(t *testing.T) {
	h := newHouse(t)
	first, second := h.kept(call("CA1", phone(1))), h.kept(call("CA2", phone(1)))
	other := h.kept(call("CA3", phone(2)))
	person, _ := h.find(phone(1))
	consent := h.kept(&ledger.Submission{Source: "portal", SourceID: "g1", Tenant: shop, Occurred: ledgertest.Day(21), Actor: ledger.ActorClaim{Actor: domain.Actor{Kind: domain.System}},
		Subjects: []ledger.SubjectClaim{{ID: person, Capacity: domain.Processor}},
		Event:    domain.ConsentGranted{Purpose: "MARKETING", Text: "v1", Channel: "WEB_FORM", Act: domain.BoxTicked, Giver: "SELF", Evidence: domain.Clear("form answer 77")}})
	h.erase(person, domain.ErasureRequested{})

	check := func(when string) {
		t.Helper()
		for _, r := range []ledger.Receipt{first, second} {
			if got := h.state(r.Position, "/number"); got != ledger.StateErased {
				t.Errorf("%s: %s", when, got)
			}
		}
		if got := h.state(consent.Position, "/evidence"); got != ledger.StateErased {
			t.Errorf("%s: evidence is %s", when, got)
		}
		if got := h.state(other.Position, "/number"); got != ledger.StateClear {
			t.Errorf("%s: somebody else's number is %s", when, got)
		}
		if id, ok := h.find(phone(1)); ok && id == person {
			t.Errorf("%s: the number still leads to the person", when)
		}
	}
	check("at once")
	s := h.subject(person)
	if e := s.Erasures[0]; e.Completed == 0 || len(e.Keys) != 4 || e.Counts.Lookups != 1 || e.Counts.Claims < 4 {
		t.Errorf("%+v", e)
	}
	for _, r := range []ledger.Receipt{first, second, consent} {
		placed, err := h.Log.Prior(t.Context(), []ledger.Key{{Stream: r.Stream, ID: r.ID}})
		h.ok(err)
		if placed[0].Claim != nil {
			t.Errorf("event %d: its claim can still be guessed", r.Position)
		}
	}

	next, err := h.Log.Next(t.Context())
	h.ok(err)
	if o := h.take(call("CA1", phone(1))); o.Err != nil || !o.Duplicate {
		t.Errorf("the record sent again: %+v", o)
	}
	if after, _ := h.Log.Next(t.Context()); after != next {
		t.Error("sending it again kept something")
	}
	fresh := h.kept(call("CA9", phone(1)))
	h.ok(h.Keys.CatchUp(t.Context(), h.Log))
	if id, ok := h.find(phone(1)); !ok || id == person {
		t.Error("a new call from the number is no new person")
	}
	byID := call("CA10", phone(3))
	byID.Subjects = []ledger.SubjectClaim{{ID: person, Capacity: domain.Processor}}
	if got := refusedBy(h.take(byID).Err); got != "subject.erased" {
		t.Errorf("a call of the erased person: %s", got)
	}
	if got := refusedBy(h.request(person, domain.ErasureRequested{})); got != "erasure.once" {
		t.Errorf("erased once more: %s", got)
	}
	h.reopen()
	h.ok(h.process.Run(t.Context()))
	check("after a restart")
	if got := h.state(fresh.Position, "/number"); got != ledger.StateClear {
		t.Errorf("the new person's number is %s", got)
	}
}

// TestEraseClasses: what was not asked for stays, and a hold keeps what it names.
func TestEraseClasses(t *testing.T) {
	h := newHouse(t)
	r := h.kept(call("CA1", phone(1)))
	person, _ := h.find(phone(1))
	hold := domain.HoldPlaced{Hold: domain.NewID(), Classes: []domain.Class{domain.InteractionData}, Ground: "LEGAL_OBLIGATION", Law: "§ 147 AO", Country: "DE", Authority: "Example Court", Review: "2027-01-01", Case: "HOLD-1"}
	h.ok(command(h.Ledger.Ledger, person, func(s domain.Subject) ([]domain.Event, *domain.Refusal) {
		return s.PlaceHold(hold, domain.Processor, 0)
	}))
	if got := refusedBy(h.request(person, domain.ErasureRequested{Classes: hold.Classes})); got != "erasure.hold" {
		t.Errorf("under a hold: %s", got)
	}
	h.erase(person, domain.ErasureRequested{})
	if got := h.state(r.Position, "/number"); got != ledger.StateClear {
		t.Errorf("held: %s", got)
	}
	if got := h.state(r.Position-1, "/value"); got != ledger.StateErased {
		t.Errorf("the attached number is %s", got)
	}
	if _, ok := h.find(phone(1)); ok {
		t.Error("the number still leads to the person")
	}
	h.ok(command(h.Ledger.Ledger, person, func(s domain.Subject) ([]domain.Event, *domain.Refusal) {
		return s.LiftHold(domain.HoldLifted{Hold: hold.Hold, Case: "HOLD-1"})
	}))
	h.ok(h.process.Run(t.Context()))
	if got := h.state(r.Position, "/number"); got != ledger.StateErased {
		t.Errorf("lifted: %s", got)
	}
	if got := refusedBy(command(h.Ledger.Ledger, person, func(s domain.Subject) ([]domain.Event, *domain.Refusal) {
		return s.PlaceHold(hold, domain.Processor, 0)
	})); got != "hold.late" {
		t.Errorf("held too late: %s", got)
	}
}

// TestSuppressed: the number still blocks after its person is gone, and blocks nobody else.
func TestSuppressed(t *testing.T) {
	h := newHouse(t)
	h.kept(call("CA1", phone(1)))
	h.kept(call("CA2", phone(2)))
	person, _ := h.find(phone(1))
	h.erase(person, domain.ErasureRequested{Suppress: "OBJECTION"})
	_, err := h.Keys.Rotate(t.Context())
	h.ok(err)
	h.reopen()
	for n, want := range map[int]bool{1: true, 2: false, 3: false} {
		b, blocked, err := h.Keys.Blocked(t.Context(), shop, phone(n))
		h.ok(err)
		if blocked != want || blocked && (b.Ground != "OBJECTION" || b.Pseudonym == person) {
			t.Errorf("number %d: %v %+v", n, blocked, b)
		}
	}
	if e := h.subject(person).Erasures[0]; e.Suppressed != 1 {
		t.Errorf("%+v", e)
	}
}

// TestRedacted: a redacted interaction's keys die, of both sides, and nothing else.
func TestRedacted(t *testing.T) {
	h := newHouse(t)
	both := call("CA1", phone(1))
	both.Event = domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear(phone(1).Value), Counterpart: domain.Clear(phone(2).Value), Seconds: 7}
	both.Subjects = append(both.Subjects, ledger.SubjectClaim{Identifiers: []ledger.Identifier{phone(2)}, Capacity: domain.Processor})
	r, other := h.kept(both), h.kept(call("CA2", phone(1)))
	redact := func(field domain.DataField) {
		h.Keep(ledger.Submission{Tenant: shop, Stream: ledger.StreamRef{Name: r.Stream}, Occurred: ledgertest.Day(30), Event: domain.InteractionRedacted{Trigger: domain.Automatic, Fields: []domain.DataField{field}}})
		h.ok(h.process.Run(t.Context()))
	}
	redact("AUDIO")
	if got := h.state(r.Position, "/number"); got != ledger.StateClear {
		t.Errorf("the ledger holds no audio, but the number is %s", got)
	}
	redact("NUMBER")
	redact("NAME") // once more, of what is gone already
	for _, path := range []string{"/number", "/counterpart"} {
		if got := h.state(r.Position, path); got != ledger.StateRedacted {
			t.Errorf("%s is %s", path, got)
		}
	}
	if got := h.state(other.Position, "/number"); got != ledger.StateClear {
		t.Errorf("another call's number is %s", got)
	}
	history, err := h.History(t.Context(), r.Stream)
	h.ok(err)
	if e, ok := history[len(history)-2].Event.(domain.InteractionKeysDestroyed); !ok || len(e.Keys) != 2 {
		t.Errorf("%+v", history)
	}
	again := call("CA1", phone(1))
	again.Ordinal = 1
	if got := refusedBy(h.take(again).Err); got != "subject.erased" {
		t.Errorf("the interaction told anew: %s", got)
	}
}

// TestCanary: an erased number is in no file, and neither is the key it was sealed with, nor any look
// at it, while the process runs and after.
func TestCanary(t *testing.T) {
	dbtest.NeedsFiles(t)
	h := newHouse(t)
	for n := range 20 {
		h.kept(call(fmt.Sprint("CA", n), phone(n)))
	}
	person, _ := h.find(phone(7))
	keys := h.keysOf(person)
	digest, err := h.Log.Prior(t.Context(), []ledger.Key{{ID: h.about(person)[0].ID}})
	h.ok(err)
	var where []string
	if h.holding(digest[0].Claim, &where); len(where) == 0 {
		t.Fatal("the claim digest is in no file, so looking for it proves nothing")
	}
	h.erase(person, domain.ErasureRequested{})
	check := func(when string) {
		t.Helper()
		if names := h.filesHolding(phone(7).Value[1:]); names != nil {
			t.Errorf("%s: the number is in %v", when, names)
		}
		var names []string
		if h.holding(digest[0].Claim, &names); names != nil {
			t.Errorf("%s: a claim digest is in %v", when, names)
		}
		for _, page := range keys {
			if h.holding(page, &names); names != nil {
				t.Errorf("%s: what the key lay in is in %v", when, names)
			}
		}
	}
	check("while it runs")
	h.Close()
	check("after it ended")
}

// about are the events that name a person.
func (h *house) about(person domain.ID) (list []domain.Kept) {
	h.t.Helper()
	records, err := h.Log.Read(h.t.Context(), 0, 1<<20)
	h.ok(err)
	for _, r := range records {
		k, err := ledger.Decode(r)
		h.ok(err)
		if slices.ContainsFunc(k.Subjects, func(s domain.SubjectRef) bool { return s.ID == person }) {
			list = append(list, k)
		}
	}
	return list
}

// keysOf are the sealed pages that a person's keys lie in, a part of each, as the vault's file has them.
func (h *house) keysOf(domain.ID) (parts [][]byte) {
	h.t.Helper()
	h.ok(h.Keys.CatchUp(h.t.Context(), h.Log))
	db := h.DB("vault.db")
	rows, err := db.Reader().QueryContext(h.t.Context(), `SELECT keys FROM pages`)
	h.ok(err)
	defer rows.Close()
	for rows.Next() {
		var sealed []byte
		h.ok(rows.Scan(&sealed))
		parts = append(parts, sealed[24:56])
	}
	h.ok(rows.Err())
	return parts
}

// playErase carries out what is ordered, and is stopped.
func playErase(dir string) error {
	return play(dir, func(p *erasure.Process) error { return p.Run(context.Background()) })
}

// play has a process do something, and stops for ever after so many steps as the file "stop" says.
func play(dir string, do func(*erasure.Process) error) error {
	text, err := os.ReadFile(filepath.Join(dir, "stop"))
	if err != nil {
		return err
	}
	var stop int
	var hex string
	fmt.Sscan(string(text), &stop, &hex)
	id, err := domain.ParseID(hex)
	if err != nil {
		return err
	}
	l, err := ledgertest.OpenIn(context.Background(), dir, id)
	if err != nil {
		return err
	}
	p, err := processOf(l)
	if err != nil {
		return err
	}
	p.Stepped = func(step string) {
		fmt.Println(step)
		if stop--; stop == 0 {
			select {}
		}
	}
	return do(p)
}

// TestErasureKilled: killed after any step and started again, it comes to the same end, each event
// once.
func TestErasureKilled(t *testing.T) {
	for stop := 1; ; stop++ {
		h := newHouse(t)
		r := h.kept(call("CA1", phone(1)))
		person, _ := h.find(phone(1))
		h.ok(h.request(person, domain.ErasureRequested{Suppress: "OBJECTION"}))
		h.Close()
		h.ok(os.WriteFile(filepath.Join(h.dir, "stop"), fmt.Appendf(nil, "%d %s", stop, h.ID), 0o600))
		e := crashtest.Kill(t, "erase", h.dir, stop)
		last := e.Told[len(e.Told)-1]
		h.reopen()
		if got := h.state(r.Position, "/number"); got != ledger.StateErased {
			t.Fatalf("killed after %q, before it goes on: %s", last, got)
		}
		h.ok(h.process.Run(t.Context()))
		kinds := map[string]int{}
		for _, k := range h.about(person) {
			kinds[k.Kind]++
		}
		for _, kind := range []domain.Event{domain.ErasureRequested{}, domain.IdentifiersSuppressed{}, domain.SubjectKeysDestroyed{}, domain.ErasureCompleted{}} {
			if kinds[kind.Kind()] != 1 {
				t.Errorf("killed after %q: %d of %s", last, kinds[kind.Kind()], kind.Kind())
			}
		}
		if got := h.subject(person).Erasures[0]; got.Completed == 0 || len(got.Keys) != 2 || got.Suppressed != 1 {
			t.Errorf("killed after %q: %+v", last, got)
		}
		if _, ok := h.find(phone(1)); ok {
			t.Errorf("killed after %q: the number leads to somebody", last)
		}
		if _, blocked, _ := h.Keys.Blocked(t.Context(), shop, phone(1)); !blocked {
			t.Errorf("killed after %q: the number is not suppressed", last)
		}
		if last == "done" {
			if stop < 8 {
				t.Fatalf("only %d steps", stop)
			}
			return
		}
	}
}

// TestErasedDuringImport: calls of the person come in while it is erased, the same ones again and
// again. None opens afterwards that was kept as the person's, and none has a claim to guess by.
func TestErasedDuringImport(t *testing.T) {
	const callers, calls = 4, 40
	h := newHouse(t)
	h.kept(call("CA0", phone(1)))
	person, _ := h.find(phone(1))
	begun, all := make(chan struct{}, callers), sync.WaitGroup{}
	for c := range callers {
		all.Go(func() {
			for n := range calls {
				s := call(fmt.Sprintf("CB%d", (c+n)%(calls/2)), phone(1))
				if o := h.Take(context.Background(), ledger.Own(), []*ledger.Submission{s})[0]; o.Err != nil && refusedBy(o.Err) != "subject.erased" {
					t.Error(o.Err)
				}
				if n == 5 {
					begun <- struct{}{}
				}
			}
		})
	}
	for range callers {
		<-begun
	}
	h.erase(person, domain.ErasureRequested{})
	all.Wait()
	h.ok(h.Keys.CatchUp(t.Context(), h.Log))
	if id, ok := h.find(phone(1)); ok && id == person {
		t.Error("the number leads to the erased person")
	}
	opened := 0
	for _, k := range h.about(person) {
		if domain.PersonalPaths(k.Event) == nil {
			continue
		}
		for _, path := range domain.PersonalPaths(k.Event) {
			if got := h.state(k.Seq, path); got != ledger.StateErased {
				t.Errorf("event %d %s: %s", k.Seq, path, got)
			}
			opened++
		}
		placed, err := h.Log.Prior(t.Context(), []ledger.Key{{Stream: k.Stream, ID: k.ID}})
		h.ok(err)
		if placed[0].Claim != nil {
			t.Errorf("event %d: its claim can still be guessed", k.Seq)
		}
	}
	if opened == 0 {
		t.Error("nothing was tried")
	}
}
