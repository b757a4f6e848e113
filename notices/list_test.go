package notices

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"testing"

	"muniment/domain"
)

// publish keeps a version of the public list.
func (w *world) publish(t *testing.T, day domain.Date, entries ...domain.Entry) {
	t.Helper()
	for i := range entries {
		entries[i].Key = domain.ID{0: 5, 15: byte(i)}
	}
	must(t, w.keep(t.Context(), domain.Stream{Noun: "register", ID: domain.ID{0: 6}}, domain.Operator, nil,
		domain.ListPublished{List: "main", Effective: day, Digest: strings.Repeat("a", 64), Entries: entries}))
}

func listed(t *testing.T) (*world, site) {
	t.Helper()
	w := newWorld(t)
	cloud := domain.Entry{Name: "Example Cloud Inc", Purpose: "Hosting", Locations: []string{"Ohio, USA"}, Seat: "US", URL: "https://cloud.example.com/"}
	voice := domain.Entry{Name: "Example Voice Ltd", Purpose: "Telephony", Locations: []string{"London"}}
	moved := cloud
	moved.Locations = []string{"Frankfurt, Germany"}
	w.publish(t, "2018-05-25", cloud)
	w.publish(t, "2020-01-01", cloud, voice)
	w.publish(t, "2024-03-01", moved, domain.Entry{Name: `=HYPERLINK("http://evil.example")`, Purpose: "<b>bold</b>"})
	must(t, w.announce(t.Context(), announcement()))
	n, err := Open(t.Context(), w.config())
	must(t, err)
	return w, serve(t, n)
}

func TestList(t *testing.T) {
	_, s := listed(t)
	body := s.expect(t, "GET", "/subprocessors", nil, http.StatusOK, "Our sub-processors", "Frankfurt, Germany", "Changes to come", "<strong>Scribe Ltd</strong>, Ireland: new, from 1 December 2026",
		"&lt;b&gt;bold&lt;/b&gt;", "1 March 2024", "25 May 2018")
	if strings.Contains(body, "Example Voice") || strings.Contains(body, "Ohio") {
		t.Error("what is gone is still there")
	}
	s.expect(t, "GET", "/subprocessors?on=2019-07-01", nil, http.StatusOK, "Our sub-processors on 1 July 2019", "Ohio, USA", "1 entry on 1 July 2019")
	s.expect(t, "GET", "/subprocessors?on=2017-01-01", nil, http.StatusOK, "No sub-processor stood on the list on 1 January 2017.")
	s.expect(t, "GET", "/subprocessors?on=tomorrow", nil, http.StatusBadRequest, "This is not a day")
	s.expect(t, "GET", "/subprocessors?from=2020-06-01&to=2024-06-01", nil, http.StatusOK, "1 added, 1 removed, 1 changed", "Example Voice Ltd", "other place", "Ohio, USA", "Frankfurt, Germany")
	s.expect(t, "GET", "/subprocessors?from=2024-06-01&to=2020-06-01", nil, http.StatusOK, "1 added, 1 removed, 1 changed")
	s.expect(t, "GET", "/subprocessors?from=2021-01-01&to=2022-01-01", nil, http.StatusOK, "nothing changed.")
	s.expect(t, "GET", "/subprocessors?from=x", nil, http.StatusBadRequest, "This is not a day")
	answer, _ := s.ask(t, "GET", "/subprocessors", nil)
	again, _ := s.ask(t, "GET", "/subprocessors", nil, "If-None-Match", answer.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || answer.Header.Get("Last-Modified") == "" {
		t.Errorf("%s, %v", again.Status, answer.Header)
	}
	s.expect(t, "GET", "/assets/notices.css", nil, http.StatusOK)
}

func TestListFiles(t *testing.T) {
	_, s := listed(t)
	_, body := s.ask(t, "GET", "/subprocessors.csv", nil)
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	must(t, err)
	if len(rows) != 3 || rows[2][0] != `'=HYPERLINK("http://evil.example")` || rows[1][3] != "Frankfurt, Germany" {
		t.Errorf("%q", rows)
	}
	_, body = s.ask(t, "GET", "/subprocessors.json?on=2020-06-01", nil)
	var file struct {
		On            domain.Date
		Subprocessors []Row
		Announced     []struct{ Name string }
		Versions      []domain.Date
	}
	must(t, json.Unmarshal([]byte(body), &file))
	if file.On != "2020-06-01" || len(file.Subprocessors) != 2 || len(file.Versions) != 3 || len(file.Announced) != 1 {
		t.Errorf("%+v", file)
	}
}

func TestFeeds(t *testing.T) {
	w, s := listed(t)
	type feed struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string   `xml:"id"`
		Updated string   `xml:"updated"`
		Links   []struct {
			Rel  string `xml:"rel,attr"`
			Href string `xml:"href,attr"`
		} `xml:"link"`
		Entries []struct {
			ID      string `xml:"id"`
			Title   string `xml:"title"`
			Updated string `xml:"updated"`
			Content string `xml:"content"`
		} `xml:"entry"`
	}
	read := func(path string) (f feed) {
		t.Helper()
		answer, body := s.ask(t, "GET", path, nil)
		if answer.Header.Get("Content-Type") != "application/atom+xml; charset=utf-8" {
			t.Errorf("%s: %v", path, answer.Header)
		}
		must(t, xml.Unmarshal([]byte(body), &f))
		return f
	}
	ids := func(f feed) (ids []string) {
		for _, e := range f.Entries {
			ids = append(ids, e.ID)
		}
		return ids
	}
	first := read("/subprocessors/feed.atom")
	want := []string{"tag:ledger.example.com,2026:subprocessors:change:" + someChange.String(), "tag:ledger.example.com,2026:subprocessors:list:2024-03-01",
		"tag:ledger.example.com,2026:subprocessors:list:2020-01-01", "tag:ledger.example.com,2026:subprocessors:list:2018-05-25"}
	if got := ids(first); !slices.Equal(got, want) {
		t.Errorf("ids %v", got)
	}
	if first.Updated != "2026-10-01T08:00:00Z" || first.Links[1].Rel != "self" || first.ID != "tag:ledger.example.com,2026:subprocessors" {
		t.Errorf("%+v", first)
	}
	says(t, first.Entries[1].Content, "Added: ", "Removed: Example Voice Ltd", "&lt;b&gt;bold", "became Example Cloud Inc (Hosting; Frankfurt, Germany)")
	w.set("2027-02-01") // days pass, the announced day too
	if later := read("/feed.atom"); !slices.Equal(ids(later), want) || later.Updated != first.Updated {
		t.Errorf("other ids on another day: %v", ids(later))
	}
	must(t, w.keep(t.Context(), someCompany, domain.Operator, nil, domain.ChangeWithdrawn{Change: someChange}))
	if later := read("/feed.atom"); later.Entries[0].ID != want[0] || later.Entries[0].Title != "Withdrawn: Scribe Ltd (new)" || later.Updated != "2027-02-01T00:00:00Z" {
		t.Errorf("%+v", later.Entries[0])
	}
	for _, path := range []string{"/feed.json", "/subprocessors/feed.json"} {
		answer, body := s.ask(t, "GET", path, nil)
		var f struct {
			Version string
			Items   []struct{ ID string }
		}
		must(t, json.Unmarshal([]byte(body), &f))
		if answer.Header.Get("Content-Type") != "application/feed+json" || f.Version != "https://jsonfeed.org/version/1.1" || len(f.Items) != 4 || f.Items[0].ID != want[0] {
			t.Errorf("%s: %+v", path, f)
		}
	}
}
