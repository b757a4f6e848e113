package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"muniment/domain"
)

// reading is a list as it is being read.
type reading struct {
	effective domain.Date
	drops     drops
	notes     notes
	rows      []row
	sections  []section
	where     string // where the companies below the last heading are
}

// section is a heading with what it says of all companies below it.
type section struct {
	level  int
	status domain.EntryStatus
}

func (r *reading) status() domain.EntryStatus {
	for _, s := range r.sections {
		if s.status != "" {
			return s.status
		}
	}
	return ""
}

func (r *reading) heading(b block) {
	r.sections = slices.DeleteFunc(r.sections, func(s section) bool { return s.level >= b.level })
	r.sections = append(r.sections, section{b.level, sectionStanding(b.text, r.effective)})
	r.where = ""
}

func (r *reading) add(w row) {
	if w.status == "" && w.standing == "" {
		w.status = r.status()
	}
	r.rows = append(r.rows, w)
}

// rowsOf finds the rows of a register in a document: all tables that look like one, bullets below a
// sentence that introduces companies, and headings with labelled bullets below them. What isn't
// Markdown or HTML is read as CSV.
func (r *reading) rowsOf(doc string) *domain.Refusal {
	p, no := pageOf(doc)
	if no != nil {
		return no
	}
	blocks := blocksOf(p.root)
	tables := false
	for _, b := range blocks {
		if b.table != nil {
			_, _, ok, _ := headingOf(b.table)
			tables = tables || ok
		}
	}
	for i := 0; i < len(blocks); i++ {
		b := blocks[i]
		switch {
		case b.level > 0:
			r.heading(b)
			if n := r.company(blocks[i:]); n > 0 {
				i += n
			}
		case b.table != nil:
			r.table(b, p)
		case b.items != nil:
			r.bullets(blocks[:i], b, tables)
		}
	}
	r.unrecognised(p)
	if len(r.rows) > 0 {
		slices.SortStableFunc(r.rows, func(a, b row) int { return a.line - b.line })
		return nil
	}
	return r.csv(doc)
}

// headingOf finds the heading of a table among its first rows: titles and empty rows may stand above
// it. like is true when there is none but a row looks like one.
func headingOf(rows []tableRow) (c columns, at int, ok, like bool) {
	likely := -1
	for i, row := range rows[:min(10, len(rows))] {
		heads := make([]string, len(row.cells))
		for j, x := range row.cells {
			heads[j] = oneLine(x.text)
		}
		for len(heads) > 0 && heads[len(heads)-1] == "" {
			heads = heads[:len(heads)-1]
		}
		c, ok, maybe := columnsOf(heads)
		if ok {
			return c, i, true, false
		}
		if maybe && likely < 0 && i == 0 {
			likely = i
		}
	}
	return c, max(0, likely), false, likely >= 0
}

func (r *reading) table(b block, p *page) {
	c, at, ok, like := headingOf(b.table)
	switch {
	case like:
		r.rows = append(r.rows, row{line: b.table[at].line, no: domain.Malformed("row", "this table looks like a list of sub-processors, but no two headings say which company and what for: name the columns Sub-processor and Purpose")})
		return
	case !ok:
		if len(b.table) > 0 {
			r.notes[fmt.Sprintf("the table in line %d has no columns for a company and what it is used for, and was passed over", b.table[0].line)]++
		}
		return
	}
	r.body(c, b.table[at], b.table[at+1:], p.long)
}

// body reads the rows below a heading.
func (r *reading) body(c columns, head tableRow, rows []tableRow, long map[int]int) {
	before, section := cell{}, r.status()
	name := c.at[roleName]
	for i, t := range rows {
		for j := range t.cells { // a cell that says nothing at its end
			t.cells[j].text = strings.TrimSpace(t.cells[j].text)
		}
		filled := 0
		for _, x := range t.cells {
			if x.text != "" {
				filled++
			}
		}
		switch {
		case long[t.line] > 0:
			r.rows = append(r.rows, row{line: t.line, no: tooMany(len(c.heads), long[t.line])})
			continue
		case filled == 0, sameCells(t, head):
			continue
		case filled == 1 && isSection(t, rows, i, name):
			before, section = cell{}, sectionStanding(firstText(t), r.effective)
			if section == "" {
				section = r.status()
			}
			continue
		}
		if name < len(t.cells) {
			if t.cells[name].text == "" && before.text != "" {
				t.cells[name] = before // merged with the cell above
			}
			before = t.cells[name]
		}
		w := c.row(t.line, t.cells, r.drops)
		if w.status == "" && w.standing == "" {
			w.status = section
		}
		r.rows = append(r.rows, w)
	}
}

func sameCells(a, b tableRow) bool {
	return slices.EqualFunc(a.cells, b.cells, func(x, y cell) bool { return oneLine(x.text) == oneLine(y.text) })
}

func firstText(t tableRow) string {
	for _, c := range t.cells {
		if c.text != "" {
			return oneLine(c.text)
		}
	}
	return ""
}

var sectionWords = regexp.MustCompile(`^(?:(?:our |group )?affiliates?(?: companies)?|(?:sub ?processors?|third part(?:y|ies)|infrastructure|hosting|support|other|others|optional|core|group companies|konzernunternehmen|filiales|` +
	`dochterondernemingen|dotterbolag|계열사)(?: .*)?)$`)

// isSection reports whether a row with one filled cell is a heading of the rows below it: it spans the
// table, or it is bold where the names of other rows are not, or it says so.
func isSection(t tableRow, rows []tableRow, at, name int) bool {
	i := slices.IndexFunc(t.cells, func(c cell) bool { return c.text != "" })
	if at+1 == len(rows) { // nothing below it
		return t.cells[i].all
	}
	if t.cells[i].all || i == 0 && sectionWords.MatchString(strings.ReplaceAll(fold(t.cells[i].text), "-", "")) {
		return true
	}
	if !t.cells[i].bold {
		return false
	}
	return !slices.ContainsFunc(rows, func(other tableRow) bool {
		n := 0
		for _, c := range other.cells {
			if c.text != "" {
				n++
			}
		}
		return n > 1 && name < len(other.cells) && other.cells[name].bold
	})
}

// unrecognised refuses lines that are drawn as a table and weren't read as one: an empty line is
// missing above it, or a cell in its heading.
func (r *reading) unrecognised(p *page) {
	for i := 1; i < len(p.lines); i++ {
		l := p.lines[i]
		if !strings.Contains(l, "|") || !delimiters.MatchString(l) || p.heads[i] || !strings.Contains(p.lines[i-1], "|") {
			continue
		}
		heads := strings.Split(strings.Trim(strings.TrimSpace(p.lines[i-1]), "|"), "|")
		if _, ok, like := columnsOf(heads); ok || like {
			r.rows = append(r.rows, row{line: i, no: domain.Malformed("row",
				"this heading has %d cells and the line below it %d, or no empty line stands above it, so it is no table: mend it, or its rows would be lost", len(heads), cellCount(l))})
		}
	}
}
