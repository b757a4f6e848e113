package intake

import (
	"strings"

	"muniment/domain"
)

// columns says which column of a table holds what; -1 where none does.
type columns struct {
	name, purpose, location, seat, url int
	heads                              []string
}

// headWords tells a column by a word in its heading, first match first: "Corporate Location" is no
// place of processing, "Location of Processing" no purpose, "Service Provider" a name.
var headWords = []struct {
	words string
	at    func(*columns) *int
}{
	{"corporate headquarters headquartered seat registered establishment established incorporation", func(c *columns) *int { return &c.seat }},
	{"location locations country countries region regions place where", func(c *columns) *int { return &c.location }},
	{"url website web link", func(c *columns) *int { return &c.url }},
	{"name subprocessor subprocessors sub-processor sub-processors vendor vendors company entity provider party organisation organization supplier",
		func(c *columns) *int { return &c.name }},
	{"purpose purposes description processing service services function functions activity activities use used nature", func(c *columns) *int { return &c.purpose }},
}

// columnsOf reads a heading row. ok is false when the table is no register: one needs a name and a
// purpose. A table about cookies has both and is none.
func columnsOf(cells []string) (c columns, ok bool) {
	c = columns{name: -1, purpose: -1, location: -1, seat: -1, url: -1, heads: cells}
	if len(cells) > 64 {
		return c, false
	}
	for i, cell := range cells {
		head := strings.ToLower(clean(cell))
		if strings.Contains(head, "cookie") {
			return c, false
		}
		if at := c.column(strings.FieldsFunc(head, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') })); at != nil && *at < 0 {
			*at = i
		}
	}
	return c, c.name >= 0 && c.purpose >= 0
}

func (c *columns) column(words []string) *int {
	for _, h := range headWords {
		for _, w := range words {
			if strings.Contains(" "+h.words+" ", " "+w+" ") {
				return h.at(c)
			}
		}
	}
	return nil
}

// row reads the cells of one row.
func (c columns) row(line int, cells []string, d drops) row {
	w := row{line: line}
	if len(cells) > len(c.heads) {
		w.no = domain.Malformed("row", "expected %d cells, got %d: write a | inside a cell as \\|, and a cell with a comma in quotes", len(c.heads), len(cells))
		return w
	}
	cell := func(i int) string {
		if i < 0 || i >= len(cells) {
			return ""
		}
		return cells[i]
	}
	w.name, w.url = linked(cell(c.name))
	w.purpose, w.locations, w.seat = clean(cell(c.purpose)), places(cell(c.location)), clean(cell(c.seat))
	if own := strings.TrimSpace(cell(c.url)); own != "" {
		if _, w.url = linked(own); w.url == "" {
			w.url = clean(own)
		}
	}
	if w.url != "" && domain.Reasons["url"].Check(w.url) != nil {
		d.add("", "url") // a plain http link: the list is good without it
		w.url = ""
	}
	for i, v := range cells {
		if i != c.name && i != c.purpose && i != c.location && i != c.seat && i != c.url && clean(v) != "" {
			d.add("", strings.ReplaceAll(clean(c.heads[i]), " ", "_"))
		}
	}
	return w
}

// places splits a cell with several places. "Frankfurt, Germany" becomes two, which says no more
// and no less than one.
func places(cell string) (list []string) {
	cell = breaks.ReplaceAllString(cell, ";")
	for _, p := range strings.FieldsFunc(cell, func(r rune) bool { return r == ';' || r == ',' }) {
		if p = clean(p); p != "" {
			list = append(list, p)
		}
	}
	return list
}
