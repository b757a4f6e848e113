package intake

import (
	"strings"
	"testing"

	"muniment/domain"
)

// TestListShapes: more lists of the kinds in testdata/field, in other languages and shapes.
func TestListShapes(t *testing.T) {
	for name, c := range map[string]struct{ doc, rows string }{
		"nl, seat and place": {"| Onderaannemer | Doeleinden | Vestigingsplaats | Locatie |\n|-|-|-|-|\n| Voorbeeld B.V. | Hosting | Nederland | Frankfurt, Duitsland |\n",
			"Voorbeeld B.V.; Hosting; ; Frankfurt, Duitsland; Nederland"},
		"sv": {"| Underbiträde | Ändamål | Säte | Plats för behandling |\n|-|-|-|-|\n| Exempel AB | Drift | Sverige | Stockholm, Sverige |\n",
			"Exempel AB; Drift; ; Stockholm, Sverige; Sverige"},
		"es": {"| Subencargado | Finalidad | Ubicación |\n|-|-|-|\n| Ejemplo S.L. | Alojamiento | España y Estados Unidos |\n",
			"Ejemplo S.L.; Alojamiento; ; España+Estados Unidos"},
		"de, address": {"| Name des Unterauftragsverarbeiters | Anschrift | Art der Dienstleistung | Ort der Datenverarbeitung |\n|-|-|-|-|\n| Beispiel GmbH | Weg 1, Bonn | Hosting | EU |\n",
			"Beispiel GmbH; Hosting; ; EU; Weg 1, Bonn"},
		"ko":                     {"| 재수탁자 | 위탁업무 내용 | 이전되는 국가 | 보유 및 이용 기간 |\n|-|-|-|-|\n| 예시 | 알림 발송 | 미국 | 1년 |\n", "예시; 알림 발송; ; 미국"},
		"two places of a vendor": {"| Vendor | Purpose | Vendor Location | Processing Location |\n|-|-|-|-|\n| A | Hosting | US | EU |\n", "A; Hosting; ; EU; US"},
		"words of a status": {"| Subprocessor | Description | Country | Status |\n|-|-|-|-|\n| A | Hosting | US | ✅ Active |\n| B | Mail | US | Deprecated |\n| C | Mail | US | Coming soon |\n| D | X | US | Removed 2027-01-01 |\n| E | X | US | Added 2027-01-01 |\n",
			"A; Hosting; ; US\nB; Mail; ; US; ; ; ENDED\nC; Mail; ; US; ; ; ANNOUNCED\nD; X; ; US\nE; X; ; US; ; ; ANNOUNCED"},
		"standing in the row": {"| Company | Service | Purpose | Location |\n|-|-|-|-|\n| ~~A~~ | s | p | US |\n| B (planned) | s | p | US |\n| C (formerly D) | s | p | US |\n",
			"A; p; s; US; ; ; ENDED\nB; p; s; US; ; ; ANNOUNCED\nC (formerly D); p; s; US"},
		"standing in the heading": {"## Removed\n\n| Name | Purpose |\n|-|-|\n| A | B |\n\n## Current\n\n| Name | Purpose |\n|-|-|\n| C | D |\n", "A; B; ; ; ; ; ENDED\nC; D"},
		"html, a row across, bullets in a cell": {"<table><tr><td>Name</td><td>Purpose</td><td>Location</td></tr><tr><td colspan=3>Infrastructure</td></tr>\n\n<tr><td>A</td><td>Hosting</td><td><ul><li>Ireland</li><li>Sweden</li></ul></td></tr></table>",
			"A; Hosting; ; Ireland+Sweden"},
		"a whole page":              {"<!doctype html><html><head><title>x</title></head><body><h1>Sub-processors</h1>\n    <table>\n<thead><tr><th>Sub-processor</th><th>Purpose</th></tr></thead>\n\n<tr><td>A<script>x</script></td><td>Hosting</td></tr>\n</table></body></html>", "A; Hosting"},
		"empty heading row":         {"| | | |\n|-|-|-|\n| **Name** | **Purpose** | **Location** |\n| A | Hosting | Ireland |\n", "A; Hosting; ; Ireland"},
		"quoted":                    {"> | Name | Purpose |\n> |-|-|\n> | A | B |\n", "A; B"},
		"labelled bullets":          {"- Example Cloud\n  - Purpose: Hosting\n  - Location: Ireland\n- Example Mail\n  - Purpose: Mail\n", "Example Cloud; Hosting; ; Ireland\nExample Mail; Mail"},
		"labelled lines":            {"### Example Vendors\nPurpose: Hosting\nLocation: Ireland\n", "Example Vendors; Hosting; ; Ireland"},
		"an address below the name": {"| Sub-processor | Purpose | Location |\n|-|-|-|\n| Example Cloud<br>Example Way 1, Dublin | Hosting | Ireland |\n", "Example Cloud; Hosting; ; Ireland"},
		"widths and footnotes":      {"| Name | Purpose |\n|-|-|\n| ＥＸＡＭＰＬＥ Ｃｌｏｕｄ | Hosting |\n| Example\u00a0ﬁne ² | x |\n", "EXAMPLE Cloud; Hosting\nExample fine; x"},
		"a script for a link":       {"We use these sub-processors:\n\n- [x](javascript:alert(1)): mail\n", "x; mail"},
		"places": {"| Name | Purpose | Location |\n|-|-|-|\n| A | x | Dublin, Ireland; Frankfurt, Germany |\n| B | x | Germany, France and the Netherlands |\n| C | x | San Francisco, CA, USA |\n| D | x | United States (Oregon, Ohio), Ireland |\n| E | x | Bosnia and Herzegovina |\n| F | x | Tanzania, United Republic of |\n| G | x | Hong Kong SAR, China |\n",
			"A; x; ; Dublin, Ireland+Frankfurt, Germany\nB; x; ; Germany+France+the Netherlands\nC; x; ; San Francisco, CA, USA\nD; x; ; United States (Oregon, Ohio)+Ireland\nE; x; ; Bosnia and Herzegovina\nF; x; ; Tanzania, United Republic of\nG; x; ; Hong Kong SAR, China"},
	} {
		t.Run(name, func(t *testing.T) {
			_, rows, items := fieldRows(t, c.doc, RegisterOptions{Effective: fieldDay})
			if got := strings.Join(rows, "\n"); got != c.rows {
				t.Errorf("got\n%s\nwant\n%s\n%s", got, c.rows, told(items))
			}
		})
	}
}

