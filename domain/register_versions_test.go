package domain

import "testing"

// history folds versions of one list, the nth kept at second n.
func history(events ...Event) (h ListHistory) {
	for i, e := range events {
		k := Kept{Event: e, Seq: int64(i), LogTime: Time(i+1) * 1_000_000}
		k.ID = ID{15: byte(i + 1)}
		h = h.Apply(k)
	}
	return h
}

func version(day Date, names ...string) ListPublished {
	l := ListPublished{List: "main", Effective: day}
	for i, n := range names {
		l.Entries = append(l.Entries, Entry{Key: ID{0: byte(i + 1)}, Name: n, Purpose: "x"})
	}
	return l
}

func unsaid(n byte) ListWithdrawn { return ListWithdrawn{List: "main", Version: ID{15: n}} }

func TestStandingVersions(t *testing.T) {
	june, july := version("2026-06-01", "A"), version("2026-07-01", "A", "B")
	corrected := version("2026-06-01", "C")
	corrected.Corrects = ID{15: 1}
	for _, c := range []struct {
		name   string
		h      ListHistory
		day    Date
		of     string // the first company of the version for the day
		before string // of the latest version before the day
	}{
		{"nothing kept", history(), "2026-06-01", "", ""},
		{"one day", history(june), "2026-06-01", "A", ""},
		{"kept late", history(july, june), "2026-07-01", "A", "A"},
		{"corrected", history(june, corrected), "2026-06-01", "C", ""},
		{"corrected, and the correction taken back", history(june, corrected, unsaid(2)), "2026-06-01", "A", ""},
		{"taken back", history(june, july, unsaid(2)), "2026-07-01", "", "A"},
		{"taken back, kept again", history(june, unsaid(1), corrected), "2026-06-01", "C", ""},
		{"before a corrected one", history(june, corrected, july), "2026-07-01", "A", "C"},
	} {
		first := func(v ListVersion, ok bool) string {
			if !ok {
				return ""
			}
			return v.Entries[0].Name
		}
		if got := first(c.h.OfDay(c.day)); got != c.of {
			t.Errorf("%s: for the day %q, want %q", c.name, got, c.of)
		}
		if got := first(c.h.Before(c.day)); got != c.before {
			t.Errorf("%s: before %q, want %q", c.name, got, c.before)
		}
	}
	if h := history(june, corrected, july); len(h.Of("2026-06-01")) != 2 {
		t.Errorf("the history of a corrected day has %d versions, want both", len(h.Of("2026-06-01")))
	}
}

func TestTakeBack(t *testing.T) {
	h := history(version("2026-06-01", "A"), version("2026-07-01", "A", "B"))
	b := func(at, withdrawn Time) []Told { return []Told{{"B Inc.", at, withdrawn}} }
	for _, c := range []struct {
		name string
		day  Date
		told []Told
		rule string
	}{
		{"nobody was told", "2026-07-01", nil, ""},
		{"a change of a company that was on the list before", "2026-07-01", []Told{{"A", 3_000_000, 0}}, ""},
		{"announced before the list was kept", "2026-07-01", b(1_000_000, 0), ""},
		{"announced from it", "2026-07-01", b(3_000_000, 0), "register.told"},
		{"announced from it, and withdrawn", "2026-07-01", b(3_000_000, 4_000_000), ""},
		{"no such day", "2026-08-01", nil, "register.version"},
	} {
		events, no := h.TakeBack("main", c.day, c.told)
		switch {
		case c.rule != "" && (no == nil || no.Rule != c.rule || len(events) != 0):
			t.Errorf("%s: got %v, %v", c.name, events, no)
		case c.rule == "" && (no != nil || len(events) != 1 || events[0] != Event(ListWithdrawn{"main", "2026-07-01", ID{15: 2}})):
			t.Errorf("%s: got %v, %v", c.name, events, no)
		}
	}
}

func TestSameRows(t *testing.T) {
	a := version("2026-06-01", "A", "B").Entries
	if !SameRows(a, []Entry{a[1], a[0]}) {
		t.Error("another order is another list")
	}
	for what, change := range map[string]func(*Entry){
		"name": func(e *Entry) { e.Name = "a" }, "purpose": func(e *Entry) { e.Purpose = "y" }, "service": func(e *Entry) { e.Service = "y" },
		"place": func(e *Entry) { e.Locations = []string{"Sweden"} }, "seat": func(e *Entry) { e.Seat = "Sweden" }, "url": func(e *Entry) { e.URL = "https://example.com" },
		"status": func(e *Entry) { e.Status = EntryEnded },
	} {
		b := []Entry{a[0], a[1]}
		change(&b[1])
		if SameRows(a, b) {
			t.Errorf("another %s is the same list", what)
		}
	}
}
