package intake

import (
	"fmt"
	"strings"
	"testing"

	"muniment/domain"
)

func registerOptions(effective string) RegisterOptions {
	return RegisterOptions{Effective: domain.Date(effective), NamingKey: func() ([]byte, error) { return make([]byte, 32), nil }}
}

// listed reads a list that must be good, and shows it: one row a line.
func listed(t *testing.T, doc string, o RegisterOptions) (domain.ListPublished, string) {
	t.Helper()
	items := all(t, Register(strings.NewReader(doc), o))
	if len(items) != 1 || items[0].Err != nil {
		t.Fatal(told(items))
	}
	list := items[0].Sub[0].Event.(domain.ListPublished)
	var out strings.Builder
	for _, e := range list.Entries {
		fmt.Fprintf(&out, "%s; %s; %s; %s; %s\n", e.Name, e.Purpose, strings.Join(e.Locations, "+"), e.Seat, e.URL)
	}
	return list, out.String()
}

const wantRows = "Example Cloud Inc.; Hosting; Ireland+Sweden; ; https://example.com/dpa\nExample Mail; Mail | post & more; United States; ; \n"

func TestRegisterShapes(t *testing.T) {
	for name, doc := range map[string]string{
		"table": "# List\n\n| Name | Purpose | Location |\n|---|:--|--:|\n| [Example Cloud Inc.](https://example.com/dpa) | Hosting | Ireland, Sweden |\n| Example Mail | Mail \\| post &amp; more | United States |\n\nAfter.\n",
		"no outer pipes": "Sub-processor|Description\tof processing|Location of Processing\n---|---|---\n[Example Cloud Inc.](https://example.com/dpa \"DPA\")\t|\tHosting | Ireland; Sweden\n" +
			"**Example Mail** | Mail \\| post & more | United States\n",
		"other columns, no last pipe": "| Vendor | Since | Countries | Services |\r\n|:---|---|---|---\r\n| [Example Cloud Inc.](https://example.com/dpa) | 2020 | Ireland<br>Sweden | Hosting\r\n| Example Mail | 2021 | United States | Mail \\| post & more\r\n",
		"bullets":                     "We use these subprocessors.\n\n* not this\n\nThese are located in Ireland, Sweden:\n\n* [Example Cloud Inc.](https://example.com/dpa).\n  Hosting.\n\nThese subprocessors are located in the United States:\n\n- **Example Mail** – Mail | post & more.\n\nThank you:\n\n* and not this\n",
		"csv":                         "Company,Purpose,Country,Website\n\"Example Cloud Inc.\",Hosting,\"Ireland, Sweden\",https://example.com/dpa\nExample Mail,Mail | post & more,United States,\n",
		"csv with semicolons":         "\ufeffName;Purpose;Location;URL\nExample Cloud Inc.;Hosting;Ireland,Sweden;https://example.com/dpa\nExample Mail;Mail | post & more;United States;http://example.com\n",
		"csv with tabs":               "Name\tURL\tPurpose\tLocation\nExample Cloud Inc.\thttps://example.com/dpa\tHosting\tIreland,Sweden\nExample Mail\t\tMail | post & more\tUnited States\n",
		"same row twice":              "| Name | Purpose | Location |\n|-|-|-|\n| [Example Cloud Inc.](https://example.com/dpa) | Hosting | Ireland, Sweden |\n| Example Mail | Mail \\| post & more | United States |\n| Example Mail | Mail \\| post & more | United States |\n",
		"two tables, one about cookies": "| Name | Purpose | Location |\n|-|-|-|\n| [Example Cloud Inc.](https://example.com/dpa) | Hosting | Ireland, Sweden |\n\n| Provider | Cookie Name | Description |\n|-|-|-|\n| Example | id | it |\n\n" +
			"| Name | Purpose | Location |\n|-|-|-|\n| Example Mail | Mail \\| post & more | United States |\n",
		"comments and examples": "<!--\n| Name | Purpose |\n|-|-|\n| Gone | Gone |\n-->\n```\n| Name | Purpose |\n|-|-|\n| No | No |\n```\n| Name | Purpose | Location |\n|-|-|-|\n| [Example Cloud Inc.](https://example.com/dpa) | Hosting | Ireland, Sweden |\n<!-- | Gone | x | y | -->| Example Mail | Mail \\| post & more | United States |\n",
	} {
		t.Run(name, func(t *testing.T) {
			list, rows := listed(t, doc, registerOptions("2026-09-01"))
			if rows != wantRows {
				t.Errorf("got\n%s", rows)
			}
			if list.List != "main" || list.Effective != "2026-09-01" || len(list.Digest) != 64 {
				t.Errorf("%+v", list)
			}
		})
	}
}

func TestSeat(t *testing.T) {
	_, rows := listed(t, "| Name | Processing | Location of Processing | Corporate Location\n|---|---|---|---|\n| Example | Hosting | Ireland | United States |\n", registerOptions("2026-09-01"))
	if rows != "Example; Hosting; Ireland; United States; \n" {
		t.Error(rows)
	}
}

func TestStatedDate(t *testing.T) {
	const table = "\n| Name | Purpose |\n|-|-|\n| A | B |\n"
	for said, want := range map[string]domain.Date{
		"Effective date: **May 25, 2018**":                  "2018-05-25",
		"*Last updated: June 8, 2023*":                      "2023-06-08",
		"Last Updated on 8 June 2023.":                      "2023-06-08",
		"Effective as of 2024-02-29":                        "2024-02-29",
		"Last updated: 2024-03-01\nEffective: Feb 29, 2024": "2024-02-29",
	} {
		list, _ := listed(t, said+"\n"+table, registerOptions(""))
		if list.Effective != want {
			t.Errorf("%s: got %s", said, list.Effective)
		}
		list, _ = listed(t, said+"\n"+table, registerOptions("2026-01-01"))
		if list.Effective != "2026-01-01" {
			t.Errorf("%s: the flag must win, got %s", said, list.Effective)
		}
	}
	for _, said := range []string{"", "Last updated: 6/8/2023", "Updated February 30, 2023", "It was effective on May 25, 2018, they say"} {
		items := all(t, Register(strings.NewReader(said+"\n"+table), registerOptions("")))
		if len(items) != 1 || items[0].Err == nil || items[0].Err.Field != "effective" {
			t.Errorf("%q: %s", said, told(items))
		}
	}
}