// TestNeverDropped: what looks like a list and can't be read is refused by its line.
func TestNeverDropped(t *testing.T) {
	const good = "| Sub-processor | Purpose |\n|-|-|\n| A | B |\n\n"
	for _, c := range []struct{ doc, want string }{
		{good + "| Sub-processor | Location |\n|-|-|\n| C | Ireland |\n", "line 5: row: this table looks like a list"},
		{good + "| Name | Purpose | Location |\n|-|-|\n| C | D | Ireland |\n", "line 5: row: this heading has 3 cells"},
		{good + "<div>\n| Name | Purpose |\n|-|-|\n| C | D |\n</div>\n", "line 6: row: this heading has 2 cells"},
		{good + "| Name | Purpose |\n|-|-|\n| C | D | E |\n", "line 7: row: expected 2 cells, got 3"},
		{good + "| Name | Purpose | Status |\n|-|-|-|\n| C | D | Blue |\n", "line 7: status: says neither"},
		{good + "| Name | Purpose |\n|-|-|\n| C | |\n", "line 7: purpose: must not be empty"},
		{good + "We use the following sub-processors:\n\n- Example\n", "line 7: row: expected a company and its purpose"},
	} {
		if _, rows, items := fieldRows(t, c.doc, RegisterOptions{Effective: fieldDay}); rows != nil || !strings.HasPrefix(told(items), c.want) {
			t.Errorf("%q:\ngot %v %s\nwant %s", c.doc, rows, told(items), c.want)
		}
	}
	r := Register(strings.NewReader(good+"| Date | Change |\n|-|-|\n| 2026-01-01 | Added A |\n"), registerOptions("2026-09-01"))
	if _, _, ok := r.List(); !ok || r.Notes()["the table in line 5 has no columns for a company and what it is used for, and was passed over"] != 1 {
		t.Error("another table was passed over without a word", r.Notes())
	}
}

func TestWaysToSayADay(t *testing.T) {
	for said, want := range map[string]domain.Date{
		"Last updated on: Monday, 1 September 2026": "2026-09-01", "Updated: 1 sept. 2026": "2026-09-01", "Laatst bijgewerkt op 1 september 2026": "2026-09-01",
		"Senast uppdaterad: 1 september 2026": "2026-09-01", "Última actualización: 1 de septiembre de 2026": "2026-09-01", "Version vom 1. September 2026": "2026-09-01",
		"Gültig ab 1.9.2026": "2026-09-01", "En vigueur à compter du 1er août 2026": "2026-08-01", "시행일: 2026. 9. 1.": "2026-09-01", "Last modified 13/08/2026": "2026-08-13",
		"As of September 1, 2026, we use the following subprocessors:": "2026-09-01", "<p>Last updated: <time>September 1, 2026</time></p>": "2026-09-01",
		"Revision date: 1-Sep-2026": "2026-09-01", "Effective September 1, 2026, this list replaces the list of May 1, 2025.": "2026-09-01", "Version 3.1 (September 1, 2026)": "2026-09-01",
		"Stand: September 2026": "", "Last modified 8/6/2026": "", "Changes effective 2026-10-01:": "", "As of May 1, 2030 we will use Example New": "",
		"The previous list was effective as of May 1, 2020.": "", "Example New was last updated on May 1, 2020": "", "Updated February 30, 2023": "", "Last updated: 2026-13-01": "",
	} {
		if got := statedDate([]string{said}); got != want {
			t.Errorf("%q: got %q, want %q", said, got, want)
		}
	}
}

