package report

import (
	"slices"

	"muniment/domain"
	"muniment/ledger"
)

func (p *page) table(t *Table) {
	groups := t.groups()
	p.raw(`<section aria-labelledby="`, t.Name, `">`, "\n", `<h2 id="`, t.Name, `">`).text(t.Title).raw("</h2>\n")
	if len(t.Rows) == 0 {
		p.raw(`<p class="empty">`).text(t.Empty).raw("</p>\n</section>\n")
		return
	}
	// The roles keep a table a table where the style shows its rows as cards.
	p.raw("<table role=\"table\">\n<caption>").text(counted(len(t.Rows), "row", "rows"), ". ", t.Order).raw("</caption>\n<thead role=\"rowgroup\"><tr role=\"row\">")
	for _, g := range groups {
		p.raw(`<th scope="col" role="columnheader">`).text(t.Columns[g[0]].Group).raw(`<span class="mark">`, t.marks(g), `</span></th>`)
	}
	p.raw("</tr></thead>\n<tbody role=\"rowgroup\">\n")
	for _, cells := range t.Rows {
		p.raw(`<tr role="row">`)
		for _, g := range groups {
			p.raw(`<td role="cell" data-label="`).text(t.Columns[g[0]].Group).raw(`">`)
			p.stack(t, g, cells)
			p.raw("</td>")
		}
		p.raw("</tr>\n")
	}
	p.raw("</tbody>\n</table>\n</section>\n")
}

// marks says what a page column rests on; the marks of the lesser columns are said when they differ.
func (t *Table) marks(group []int) string {
	var marks []string
	for _, i := range group {
		if m := string(t.Columns[i].Mark); !slices.Contains(marks, m) {
			marks = append(marks, m)
		}
	}
	return List(marks).words()
}

// stack writes the first value of a page column, and the others below it with their titles. Without
// a first value the column says so, or else begins with its next.
func (p *page) stack(t *Table, group []int, cells []Cell) {
	first := true
	for _, i := range group {
		switch {
		case cells[i] != nil && first:
			p.raw("<b>").cell(cells[i]).raw("</b>")
			first = false
		case cells[i] != nil:
			p.raw(`<span class="more">`).text(t.Columns[i].Title).raw(": ").cell(cells[i]).raw("</span>")
		case t.Columns[i].Absent != "":
			p.raw(`<span class="empty">`).text(t.Columns[i].Absent).raw("</span>")
			first = false
		}
	}
}

func (p *page) cell(c Cell) *page {
	switch c := c.(type) {
	case nil:
		return p.text("none kept")
	case Moment, Instant, Local, Day:
		return p.raw(`<span class="time">`).text(c.words()).raw("</span>")
	case ID:
		return p.raw(`<span class="id">`, domain.ID(c).String()[:8], "…</span>") // in full in the other forms
	case Personal:
		return p.personal(c)
	case Personals:
		for i, v := range c {
			if i > 0 {
				p.raw("<br>")
			}
			p.personal(v)
		}
		return p
	}
	return p.text(c.words())
}

// personal sets a state apart from a value, so that nobody takes "erased" for a name.
func (p *page) personal(v Personal) *page {
	if v.State == ledger.StateClear {
		return p.text(v.words())
	}
	return p.raw(`<span class="state">`).text("(", v.words(), ")").raw("</span>")
}
