package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"muniment/domain"
)

// told are the changes of a document in one line each.
func told(t *testing.T, d *Document) (all []string) {
	kinds, before, after := column(t, d, "changes", "change"), column(t, d, "changes", "legalNameBefore"), column(t, d, "changes", "legalNameAfter")
	for i := range kinds {
		all = append(all, kinds[i]+": "+before[i]+" → "+after[i])
	}
	return all
}

func TestTheRegisterAndItsChanges(t *testing.T) {
	w := newWorld(t)
	w.published("2024-01-01",
		entry(1, "Twilio Inc.", "voice and texts", "United States"), entry(2, "Gone Ltd", "fax", "Ireland"),
		entry(3, "Old Name Inc", "mail", "Ireland"), entry(4, "Mover AB", "storage", "Sweden"))
	w.published("2025-01-01",
		entry(1, "Twilio Inc.", "voice and texts", "United States"), entry(5, "New Name Inc", "mail", "Ireland"),
		entry(4, "Mover AB", "storage", "India"), entry(6, "amazon Web Services", "hosting", "Ireland"))

	d := w.generate(Request{Kind: Subprocessors, AsOf: day(t, "2025-06-30"), From: day(t, "2024-06-30")})
	if got, want := column(t, d, "entries", "legalName"), []string{"amazon Web Services", "Mover AB", "New Name Inc", "Twilio Inc."}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := told(t, d), []string{"Added: - → amazon Web Services", "Added: - → New Name Inc", "Removed: Gone Ltd → -", "Removed: Old Name Inc → -", "Moved: Mover AB → Mover AB"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := column(t, d, "days", "day"), []string{"2025-01-01", "2024-01-01"}; !slices.Equal(got, want) {
		t.Errorf("days: got %v", got)
	}
	if got := column(t, d, "lists", "version"); !slices.Equal(got, []string{"2025-01-01"}) {
		t.Errorf("lists: got %v", got)
	}
	d = w.generate(Request{Kind: Subprocessors, AsOf: day(t, "2025-06-30"), From: day(t, "2024-06-30"), Renames: domain.Renames{"Old Name": "New Name"}})
	if got := told(t, d); !slices.Contains(got, "Renamed: Old Name Inc → New Name Inc") {
		t.Errorf("with the change of name: got %q", got)
	}
	if d := w.generate(Request{Kind: Subprocessors, AsOf: day(t, "2024-06-30"), From: day(t, "2024-02-01")}); len(told(t, d)) != 0 {
		t.Errorf("nothing changed: got %q", told(t, d))
	}
}

// TestADayThatLiesAhead: given what is announced for later, when the register of that day is asked for before it
// comes, then it says announced and never in use; once the day has come, or as known then, it says what is.
func TestADayThatLiesAhead(t *testing.T) {
	w := newWorld(t) // on 2026-03-02
	company := fact{tenant: domain.Operator, stream: domain.Stream{Noun: "subprocessor", ID: id(0x300)}, source: "muniment"}
	w.keep(domain.SubprocessorProposed{LegalName: "Example Speech BV", Country: "NL", Service: "Transcription", Purposes: []string{"speech to text"},
		Locations: []string{"Netherlands"}, Mechanism: "NONE_NEEDED"}, "2026-01-10T08:00:00Z", company)
	w.keep(domain.ChangeAnnounced{Change: id(0x301), Type: domain.AddSubprocessor, Effective: "2026-05-01", Summary: "Speech to text"}, "2026-01-20T08:00:00Z", company)
	w.published("2026-01-01", entry(1, "Example Mail Ltd", "mail", "Ireland"))
	w.keep(domain.ListPublished{List: "calls.example", Effective: "2026-06-01", Digest: fmt.Sprintf("%064x", 2),
		Entries: []domain.Entry{entry(1, "Example Mail Ltd", "mail", "Ireland"), entry(2, "Example Store AB", "storage", "Sweden")}},
		"2026-02-01", fact{tenant: domain.Operator, source: "register"})

	ahead := []string{"On the published list", "Announced, not used yet", "Announced, not used yet"}
	come := []string{"On the published list", "In use", "On the published list"}
	for _, c := range []struct {
		name    string
		now     time.Time
		request Request
		used    []string
		status  []string
		asked   domain.Time
	}{
		{"before", w.now, Request{}, []string{"Example Mail Ltd"}, ahead, domain.TimeOf(w.now)},
		{"after", w.now.AddDate(1, 0, 0), Request{}, []string{"Example Mail Ltd", "Example Speech BV", "Example Store AB"}, come, 0},
		{"after, as known before", w.now.AddDate(1, 0, 0), Request{KnownAt: day(t, "2026-04-01")}, []string{"Example Mail Ltd"}, ahead, day(t, "2026-04-01")},
	} {
		w.now = c.now
		c.request.Kind, c.request.AsOf = Subprocessors, day(t, "2026-07-01")
		d := w.generate(c.request)
		if got := column(t, d, "entries", "legalName"); !slices.Equal(got, c.used) {
			t.Errorf("%s: in use %q", c.name, got)
		}
		status := slices.Sorted(slices.Values(slices.Concat(column(t, d, "entries", "status"), column(t, d, "others", "status"))))
		if want := slices.Sorted(slices.Values(c.status)); !slices.Equal(status, want) {
			t.Errorf("%s: status %q, want %q", c.name, status, want)
		}
		if d.Viewpoint.Asked != c.asked {
			t.Errorf("%s: asked %s", c.name, d.Viewpoint.Asked)
		}
		page, err := Render(d, HTML, "")
		if err != nil {
			t.Fatal(err)
		}
		if words := "may still be withdrawn"; strings.Contains(string(page.Bytes), words) != (c.asked != 0) {
			t.Errorf("%s: the page says that it %s: %v", c.name, words, c.asked == 0)
		}
	}
}

func TestCompaniesFollowedByDecisions(t *testing.T) {
	w := newWorld(t)
	company := fact{tenant: domain.Operator, stream: domain.Stream{Noun: "subprocessor", ID: id(0x300)}, source: "muniment"}
	w.keep(domain.SubprocessorProposed{LegalName: "Example Speech BV", Country: "NL", Service: "Transcription", Purposes: []string{"speech to text"},
		Locations: []string{"Netherlands"}, Mechanism: "NONE_NEEDED"}, "2025-01-10T08:00:00Z", company)
	w.keep(domain.ChangeAnnounced{Change: id(0x301), Type: domain.AddSubprocessor, Effective: "2025-03-01", Summary: "Speech to text"}, "2025-01-20T08:00:00Z", company)
	w.keep(domain.ChangeAnnounced{Change: id(0x302), Type: domain.Relocate, Effective: "2025-09-01", Summary: "Moves to India", Locations: []string{"India"}, Mechanism: "SCC_2021_914"},
		"2025-07-01T08:00:00Z", company)
	w.keep(domain.SubprocessorEnded{Reason: "CONTRACT_ENDED"}, "2026-01-15T08:00:00Z", company)

	for _, c := range []struct{ asOf, table, status, where, pending string }{
		{"2025-01-15", "others", "Proposed, not used", "Netherlands", ""},
		{"2025-02-01", "others", "Announced, not used yet", "Netherlands", "2025-03-01"},
		{"2025-03-01", "entries", "In use", "Netherlands", ""},
		{"2025-08-01", "entries", "In use", "Netherlands", "2025-09-01"},
		{"2025-10-01", "entries", "In use", "India", ""},
		{"2026-02-01", "others", "Ended", "India", ""},
	} {
		d := w.generate(Request{Kind: Subprocessors, AsOf: day(t, c.asOf)})
		if got := strings.Join(column(t, d, c.table, "status"), ""); got != c.status {
			t.Errorf("%s: got status %q", c.asOf, got)
		}
		if got := strings.Join(column(t, d, c.table, "locations"), ""); got != c.where {
			t.Errorf("%s: got locations %q", c.asOf, got)
		}
		if got := strings.Join(column(t, d, "announced", "effective"), ""); got != c.pending {
			t.Errorf("%s: got pending %q", c.asOf, got)
		}
	}
	d := w.generate(Request{Kind: Subprocessors, AsOf: day(t, "2026-02-01"), From: day(t, "2025-03-15")})
	if got := told(t, d); !slices.Equal(got, []string{"Removed: Example Speech BV → -"}) {
		t.Errorf("ended: got %q", got)
	}
	if got, want := column(t, d, "days", "day"), []string{"2026-01-15", "2025-09-01", "2025-03-01"}; !slices.Equal(got, want) {
		t.Errorf("days: got %v, want %v", got, want)
	}
	d = w.generate(Request{Kind: Subprocessors, AsOf: day(t, "2025-10-01"), From: day(t, "2025-08-01")})
	if got := told(t, d); !slices.Equal(got, []string{"Moved, Transfer mechanism changed: Example Speech BV → Example Speech BV"}) {
		t.Errorf("moved: got %q", got)
	}
}
