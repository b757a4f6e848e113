package domain

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func keptOf(e Event, actor ID) Kept {
	k := Kept{Event: e}
	k.Kind, k.Actor, k.Stream = e.Kind(), Actor{Kind: Person, ID: actor}, Stream{Noun: "strike", ID: ID{15: 9}}
	return k
}

// TestStrikeNeedsTwo: whoever proposes can't approve; nothing is done twice, or without being asked for.
func TestStrikeNeedsTwo(t *testing.T) {
	anna, bo := ID{15: 1}, ID{15: 2}
	of := keptOf(LedgerQueried{Purpose: "AUDIT", Case: "Jane-Example"}, anna)
	proposal := StrikeProposed{Event: ID{15: 9}, Reason: "NAME", Case: "DSR-2026-014"}
	var s Strike
	if _, no := s.Approve(bo); no == nil || no.Rule != "strike.once" {
		t.Errorf("unasked: %v", no)
	}
	events, no := s.Propose(proposal, of)
	if no != nil {
		t.Fatal(no)
	}
	s = s.Apply(keptOf(events[0], anna))
	if _, no := s.Propose(proposal, of); no == nil || no.Rule != "strike.once" {
		t.Errorf("proposed twice: %v", no)
	}
	if _, no := s.Approve(anna); no == nil || no.Rule != "strike.fourEyes" {
		t.Errorf("the same person: %v", no)
	}
	if events, no = s.Approve(bo); no != nil {
		t.Fatal(no)
	}
	s = s.Apply(keptOf(events[0], bo))
	if _, no := s.Approve(bo); no == nil || no.Rule != "strike.once" {
		t.Errorf("approved twice: %v", no)
	}
	s = s.Apply(keptOf(StrikeCompleted{Event: ID{15: 9}, Final: StrikeGone}, ID{}))
	if s.Status != StrikeDone || s.Proposer != anna || s.Approver != bo || s.Event != (ID{15: 9}) {
		t.Errorf("%+v", s)
	}
}

// TestWhatIsNotStruck: what no text was written into, and what decides what is kept.
func TestWhatIsNotStruck(t *testing.T) {
	for _, c := range []struct {
		e    Event
		rule string
	}{
		{ExportApproved{}, "strike.nothing"}, {InteractionListened{Seconds: 3}, "strike.nothing"}, {IdentifierAttached{Country: "SE"}, "strike.nothing"},
		{StrikeCompleted{}, "strike.nothing"}, {SubjectKeysDestroyed{}, "strike.nothing"},
		{HoldPlaced{}, "strike.steers"}, {HoldLifted{}, "strike.steers"}, {EpochSealed{}, "strike.steers"}, {LogKeyAdded{}, "strike.nothing"},
		{TailLost{}, "strike.steers"}, {UserEnrolled{}, "strike.steers"},
		{ErasureRequested{Classes: []Class{Contact}}, "strike.steers"}, {ErasureRequested{Suppress: "OBJECTION"}, "strike.steers"},
		{ErasureRequested{}, ""}, {DeletionRequested{}, ""}, {TenantOnboarded{}, ""}, {StrikeProposed{}, ""}, {ListPublished{}, ""}, {ChangeAnnounced{}, ""},
	} {
		_, no := Strike{}.Propose(StrikeProposed{}, keptOf(c.e, ID{}))
		if got := ruleOf(no); got != c.rule {
			t.Errorf("%s: %q, want %q", c.e.Kind(), got, c.rule)
		}
	}
}

func ruleOf(no *Refusal) string {
	if no == nil {
		return ""
	}
	return no.Rule
}

// TestBlankEvents: of every kind folds know that it happened, and no text of it.
func TestBlankEvents(t *testing.T) {
	for _, k := range Catalogue {
		e := k.Blank()
		if e.Kind() != k.Kind || reflect.TypeOf(e) != reflect.TypeOf(k.New()).Elem() {
			t.Errorf("%s: blank it is %T", k.Kind, e)
		}
		full := sample(t, k)
		clear, personal := Split(full)
		personal = slices.DeleteFunc(personal, func(p PersonalField) bool { return strings.Count(p.Path, "/") > 1 }) // lists are empty
		if blank, _ := Split(e); len(personal) != len(PersonalPaths(e)) || k.Writable() && string(blank) == string(clear) {
			t.Errorf("%s: %s with %d personal values reads %s with %d", k.Kind, clear, len(personal), blank, len(PersonalPaths(e)))
		}
	}
	tenant := Tenant{}.Apply(keptOf(mustLookup("tenant.onboarded").Blank(), ID{}))
	if !tenant.Exists() || tenant.Name != StruckText {
		t.Errorf("an account whose onboarding was struck: %+v", tenant)
	}
	gone := Subject{}.Apply(keptOf(mustLookup("subject.erasure_requested").Blank(), ID{}))
	if !gone.Erased(Contact) || !gone.Erased(Staff) {
		t.Errorf("a person whose erasure was struck: %+v", gone)
	}
	c := Consent{Purpose: "MARKETING"}.Apply(keptOf(mustLookup("consent.withdrawn").Blank(), ID{}))
	if c.Status != ConsentBack || c.Purpose != "MARKETING" {
		t.Errorf("a consent whose withdrawal was struck: %+v", c)
	}
}

func mustLookup(kind string) Type {
	t, ok := Lookup(kind)
	if !ok {
		panic(kind)
	}
	return t
}
