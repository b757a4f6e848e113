package domain

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"muniment/domain/canon"
)

// TestOpenLists: the words there are; none is ever taken out, and each new one raises a directory's mark.
func TestOpenLists(t *testing.T) {
	var lines []string
	for _, list := range []struct {
		name  string
		words []string
	}{{"role", ActorRole("").Values()}, {"auth", Auth("").Values()}, {"basis", Basis("").Values()}, {"class", Class("").Values()}} {
		for _, w := range list.words {
			lines = append(lines, list.name+" "+w)
		}
	}
	if Growth() != len(Catalogue)+len(lines) {
		t.Errorf("the mark is %d for %d kinds and %d words", Growth(), len(Catalogue), len(lines))
	}
	if sorted := slices.Compact(slices.Sorted(slices.Values(lines))); len(sorted) != len(lines) {
		t.Error("a word is listed twice")
	}
	golden(t, "words.txt", []byte(strings.Join(lines, "\n")+"\n"))
}

// TestUnknownWords: a word that this build doesn't know is read from kept bytes as it is, and encodes back
// to the same bytes; where it is entered it is refused.
func TestUnknownWords(t *testing.T) {
	e := Envelope{Actor: Actor{Kind: Person, Role: "OMBUDSMAN"}, Auth: []Auth{"RETINA"}, Basis: "MARTIAN_LAW", ID: ID{1}, Kind: "tenant.legal_basis_declared",
		Occurred: At(1), Recorded: 2, Source: "test", Stream: Stream{Noun: "tenant", ID: ID{2}}, Tenant: ID{2}, Version: 1}
	text := e.Append(nil)
	if got, err := ParseEnvelope(text); err != nil || !reflect.DeepEqual(got, e) || string(got.Append(nil)) != string(text) {
		t.Errorf("%+v, %v", got, err)
	}
	tree := func() any { v, _ := canon.Parse([]byte(`{"basis":"MARTIAN_LAW","purpose":"SERVICE"}`)); return v }
	k := mustLookup("tenant.legal_basis_declared")
	kept, err := k.Decode(1, tree(), nil)
	if err != nil || kept.(LegalBasisDeclared).Basis != "MARTIAN_LAW" {
		t.Errorf("%+v, %v", kept, err)
	}
	if _, err := k.Input(tree()); err == nil || !strings.HasPrefix(err.Error(), "basis: expected one of CONSENT, ") {
		t.Errorf("entered: %v", err)
	}
}

// TestClasses: whose the values of a class are, and what ends with an account.
func TestClasses(t *testing.T) {
	things := []Class{BreachText, ComplaintText, Investigation, CaseText, Instruction}
	stays := append([]Class{BusinessContact}, things...)
	for _, w := range Class("").Values() {
		c := Class(w)
		if c.OfThing() != slices.Contains(things, c) || c.OfThing() == slices.Contains(PersonClasses(), w) || c.Outlives() != slices.Contains(stays, c) {
			t.Errorf("%s: of a thing %t, outlives %t", c, c.OfThing(), c.Outlives())
		}
	}
	if c := Class("UNHEARD_OF"); !c.Outlives() || c.OfThing() {
		t.Error("a key of a class that nobody knows would go")
	}
	if _, no := InClasses([]string{"CASE"}); no == nil {
		t.Error("a person's erasure may name what is a matter's")
	}
}

// TestOwners: each value of a list belongs to the subject that its element names, what is said of a matter
// to the thing whose stream it is in.
func TestOwners(t *testing.T) {
	people := []SubjectRef{{ID: ID{1}}, {ID: ID{2}}, {ID: ID{3}}}
	f := Fact{Envelope: Envelope{Subjects: people, Stream: Stream{Noun: "notice", ID: ID{9}}}}
	call := InteractionRecorded{Medium: Call, Direction: "INBOUND", Number: Clear("+12025550143"), Counterpart: Clear("+46846500401"),
		Participants: []Participant{{Subject: 2, Name: Clear("Åsa Example")}, {Subject: 1}, {Subject: 0, Name: Clear("Bo Example"), Email: Clear("bo@example.com")}}}
	plain, personal := Split(call)
	got := map[string]ID{}
	for _, p := range personal {
		got[p.Path] = f.OwnerOf(p)
	}
	want := map[string]ID{"/number": {1}, "/counterpart": {2}, "/participants/0/name": {3}, "/participants/2/email": {1}, "/participants/2/name": {1}}
	if !reflect.DeepEqual(got, want) || !slices.IsSortedFunc(personal, func(a, b PersonalField) int { return strings.Compare(a.Path, b.Path) }) {
		t.Errorf("%v", got)
	}
	if strings.Contains(string(plain), "Example") || !strings.Contains(string(plain), `"participants":[{"subject":2},{"subject":1},{"subject":0}]`) {
		t.Errorf("%s", plain)
	}
	tree, _ := canon.Parse(plain)
	kept, err := mustLookup("interaction.recorded").Decode(1, tree, []string{"/participants/0/name"})
	if err != nil || !slices.Equal(PersonalPaths(kept), []string{"/participants/0/name"}) {
		t.Errorf("%v, %v", kept, err)
	}
	_, grounds := Split(ObjectionRaised{Ground: "OTHER", Text: Clear("because"), By: "LINK"})
	if len(grounds) != 1 || f.OwnerOf(grounds[0]) != (ID{9}) || !grounds[0].OwnerNamed(0) || personal[0].OwnerNamed(0) {
		t.Errorf("%+v", grounds)
	}
}