// TestFieldSameDay: the same rows in other words are sent as they were kept; other rows need to be
// called a correction.
func TestFieldSameDay(t *testing.T) {
	var history domain.ListHistory
	read := func(file string, correct bool) []Item {
		o := registerOptions("")
		o.Today, o.Correct = "2026-12-01", correct
		o.History = func(string) (domain.ListHistory, error) { return history, nil }
		return all(t, Register(strings.NewReader(fieldFile(t, "28-same-day-correction/"+file)), o))
	}
	first := read("v1.md", false)[0].Sub[0]
	k := domain.Kept{Event: first.Event}
	k.ID, k.Occurred = domain.ID{1}, first.Occurred
	history = history.Apply(k)
	for _, file := range []string{"v1.md", "v1-prose.md", "v1-crlf.md", "v1-bom.md"} {
		items := read(file, false)
		if items[0].Err != nil || items[0].Sub[0].ID != k.ID || items[0].Sub[0].Event.(domain.ListPublished).Digest != first.Event.(domain.ListPublished).Digest {
			t.Errorf("%s: expected the event that is kept: %s", file, told(items))
		}
	}
	if items := read("v1-corrected.md", false); items[0].Err == nil || items[0].Err.Rule != "register.day" || items[0].Err.Code != domain.Conflict {
		t.Errorf("a correction was not asked for: %s", told(items))
	}
	items := read("v1-corrected.md", true)
	if items[0].Err != nil {
		t.Fatal(told(items))
	}
	sub := items[0].Sub[0]
	if list := sub.Event.(domain.ListPublished); list.Corrects != k.ID || list.Entries[0].Locations[0] != "Sweden" || sub.SourceID == first.SourceID {
		t.Errorf("got %+v as %s", list, sub.SourceID)
	}
}

// TestPublishedAhead: it occurred when it was imported, and holds from its day; slips of the year are refused.
func TestPublishedAhead(t *testing.T) {
	read := func(day domain.Date) []Item {
		o := registerOptions(string(day))
		o.Today = "2026-12-01"
		return all(t, Register(strings.NewReader("| Name | Purpose |\n|-|-|\n| A | B |\n"), o))
	}
	for day, occurred := range map[domain.Date]domain.Date{"2027-02-01": "2026-12-01", "2026-12-01": "2026-12-01", "2020-01-01": "2020-01-01"} {
		items := read(day)
		if sub := items[0].Sub[0]; sub.Occurred.At != occurred.Start() || sub.Event.(domain.ListPublished).Effective != day {
			t.Errorf("%s: occurred %s", day, sub.Occurred.At.Std())
		}
	}
	for _, day := range []domain.Date{"0000-05-01", "1970-01-01", "2226-09-01", "9999-12-31"} {
		if items := read(day); items[0].Err == nil || items[0].Err.Field != "effective" {
			t.Errorf("%s: %s", day, told(items))
		}
	}
}

func TestEncodings(t *testing.T) {
	latin := fieldFile(t, "27-csv-for-excel/latin1.csv")
	if _, rows, items := fieldRows(t, latin, RegisterOptions{Effective: fieldDay}); rows != nil || !strings.Contains(told(items), "save the list as UTF-8") {
		t.Errorf("undeclared: %v %s", rows, told(items))
	}
	_, rows, _ := fieldRows(t, latin, RegisterOptions{Effective: fieldDay, Encoding: "windows-1252"})
	if strings.Join(rows, "\n") != "Beispiel Straße GmbH; Hosting; ; Österreich" {
		t.Errorf("declared: %q", rows)
	}
	for in, want := range map[string]string{"A\x00": "zero bytes", "\xff\xfeA": "isn't in the encoding"} {
		if _, rows, items := fieldRows(t, in, RegisterOptions{Effective: fieldDay}); rows != nil || !strings.Contains(told(items), want) {
			t.Errorf("%q: %s", in, told(items))
		}
	}
	if _, _, items := fieldRows(t, "x", RegisterOptions{Effective: fieldDay, Encoding: "no-such"}); !strings.Contains(told(items), "encoding: unknown") {
		t.Error(told(items))
	}
}
