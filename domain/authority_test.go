package domain

import (
	"reflect"
	"strings"
	"testing"
)

// nothing is an event that no fold knows.
type nothing struct{}

func (nothing) Kind() string { return "test.nothing" }

// folds are all states that decisions lean on.
var folds = map[string]func(Kept) any{
	"agreement":    func(k Kept) any { return Agreement{}.Apply(k) },
	"consent":      func(k Kept) any { return Consent{}.Apply(k) },
	"export":       func(k Kept) any { return Export{}.Apply(k) },
	"finding":      func(k Kept) any { return Finding{}.Apply(k) },
	"notice":       func(k Kept) any { return Notice{}.Apply(k) },
	"strike":       func(k Kept) any { return Strike{}.Apply(k) },
	"subject":      func(k Kept) any { return Subject{}.Apply(k) },
	"subprocessor": func(k Kept) any { return Subprocessor{}.Apply(k) },
	"tenant":       func(k Kept) any { return Tenant{}.Apply(k) },
	"vault":        func(k Kept) any { return KeyVault{}.Apply(k) },
}

// TestNothingLeansOnReports: a decision that another system reports changes no state that a decision leans
// on; that it was reported is all that shows.
func TestNothingLeansOnReports(t *testing.T) {
	tried := 0
	for _, k := range Catalogue {
		if k.Stated != StatedDecided {
			continue
		}
		tried++
		fold, ok := folds[k.Noun]
		if !ok {
			t.Errorf("%s: name the state that is folded from %s", k.Kind, k.Noun)
			continue
		}
		kept := Kept{Envelope: Envelope{Kind: k.Kind, Reported: true, Tenant: ID{1}, Stream: Stream{k.Noun, ID{2}}, Actor: Actor{ID: ID{3}, Kind: Person}, Occurred: At(7)}, Seq: 9}
		kept.Event = kept.Stated(k, sample(t, k))
		if _, unproven := kept.Event.(Unproven); !unproven {
			t.Errorf("%s: a reported decision is taken for one", k.Kind)
		}
		got := reflect.New(reflect.TypeOf(fold(kept))).Elem()
		got.Set(reflect.ValueOf(fold(kept)))
		if f := got.FieldByName("Reported"); f.IsValid() {
			if !f.Bool() {
				t.Errorf("%s: the state doesn't say that it was reported", k.Kind)
			}
			f.SetBool(false)
		} else {
			t.Errorf("%s: the state of %s can't say that something was reported", k.Kind, k.Noun)
		}
		kept.Event = nothing{}
		if want := fold(kept); !reflect.DeepEqual(got.Interface(), want) {
			t.Errorf("%s, reported, changes the state:\n%+v\n%+v", k.Kind, got.Interface(), want)
		}
	}
	if tried == 0 {
		t.Error("no kind is decided")
	}
}

// TestReportedAuthorisation: on a notice of our own, a reported yes is an unproven one, and the guard stays shut.
func TestReportedAuthorisation(t *testing.T) {
	own := Kept{Envelope: Envelope{Tenant: ID{1}, Occurred: At(1)}, Event: NoticePrepared{Type: AddSubprocessor, Effective: "2026-10-01", Model: Specific}}
	for _, e := range []Event{NoticeAuthorised{By: BySignIn}, DeemedAuthorised{Closed: 1}, Activated{}, ObjectionWithdrawn{By: BySignIn}} {
		n := Notice{}.Apply(own).Apply(Kept{Envelope: Envelope{Tenant: ID{1}, Occurred: At(2), Reported: true}, Event: Unproven{e}})
		if n.Authority.Basis.Authorises() || n.InUse() || !n.Reported {
			t.Errorf("%s: %+v", e.Kind(), n.Authority)
		}
		if _, no := n.Activate(Subprocessor{}, moment("2027-01-01T00:00:00Z")); no == nil || no.Rule != "notice.guard" {
			t.Errorf("%s, reported, opens the guard: %v", e.Kind(), no)
		}
	}
}

// TestEveryKindIsStated: a kind that doesn't say who may state it stops the catalogue, and is named.
func TestEveryKindIsStated(t *testing.T) {
	defer func() {
		said, _ := recover().(string)
		if !strings.Contains(said, "tenant.onboarded") {
			t.Errorf("it says %q", said)
		}
	}()
	forgotten, _ := Lookup("tenant.onboarded")
	forgotten.Stated = ""
	stated([]Type{forgotten})
	t.Error("a kind that anybody may state is in the catalogue")
}

// TestGrants: what can be granted is what another system may state.
func TestGrants(t *testing.T) {
	for _, k := range Catalogue {
		g, err := ParseGrant([]string{k.Kind})
		if open := k.Stated != StatedOurs && !k.Machine; open != (err == nil) || open != g.Allows(k.Kind) {
			t.Errorf("%s: %v %v", k.Kind, g, err)
		}
		for _, other := range Catalogue {
			if err == nil && other.Kind != k.Kind && g.Allows(other.Kind) {
				t.Errorf("%s allows %s", k.Kind, other.Kind)
			}
		}
	}
	if g, err := ParseGrant([]string{"sign-ins", "interactions"}); err != nil || !g.Allows("user.signed_in") || g.Allows("consent.granted") {
		t.Error(g, err)
	}
	if g, err := ParseGrant([]string{"erasures"}); err == nil {
		t.Error("nobody else states erasures:", g)
	}
}
