package intake

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/domain"
)

// Each case below is a small list after one that a company published, with the value that a careful
// reader would write down. A row is "name; purpose; service; places; seat; page; status".
const fieldDay = domain.Date("2026-09-01")

func fieldFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "field", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func rowText(e domain.Entry) string {
	return strings.TrimRight(fmt.Sprintf("%s; %s; %s; %s; %s; %s; %s", e.Name, e.Purpose, e.Service, strings.Join(e.Locations, "+"), e.Seat, e.URL, e.Status), "; ")
}

// fieldRows reads a list with today's day known, and shows its rows.
func fieldRows(t *testing.T, doc string, o RegisterOptions) (domain.Date, []string, []Item) {
	t.Helper()
	if o.Today == "" {
		o.Today = "2026-12-01"
	}
	o.NamingKey = registerOptions("").NamingKey
	r := Register(strings.NewReader(doc), o)
	items := all(t, r)
	list, _, ok := r.List()
	if !ok {
		return "", nil, items
	}
	var rows []string
	for _, e := range list.Entries {
		rows = append(rows, rowText(e))
	}
	return list.Effective, rows, items
}

func TestFieldLists(t *testing.T) {
	for _, c := range []struct {
		file string
		rows string
	}{
		{"01-tables-with-other-headings/input.md", `
Example Cloud, Inc.; Hosting provider; ; United States
Example Database, Inc.; Hosting provider; ; United States
Example Models, LLC; Model provider; Example AI; United States
Example Search Inc.; Web search; Example AI; United States
Example Mail Inc.; Sending of mail; ; United States`},
		{"02-service-before-purpose/input.md", `
Example Cloud, Inc.; Hosting of queries and cached workflow data; Cloud edition; United States
Example Cloud, Inc.; Hosting of queries and cached workflow data; Workflows; Ireland`},
		{"03-service-is-the-name/input.md", `
Example Errors; Error monitoring
Example Dashboards; Monitoring dashboards; ; Ireland`},
		{"04-company-and-subprocessor/input.csv", `
Example Cloud; Infrastructure, mostly in the US
Example Models; Answers of the assistant
Example Mail; Sending of mail`},
		{"06-planned-and-removed/input.md", `
Example Cloud; Hosting; ; Ireland
Example Old Mail; Sending of mail; ; United States; ; ; ENDED
Example Push; Push messages; ; United States; ; ; ANNOUNCED
Example Payments; Merchant of record; ; United Kingdom; ; ; ANNOUNCED`},
		{"07-headquarters-as-place/input.md", `
Example Cloud; Cloud services; ; ; Luxembourg
Example Mailbox; Business communication; ; ; Australia`},
		{"07-headquarters-as-place/input2.md", `
Example Cloud; Cloud service provider; ; ; US`},
		{"09-markup-in-cells/input.md", `
Example Cloud; Hosting; ; Ireland
Example Mail; Sending of mail; ; United States
Example Errors; Errors_and logs; ; ; ; https://example.com/
Example Pay; Billing & tax; ; EU (Germany, France)
Example Refs; Support; ; Washington, D.C., USA; ; https://example.net/
Example Text (a.k.a. Example_SMS); Texts; ; U.S.+E.U.`},
		{"10-german-list/input.md", `
Beispiel Hosting GmbH; Hosting; ; Deutschland+Finnland; Deutschland
Beispiel Post SAS; Versand von E-Mails; ; Belgien; Frankreich`},
		{"10-german-list/input-fr.md", `
Exemple Hébergement SAS; Hébergement; ; France`},
		{"10-german-list/input-ko.md", `
예시(주); 전자결제 처리; ; 대한민국`},
		{"11-obligations-as-companies/input.md", `
Example Hosting, LLC; Cloud hosting; ; Amsterdam (NL)
Example Mail Ltd; Sending of mail; ; USA`},
		{"12-merged-cells/input.md", `
Example Cloud; Hosting; ; Ireland
Example Cloud; Object storage; ; Ireland
Example Mail; Sending of mail; ; United States
Example UK Ltd; Support; ; United Kingdom`},
		{"13-role-heading/input.md", `
Example Cloud, Inc.; Hosting, storage, backups; ; United States`},
		{"27-csv-for-excel/input.csv", `
Société Exemple Hébergement; Hébergement; ; Île-de-France
=HYPERLINK("https://example.com","x"); @SUM(1+1)*cmd|' /C calc'!A0; ; Ireland
=1+1; =1+1; ; Ireland
مثال للاستضافة; Hosting; ; Ireland
Example 😀 Cloud; Line one Line two; ; Ireland`},
		{"27-csv-for-excel/formula.csv", `
=HYPERLINK("https://example.com","x"); @SUM(1); ; Ireland
=1+1; Mail; ; Ireland`},
		{"27-csv-for-excel/cr.csv", "\nExample; Hosting; ; Ireland"},
		{"27-csv-for-excel/sep.csv", "\nExample; Hosting; ; Ireland"},
		{"27-csv-for-excel/title.csv", "\nExample; Hosting; ; Ireland"},
		{"27-csv-for-excel/trailing.csv", "\nExample; Hosting; ; Ireland"},
		{"27-csv-for-excel/utf16.csv", "\nExample; Hosting; ; Ireland"},
		{"32-names-that-deceive/input.md", `
Example <script>alert(1)</script>; Hosting; ; Ireland
Example <img src=x onerror=alert(1)>; Mail; ; Ireland
E*TRADE Example; Payments; ; Ireland
Example __init__ Labs; Builds; ; Ireland
Example [U+202E]gnp.exe[U+202C] Ltd; Files; ; Ireland
Examp[U+200B]le Hidden; Files two; ; Ireland
Еxample Cyrillic; Files three; ; Ireland`},
		{"33-places/input.md", `
Example A; One; ; EU (Germany, France)
Example B; Two; ; Washington, D.C., USA
Example C; Three; ; Korea, Republic of
Example D; Four; ; US+EU
Example E; Five; ; Ireland+United States
Example F; Six; ; USA+Canada
Example G; Seven; ; Ireland+Sweden
Example H; Eight; ; Ireland+Sweden
Example I; Nine; ; Depends on the region you choose (US, EU or AU)
Example J; Ten
Example K; Eleven`},
		{"36-other-shapes/bullets-with-intro-heading.md", `
Example Cloud; Hosting; ; EU
Example Base (formerly Example DB); Database: managed; ; EU
Example Mail, Inc.; Sending of mail; ; United States; ; https://example.org/dpa
St. Example Labs; Research; ; United States`},
		{"36-other-shapes/headings-and-bullets.md", `
Example Hosting, LLC; Cloud hosting; ; Amsterdam (NL)
Example Mail Ltd; Sending of mail; ; USA`},
		{"36-other-shapes/html-and-markdown.md", `
Example Cloud; Hosting; ; Ireland
Example UK Ltd; Support; ; United Kingdom`},
		{"36-other-shapes/html-table.md", `
Example Cloud; Hosting; ; Ireland
Example Cloud; Backups; ; Sweden`},
		{"36-other-shapes/nested-bullets.md", `
Example Cloud; Hosting; ; Ireland
Example Mail; Sending of mail; ; United States`},
		{"36-other-shapes/numbered.md", `
Example Cloud; Hosting; ; ; ; https://example.com
Example Mail; Sending of mail; ; ; ; https://example.org`},
	} {
		t.Run(c.file, func(t *testing.T) {
			_, rows, items := fieldRows(t, fieldFile(t, c.file), RegisterOptions{Effective: fieldDay})
			if rows == nil {
				t.Fatal(told(items))
			}
			if got := "\n" + strings.Join(rows, "\n"); got != c.rows {
				t.Errorf("got%s\nwant%s", got, c.rows)
			}
		})
	}
}

