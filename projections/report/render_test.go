package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// hostile is a document whose values try to become something else.
func hostile() *Document {
	t := Table{Name: "entries", Title: "Entries", Order: "By name.", Columns: []Column{{"name", "Name", "Name", Declared, ""}, {"more", "More", "Name", Declared, ""}}}
	for _, s := range []string{"=1+1", "+46846500400", "-1", "@SUM(A1)", "\tx", "\rx", `quote " and, comma`, "<script>alert(1)</script>", `"><img src=https://example.com/x>`, "two\nlines", "plain", "fdp.\u202eexe"} {
		t.Rows = append(t.Rows, []Cell{Text(s), nil})
	}
	return &Document{Kind: Subprocessors, Title: "T & <b>", Question: "<i>?", For: "you", Ledger: id(1), Tables: []Table{t}, word: "SUBPROCESSORS", Notes: []Note{{"H<", []string{"<"}}}}
}

func TestCSVRoundTripAndGuard(t *testing.T) {
	d := hostile()
	file, err := Render(d, CSV, "entries")
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(file.Bytes))
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+len(d.Tables[0].Rows) || rows[0][0] != "name" || rows[0][2] != "report" || rows[1][2] != "SUBPROCESSORS" {
		t.Fatalf("got %q", rows[0])
	}
	for i, cells := range d.Tables[0].Rows {
		want := cells[0].words()
		if i < 6 {
			want = "'" + want
		}
		want = strings.ReplaceAll(want, "\u202e", "[U+202E]")
		want = strings.ReplaceAll(want, "\r", "") // lines end with CR LF, so encoding/csv keeps no other CR
		got := strings.ReplaceAll(rows[i+1][0], "\r\n", "\n")
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, cell := range rows[i+1] {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a spreadsheet would take %q for a formula", cell)
			}
		}
	}
	if lines := bytes.Count(file.Bytes, []byte("\r\n")); lines != len(rows)+1 { // one value has two lines
		t.Errorf("got %d lines that end with CR LF for %d rows", lines, len(rows))
	}
	if _, err := Render(d, CSV, "others"); err == nil || !strings.Contains(err.Error(), "entries") {
		t.Errorf("a table that isn't there: got %v", err)
	}
}

func TestJSONSaysItsVersion(t *testing.T) {
	file, err := Render(hostile(), JSON, "")
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Report struct{ Version int }
		Tables map[string]struct {
			Count int
			Rows  []map[string]any
		}
	}
	if err := json.Unmarshal(file.Bytes, &got); err != nil {
		t.Fatal(err)
	}
	if got.Report.Version != Version || got.Tables["entries"].Rows[0]["name"] != "=1+1" || got.Tables["entries"].Rows[0]["more"] != nil {
		t.Errorf("got %+v", got)
	}
}

var void = map[string]bool{"meta": true, "br": true}

// wellFormed reports every element that isn't closed, every address and every inline style or script.
func wellFormed(t *testing.T, page []byte) {
	t.Helper()
	z := html.NewTokenizer(bytes.NewReader(page))
	var open []string
	ids := map[string]bool{}
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF || len(open) > 0 {
				t.Errorf("ends with %v open: %v", open, z.Err())
			}
			return
		case html.StartTagToken:
			tok := z.Token()
			if !void[tok.Data] {
				open = append(open, tok.Data)
			}
			if tok.Data == "script" || tok.Data == "img" || tok.Data == "link" {
				t.Errorf("has a %s", tok.Data)
			}
			for _, a := range tok.Attr {
				switch {
				case a.Key == "id" && ids[a.Val]:
					t.Errorf("id %s stands twice", a.Val)
				case a.Key == "id":
					ids[a.Val] = true
				case a.Key == "href" && !strings.HasPrefix(a.Val, "#"), a.Key == "src", a.Key == "style", strings.HasPrefix(a.Key, "on"):
					t.Errorf("%s has %s=%q", tok.Data, a.Key, a.Val)
				}
			}
		case html.EndTagToken:
			tok := z.Token()
			if len(open) == 0 || open[len(open)-1] != tok.Data {
				t.Fatalf("</%s> closes %v", tok.Data, open)
			}
			open = open[:len(open)-1]
		}
	}
}

func TestHTMLIsWellFormedAndFetchesNothing(t *testing.T) {
	w := called(t)
	w.published("2025-01-01", entry(1, "Twilio Inc.", "voice", "United States"))
	wellFormed(t, w.file(Request{Kind: Subprocessors, From: day(t, "2024-01-01")}, HTML).Bytes)
	wellFormed(t, w.file(Request{Kind: Accesses, Subject: ana}, HTML).Bytes)
	wellFormed(t, w.file(Request{Kind: Accesses, Subject: ana, View: ForSubject}, HTML).Bytes)
	file, err := Render(hostile(), HTML, "")
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, file.Bytes)
	if page := string(file.Bytes); strings.ContainsRune(page, '\u202e') || !strings.Contains(page, "fdp.[U+202E]exe") {
		t.Error("a cell turns the direction of what follows")
	}
	if strings.Contains(style, "url(") || strings.Contains(style, "@import") {
		t.Error("the style fetches something")
	}
}

func TestEveryReportSaysWhatItIsNot(t *testing.T) {
	w := called(t)
	w.published("2025-01-01", entry(1, "Twilio Inc.", "voice", "United States"))
	for _, q := range []Request{{Kind: Subprocessors}, {Kind: Accesses, Subject: ana}, {Kind: Accesses, Subject: ana, View: ForSubject}} {
		for _, f := range formats {
			file := w.file(q, f)
			for _, want := range []string{NotAdvice, Evidence, w.ledger.ID.String()} {
				if !strings.Contains(strings.ToLower(string(file.Bytes)), strings.ToLower(want)) {
					t.Errorf("%s %s %s doesn't say %q", q.Kind, q.View, f, want)
				}
			}
		}
	}
	if _, err := Render(hostile(), "pdf", ""); err == nil {
		t.Error("made a format that this build doesn't have")
	}
}
