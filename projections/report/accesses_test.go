package report

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

func TestTheDPOsView(t *testing.T) {
	w := called(t)
	d := w.generate(Request{Kind: Accesses, Subject: ana})
	for name, want := range map[string][]string{
		"occurred":            {"2025-05-03 07:17:00 UTC", "2025-05-04 (the day only)", "2025-05-05 11:00:00 UTC"},
		"occurredAtSource":    {"2025-05-03 09:17:00 +02:00", "-", "-"},
		"action":              {"Listened to the recording", "Viewed the data", "Downloaded a copy"},
		"actorName":           {"Maria Mustermann", "Kim Beispiel", "-"},
		"pin":                 {"yes", "no", "no"},
		"purpose":             {"Quality control", "-", "Transcription"},
		"onBehalfOf":          {"-", "-", "Example Dental GmbH"},
		"medium":              {"Call", "Call", "Call"},
		"interactionOccurred": {"2025-05-02 08:00:00 UTC", "2025-05-02 08:00:00 UTC", "2025-05-02 08:00:00 UTC"},
	} {
		if got := column(t, d, "accesses", name); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := len(column(t, w.generate(Request{Kind: Accesses, Subject: ana, LedgerReads: true}), "accesses", "event")); got != 4 {
		t.Errorf("with reads of the ledger: got %d rows", got)
	}
	_, from, _ := Accesses.Days("", "2025-05-04")
	if got := column(t, w.generate(Request{Kind: Accesses, Subject: ana, AsOf: day(t, "2025-05-04"), From: from}), "accesses", "action"); !slices.Equal(got, []string{"Viewed the data"}) {
		t.Errorf("one day: got %q", got)
	}
}

func TestTheSubjectsViewNamesNobody(t *testing.T) {
	w := called(t)
	var opened []ledger.Ref
	s := w.source()
	s.Reveal = func(ctx context.Context, refs []ledger.Ref) ([]ledger.Value, error) {
		opened = append(opened, refs...)
		return w.ledger.Reveal(ctx, refs)
	}
	d, err := Generate(t.Context(), s, Request{Kind: Accesses, Subject: ana, View: ForSubject, LedgerReads: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(opened) != 1 || opened[0].Path != "/value" {
		t.Errorf("opened more than the person's own number: %v", opened)
	}
	if got, want := column(t, d, "accesses", "by"), []string{"Staff of Example Dental GmbH", "Staff of Example Dental GmbH", "A connected software service", "A data protection officer"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, f := range formats {
		file, err := Render(d, f, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, staff := range []string{"Mustermann", "Beispiel", "login-", maria.String(), kim.String(), "AUDIT-7"} {
			if bytes.Contains(file.Bytes, []byte(staff)) {
				t.Errorf("%s holds %q", f, staff)
			}
		}
	}
}

func TestWhatCantBeOpenedIsSaidInWords(t *testing.T) {
	w := called(t)
	q := Request{Kind: Accesses, Subject: ana}
	erased := w.source()
	erased.Reveal = func(ctx context.Context, refs []ledger.Ref) ([]ledger.Value, error) {
		values, err := w.ledger.Reveal(ctx, refs)
		for i, r := range refs {
			if r.Path == "/name" && values[i].Text == "Maria Mustermann" {
				values[i] = ledger.Value{State: ledger.StateErased}
			}
		}
		return values, err
	}
	withheld := w.source()
	withheld.Reveal = nil
	for _, c := range []struct {
		source Source
		want   []string
		head   string
	}{
		{erased, []string{"erased", "Kim Beispiel", "-"}, "Phone: +12025550123"},
		{withheld, []string{"withheld: state a purpose and a case", "withheld: state a purpose and a case", "-"}, "Phone: withheld: state a purpose and a case"},
	} {
		d, err := Generate(t.Context(), c.source, q)
		if err != nil {
			t.Fatal(err)
		}
		if got := column(t, d, "accesses", "actorName"); !slices.Equal(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
		for _, f := range d.Facts {
			if f.Name == "identifiers" && f.Value.words() != c.head {
				t.Errorf("head: got %q", f.Value.words())
			}
		}
		file, err := Render(d, CSV, "")
		if err != nil || !strings.Contains(string(file.Bytes), c.want[0]) {
			t.Errorf("CSV doesn't say %q (%v)", c.want[0], err)
		}
	}
}

func TestAnAccessBeforeItsContactIsKnown(t *testing.T) {
	w := newWorld(t)
	w.keep(domain.InteractionViewed{}, "2025-05-03T09:00:00Z", fact{tenant: dental, stream: domain.Stream{Noun: "interaction", ID: aCall}, subjects: []domain.ID{ana}})
	early := domain.TimeOf(w.now)
	w.keep(domain.InteractionRecorded{Medium: domain.Text, Direction: "INBOUND"}, "2025-05-02T10:00:00Z",
		fact{tenant: dental, stream: domain.Stream{Noun: "interaction", ID: aCall}, subjects: []domain.ID{ana}})
	asOf := day(t, "2025-12-31")
	if got := column(t, w.generate(Request{Kind: Accesses, Subject: ana, AsOf: asOf, KnownAt: early}), "accesses", "medium"); !slices.Equal(got, []string{"-"}) {
		t.Errorf("before: got %q", got)
	}
	if got := column(t, w.generate(Request{Kind: Accesses, Subject: ana, AsOf: asOf}), "accesses", "medium"); !slices.Equal(got, []string{"Text"}) {
		t.Errorf("after: got %q", got)
	}
}

func TestALongLogIsCompleteAndInOrder(t *testing.T) {
	w := called(t)
	const n = 1200 // three pages
	var list []*ledger.Submission
	start, _ := domain.ParseMoment("2025-06-01")
	for i := range n {
		at := (start.At + domain.Time(n-i)*60_000_000).String() // the latest first: the report sorts
		list = append(list, w.submission(domain.InteractionViewed{}, at,
			fact{tenant: dental, stream: domain.Stream{Noun: "interaction", ID: aCall}, actor: domain.Actor{ID: maria, Kind: domain.Person}}))
	}
	for part := range slices.Chunk(list, ledger.MaxTake) {
		w.keepAll(part...)
	}
	got := column(t, w.generate(Request{Kind: Accesses, Subject: ana}), "accesses", "occurred")
	if len(got) != n+3 || !slices.IsSorted(got) || len(slices.Compact(got)) != n+3 {
		t.Errorf("got %d rows, sorted: %t", len(got), slices.IsSorted(got))
	}
}
