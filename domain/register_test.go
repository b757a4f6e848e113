package domain

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNormalisedNames(t *testing.T) {
	for name, want := range map[string]string{
		"Twilio, Inc.":              "twilio",
		"TWILIO":                    "twilio",
		"  Amazon   Web  Services ": "amazon web services",
		"Example GmbH & Co. KG":     "example",
		"Exemple S.A.R.L.":          "exemple",
		"Voorbeeld B.V.":            "voorbeeld",
		"Sentry.io":                 "sentry io",
		"Braintree (PayPal)":        "braintree paypal",
		"Twilio & Twilio Sendgrid":  "twilio twilio sendgrid",
		"Ångström AB":               "ångström",
		"Co":                        "co", // a name is never empty
		"SAS Institute":             "sas institute",
		"37signals LLC":             "37signals",
		"":                          "",
	} {
		if got := NormalisedName(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if a, b := NormalisedKey("Twilio Inc.", "SMS notification provider."), NormalisedKey("twilio", "sms  Notification-provider"); a != b || a != "twilio/sms notification provider" {
		t.Errorf("got %q and %q", a, b)
	}
}

func entry(name, purpose string, places ...string) Entry {
	return Entry{Name: name, Purpose: purpose, Locations: places}
}

func TestMergeEntries(t *testing.T) {
	texts, voice := entry("Twilio", "texts", "United States"), entry("Twilio", "voice", "United States")
	seated := texts
	seated.Seat = "Ireland"
	spelled := entry("Twilio, Inc.", "Texts", "United States")
	for _, c := range []struct {
		name string
		rows []Entry
		want int
		says string
	}{
		{"one vendor, two purposes", []Entry{texts, voice}, 2, ""},
		{"the same row twice", []Entry{texts, voice, texts}, 2, ""},
		{"another seat", []Entry{voice, texts, seated}, 0, "row 2 (Twilio) and row 3 (Twilio)"},
		{"another spelling", []Entry{texts, spelled}, 0, "row 1 (Twilio) and row 2 (Twilio, Inc.)"},
	} {
		got, no := MergeEntries(c.rows)
		switch {
		case c.says == "" && (no != nil || len(got) != c.want):
			t.Errorf("%s: got %v, %v", c.name, got, no)
		case c.says != "" && (no == nil || no.Rule != "register.key" || no.Code != Conflict || !strings.Contains(no.Message, c.says)):
			t.Errorf("%s: got %v", c.name, no)
		}
	}
}

// told is a diff in one line.
func told(d ListDiff) string {
	var parts []string
	for _, e := range d.Added {
		parts = append(parts, "+"+e.key())
	}
	for _, e := range d.Removed {
		parts = append(parts, "-"+e.key())
	}
	for _, c := range d.Changed {
		parts = append(parts, fmt.Sprintf("%s→%s%v", c.Before.key(), c.After.key(), c.Types))
	}
	return strings.Join(parts, " ")
}

func TestDiff(t *testing.T) {
	seat := func(e Entry, s string) Entry { e.Seat = s; return e }
	for _, c := range []struct {
		name     string
		from, to []Entry
		renames  Renames
		want     string
	}{
		{"nothing", []Entry{entry("A", "x")}, []Entry{entry("A", "x")}, nil, ""},
		{"added and removed", []Entry{entry("Zapier", "x"), entry("Datadog", "y")}, []Entry{entry("Box", "y"), entry("AppSignal", "x")}, nil,
			"+appsignal/x +box/y -datadog/y -zapier/x"},
		{"spelling is no change", []Entry{entry("Twilio", "Texts.", "United States")}, []Entry{entry("twilio, Inc.", "texts", "UNITED STATES")}, nil, ""},
		{"moved", []Entry{entry("A", "x", "Ireland")}, []Entry{entry("A", "x", "India", "Ireland")}, nil, "a/x→a/x[RELOCATE]"},
		{"the order of places is no move", []Entry{entry("A", "x", "India", "Ireland")}, []Entry{entry("A", "x", "Ireland", "India")}, nil, ""},
		{"a place told for the first time is no move", []Entry{entry("A", "x")}, []Entry{entry("A", "x", "India")}, nil, ""},
		{"the seat moved", []Entry{seat(entry("A", "x"), "Ireland")}, []Entry{seat(entry("A", "x"), "India")}, nil, "a/x→a/x[RELOCATE]"},
		{"the seat told for the first time", []Entry{entry("A", "x")}, []Entry{seat(entry("A", "x"), "India")}, nil, ""},
		{"another company of the group", []Entry{entry("Acme Inc", "x")}, []Entry{entry("Acme Ltd", "x")}, nil, "acme/x→acme/x[RENAME]"},
		{"the legal form in full", []Entry{entry("Acme Corp.", "x")}, []Entry{entry("Acme Corporation", "x")}, nil, ""},
		{"renamed, unknown", []Entry{entry("Google Apps", "x")}, []Entry{entry("Google Workspace", "x")}, nil, "+google workspace/x -google apps/x"},
		{"renamed, by the mapping", []Entry{entry("Google Apps", "x")}, []Entry{entry("Google Workspace", "x")}, Renames{"google apps": "Google Workspace"},
			"google apps/x→google workspace/x[RENAME]"},
		{"renamed and moved", []Entry{entry("A", "x", "Ireland")}, []Entry{entry("B", "x", "India")}, Renames{"A": "B"}, "a/x→b/x[RENAME RELOCATE]"},
		{"not renamed yet", []Entry{entry("A", "x")}, []Entry{entry("A", "x")}, Renames{"A": "B"}, ""},
		{"merged into one that stays", []Entry{entry("A", "x"), entry("B", "x")}, []Entry{entry("B", "x")}, Renames{"A": "B"}, "-a/x"},
		{"another purpose", []Entry{entry("A", "x")}, []Entry{entry("A", "y")}, nil, "a/x→a/y[REPURPOSE]"},
		{"another name and purpose", []Entry{entry("A", "x")}, []Entry{entry("B", "y")}, Renames{"A": "B"}, "a/x→b/y[RENAME REPURPOSE]"},
		{"two purposes instead of one: which?", []Entry{entry("A", "x")}, []Entry{entry("A", "y"), entry("A", "z")}, nil, "+a/y +a/z -a/x"},
		{"one purpose of two", []Entry{entry("A", "x"), entry("A", "y")}, []Entry{entry("A", "x"), entry("A", "z")}, nil, "a/y→a/z[REPURPOSE]"},
	} {
		from, to := slices.Clone(c.from), slices.Clone(c.to)
		if got := told(Diff(from, to, c.renames)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if fmt.Sprint(from, to) != fmt.Sprint(c.from, c.to) {
			t.Errorf("%s: the lists were changed", c.name)
		}
	}
}

func TestAuthorisedAtSignature(t *testing.T) {
	listed, pending, unknown := ID{0: 1}, ID{0: 2}, ID{0: 3}
	list := ListPublished{List: "public", Effective: "2026-01-01", Entries: []Entry{{Key: listed}}}
	terms := AgreementSigned{List: "public", ListEffective: "2026-01-01"}
	other, undated := terms, terms
	other.ListEffective, undated.ListEffective = "2025-01-01", ""
	elsewhere := terms
	elsewhere.List = "internal"
	for _, c := range []struct {
		name  string
		terms AgreementSigned
		key   ID
		want  bool
	}{
		{"on the annexed list", terms, listed, true},
		{"announced before the signature", terms, pending, true},
		{"on neither", terms, unknown, false},
		{"another version is annexed", other, listed, false},
		{"no version is named", undated, pending, false},
		{"another list", elsewhere, listed, false},
	} {
		if got := AuthorisedAtSignature(c.terms, list, []Entry{{Key: pending}}, c.key); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

// TestDiffByKey: a row that kept its key is the same row, whatever it is called now.
func TestDiffByKey(t *testing.T) {
	before := Entry{Key: ID{1}, Name: "Old Mail GmbH", Purpose: "mail"}
	after := Entry{Key: ID{1}, Name: "New Post GmbH", Purpose: "mail"}
	d := Diff([]Entry{before}, []Entry{after}, nil)
	if len(d.Added)+len(d.Removed) != 0 || len(d.Changed) != 1 || d.Changed[0].Types[0] != Rename {
		t.Errorf("got %+v, want one rename", d)
	}
}

// TestRetyped: a list typed anew, pasted or spelled in another way is no change.
func TestRetyped(t *testing.T) {
	for _, c := range [][2]string{
		{"Beispiel Straße GmbH", "BEISPIEL STRASSE GMBH"}, {"Example\u200b Cloud", "Example Cloud"}, {"Examp[U+200B]le", "Example"},
		{"Example\u00a0Cloud", "Example  cloud"}, {"Exam\u00adple", "Example"},
	} {
		if d := Diff([]Entry{entry(c[0], "x", c[0])}, []Entry{entry(c[1], "x", c[1])}, nil); told(d) != "" {
			t.Errorf("%q: %s", c, told(d))
		}
	}
}

// TestDiffByService: rows that only their service tells apart are compared each with its own.
func TestDiffByService(t *testing.T) {
	row := func(service, place string) Entry {
		return Entry{Name: "A", Purpose: "x", Service: service, Locations: []string{place}}
	}
	before := []Entry{row("cloud", "Ireland"), row("flows", "Sweden")}
	for _, c := range []struct {
		name string
		to   []Entry
		want string
	}{
		{"the same, in another order", []Entry{before[1], before[0]}, ""},
		{"one moved", []Entry{before[0], row("flows", "India")}, "a/x→a/x[RELOCATE]"},
		{"one gone", before[1:], "-a/x"},
		{"the column gone", []Entry{entry("A", "x", "Ireland")}, "-a/x"},
	} {
		if got := told(Diff(before, c.to, nil)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// What was published or announced by the signature, whoever signed knew of.
func TestAnnexedTo(t *testing.T) {
	row := func(n byte) Entry { return Entry{Key: ID{0: n}, Name: string(rune('A' + n)), Purpose: "Hosting"} }
	version := func(effective Date, kept string, rows ...Entry) ListVersion {
		return ListVersion{ListPublished: ListPublished{List: "public", Effective: effective, Entries: rows}, ID: NewID(), Kept: moment(kept)}
	}
	h := ListHistory{Versions: []ListVersion{version("2026-01-01", "2026-01-01", row(1)), version("2026-03-01", "2026-01-20", row(1), row(2)), version("2026-06-01", "2026-05-01", row(3))}}
	signed := AgreedTerms{AgreementSigned{List: "public", ListEffective: "2026-01-01"}, moment("2026-02-01")}
	for n, want := range map[byte]bool{1: true, 2: true, 3: false} {
		if got := h.AnnexedTo(signed, ID{0: n}); got != want {
			t.Errorf("row %d: got %v", n, got)
		}
	}
	unnamed := signed
	unnamed.ListEffective = ""
	if h.AnnexedTo(unnamed, ID{0: 1}) {
		t.Error("an agreement that names no version proves nothing")
	}
	add := ChangeAnnounced{Change: ID{0: 1}, Type: AddSubprocessor, Effective: "2026-12-01"}
	announced := fold[Subprocessor]([]on{{"2026-01-15", add}})
	if !announced.Pending(moment("2026-02-01")) || announced.Pending(moment("2026-01-14")) || announced.Apply(Kept{Event: ChangeWithdrawn{add.Change}, Envelope: Envelope{Occurred: At(moment("2026-01-16"))}}).Pending(moment("2026-02-01")) {
		t.Error("pending is what was announced by the signature and stands")
	}
}
