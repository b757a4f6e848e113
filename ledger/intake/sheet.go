package intake

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"muniment/domain"
)

func noList() *domain.Refusal {
	return domain.Malformed("", "no list found: expected a table (Markdown, HTML or CSV) with columns for name, purpose and location, or a bullet list below a sentence such as \"These subprocessors are located in the EU:\"")
}

// csv reads a list as CSV: commas, semicolons, tabs or pipes, whichever gives the best heading. A line
// "sep=;" says which, and titles may stand above the heading.
func (r *reading) csv(doc string) *domain.Refusal {
	doc = strings.TrimPrefix(doc, "\ufeff")
	skipped, commas := 0, []rune{',', ';', '\t', '|'}
	if first, rest, _ := strings.Cut(doc, "\n"); strings.HasPrefix(strings.ToLower(first), "sep=") {
		if sep := []rune(strings.TrimSpace(first[4:]) + "\t"); strings.ContainsRune(",;\t|", sep[0]) {
			commas = sep[:1]
		}
		doc, skipped = rest, 1
	}
	var best sheet
	for _, comma := range commas {
		s := sheetOf(doc, comma, 10)
		c, at, ok, like := headingOf(s.rows)
		if ok && (!best.ok || c.score > best.c.score) || like && !best.ok && !best.like {
			best = sheet{comma: comma, c: c, at: at, ok: ok, like: like}
		}
	}
	if !best.ok {
		if best.like {
			r.rows = append(r.rows, row{line: skipped + 1, no: domain.Malformed("row", "this looks like a list of sub-processors, but no two headings say which company and what for: name the columns Sub-processor and Purpose")})
			return nil
		}
		return noList()
	}
	s := sheetOf(doc, best.comma, -1)
	for i := range s.rows {
		s.rows[i].line += skipped
	}
	r.body(best.c, s.rows[best.at], s.rows[best.at+1:], nil)
	if s.no != nil {
		r.rows = append(r.rows, row{line: s.wrong + skipped, no: s.no})
	}
	if len(r.rows) == 0 {
		return noList()
	}
	return nil
}

// sheet is a CSV file cut into cells, and where it stops being one.
type sheet struct {
	comma    rune
	c        columns
	at       int
	ok, like bool
	rows     []tableRow
	wrong    int
	no       *domain.Refusal
}

// sheetOf reads at most limit rows; all when it is negative.
func sheetOf(doc string, comma rune, limit int) (s sheet) {
	in := csv.NewReader(strings.NewReader(doc))
	in.FieldsPerRecord, in.Comma = -1, comma
	in.TrimLeadingSpace = comma != '\t' // an empty cell between tabs is not space
	for limit < 0 || len(s.rows) < limit {
		texts, err := in.Read()
		if errors.Is(err, io.EOF) {
			return s
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			s.wrong, s.no = wrong.Line, domain.Malformed("row", "not CSV: %s", wrong.Err)
			return s
		}
		if err != nil {
			s.wrong, s.no = 1, unreadable("can't be read as CSV")
			return s
		}
		line, _ := in.FieldPos(0)
		t := tableRow{line: line}
		for i, text := range texts {
			if i > maxColumns && strings.TrimSpace(text) == "" {
				continue
			}
			t.cells = append(t.cells, cell{text: strings.TrimSpace(text)})
		}
		s.rows = append(s.rows, t)
		if len(s.rows) > 2*maxRows {
			return s
		}
	}
	return s
}