func TestFieldDates(t *testing.T) {
	for file, want := range map[string]domain.Date{
		"34-stated-dates/1.md": "2025-06-02", "34-stated-dates/2.md": "2024-08-19", "34-stated-dates/3.md": "2025-05-15", "34-stated-dates/4.md": "2026-03-19",
		"34-stated-dates/5.md": "2026-05-07", "34-stated-dates/6.md": "2026-09-01", "34-stated-dates/7.md": "2026-09-01", "34-stated-dates/8.md": "",
		"34-stated-dates/9.md": "2026-09-01", "34-stated-dates/10.md": "2026-09-01", "34-stated-dates/11.md": "2026-09-01", "34-stated-dates/12.md": "2026-03-19",
		"34-stated-dates/13.md": "2026-07-06", "34-stated-dates/14.md": "2026-09-01", "34-stated-dates/15.md": "2025-12-05", "34-stated-dates/16.md": "2023-06-14",
		"34-stated-dates/17.md": "2026-09-01", "34-stated-dates/18.md": "2023-06-08", "34-stated-dates/19.md": "2023-06-08", "34-stated-dates/20.md": "",
		"35-list-published-ahead/ahead.md": "2027-02-01", "35-list-published-ahead/announcement-above.md": "2026-11-20", "35-list-published-ahead/past-change-above.md": "2026-09-10",
		"10-german-list/input.md": "2026-09-01", "10-german-list/input-fr.md": "2026-09-01", "10-german-list/input-ko.md": "2026-04-23",
	} {
		day, _, items := fieldRows(t, fieldFile(t, file), RegisterOptions{})
		if day != want {
			t.Errorf("%s: got %q, want %q %s", file, day, want, told(items))
		}
		if want == "" && !strings.Contains(told(items), "--effective") {
			t.Errorf("%s: the refusal doesn't say what to do: %s", file, told(items))
		}
	}
}