func TestRefusedLists(t *testing.T) {
	head := "| Name | Purpose | Location |\n|-|-|-|\n"
	for _, c := range []struct{ in, want string }{
		{"", "line 1: no list found"},
		{"# Nothing\n\nhere\n", "line 1: no list found"},
		{"| Name | Reason |\n|-|-|\n| a | b |\n", "line 1: no list found"},
		{"Name,Purpose\n", "line 1: no list found"},
		{"\xff\xff", "line 1: invalid UTF-8"},
		{strings.Repeat(" ", MaxDocument+1), "line 1: longer than 4 MiB"},
		{head + "| Example | |\n", "line 3: purpose: must not be empty"},
		{head + "| | Hosting | Ireland |\n", "line 3: name: must not be empty"},
		{head + "| " + strings.Repeat("a", 201) + " | Hosting | |\n| B | " + strings.Repeat("b", 501) + " | |\n| C | D | " + strings.Repeat("c", 121) + " |\n",
			"line 3: name: expected the name of an organisation, 200 characters at most, got 201 characters\nline 4: purpose: expected a description of the processing, 500 characters at most, got 501 characters\nline 5: locations.0: expected a place"},
		{head + "| Example | Mail | post | Ireland |\n", "line 3: row: expected 3 cells, got 4: write a | inside a cell as \\|"},
		{head + "| Example Inc. | Hosting | Ireland |\n| Other | x | y |\n| Example | Hosting | Sweden |\n", "line 5: name, locations: the rows in lines 3 and 5 have the same company and purpose but differ here"},
		{"Located in the EU:\n\n* Example\n", "line 3: row: expected a company and its purpose"},
		{"Name,Purpose\nExample,\"Hosting\n", "line 2: row: not CSV"},
		{"Name,Purpose\n" + strings.Repeat("a,b\n", 1001), "line 1002: more than 1000 rows"},
	} {
		items := all(t, Register(strings.NewReader(c.in), registerOptions("2026-09-01")))
		got := told(items)
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%.80q:\ngot  %.300s\nwant %s", c.in, got, c.want)
		}
		for _, i := range items {
			if i.Sub != nil {
				t.Errorf("%.80q: a list with a refused row was submitted", c.in)
			}
		}
	}
	items := all(t, Register(strings.NewReader(head+"| a | b | c |\n"), RegisterOptions{List: "our list", Effective: "2026-09-01", NamingKey: registerOptions("").NamingKey}))
	if got := told(items); !strings.HasPrefix(got, "line 1: list: expected a version label") {
		t.Error(got)
	}
}

func TestKeys(t *testing.T) {
	key := func(list, name, purpose string, renames domain.Renames) domain.ID {
		o := registerOptions("2026-09-01")
		o.List, o.Renames = list, renames
		l, _ := listed(t, "| Name | Purpose |\n|-|-|\n| "+name+" | "+purpose+" |\n", o)
		return l.Entries[0].Key
	}
	same := key("main", "Example Cloud Inc.", "Hosting", nil)
	if key("main", "EXAMPLE  CLOUD", "hosting.", nil) != same {
		t.Error("spelling makes another key")
	}
	for what, other := range map[string]domain.ID{
		"list": key("eu", "Example Cloud Inc.", "Hosting", nil), "purpose": key("main", "Example Cloud Inc.", "Mail", nil), "name": key("main", "New Cloud", "Hosting", nil),
	} {
		if other == same {
			t.Errorf("another %s makes no other key", what)
		}
	}
	renames, err := ReadRenames(strings.NewReader("old,new\nExample Cloud,Middle Cloud\n\"Middle Cloud, Inc.\",New Cloud AB\n"))
	if err != nil {
		t.Fatal(err)
	}
	if key("main", "New Cloud", "Hosting", renames) != same || key("main", "Example Cloud", "Hosting", renames) != same {
		t.Error("a renamed company lost its key")
	}
	circle := domain.Renames{"A": "B", "B": "A"}
	key("main", "A", "Hosting", circle) // ends
	for in, want := range map[string]string{"a,b\nc\n": "line 2: expected the old name", "a,b\na,c\n": "line 2: this old name", "\"a": "line 1"} {
		if _, err := ReadRenames(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", in, err)
		}
	}
}

func TestRegisterKept(t *testing.T) {
	l := newLedger(t)
	const doc = "| Name | Purpose | Location |\n|-|-|-|\n| Example | Hosting | Ireland |\n"
	read := func(doc, effective string) Reader {
		return Register(strings.NewReader(doc), registerOptions(effective))
	}
	imported(t, l, read(doc, "2026-09-01"), "kept 1, duplicate 0, refused 0")
	imported(t, l, read(doc, "2026-09-01"), "kept 0, duplicate 1, refused 0")
	imported(t, l, read(doc, "2025-09-01"), "kept 1, duplicate 0, refused 0")
	out := imported(t, l, read(strings.Replace(doc, "Ireland", "Sweden", 1), "2026-09-01"), "kept 0, duplicate 0, refused 1")
	if !strings.Contains(out, "data.digest, data.entries") {
		t.Error(out)
	}
}
