package intake

import (
	"html"
	"regexp"
	"strings"

	"muniment/domain"
)

var (
	comment   = regexp.MustCompile(`(?s)<!--.*?-->`)
	breaks    = regexp.MustCompile(`(?i)<br\s*/?>`)
	aligning  = regexp.MustCompile(`^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$`)
	link      = regexp.MustCompile(`\[([^\]]*)\]\(\s*<?([^)\s>]*)>?[^)]*\)`)
	emphasis  = regexp.MustCompile("\\*{1,3}|_{2,3}|`|~~")
	bullet    = regexp.MustCompile(`^[*+-]\s+(.*)$`)
	company   = regexp.MustCompile(`^(\[[^\]]*\]\([^)]*\)|\*\*[^*]+\*\*|[^:–—]+?)(?:\s+-\s+|\s*[.:–—]\s+)(\S.*)$`)
	located   = regexp.MustCompile(`(?i)\blocated in (?:the )?([^:.]+?)\s*:\s*$`)
	introduce = regexp.MustCompile(`(?i)\b(located in|sub-?processors?)\b`)
)

// rowsOf finds the rows of the register in a document: the first table whose heading looks like one
// (and later ones with the same heading), else bullet lists that a sentence introduces, else CSV.
func rowsOf(doc string, d drops) ([]row, *domain.Refusal) {
	doc = strings.TrimPrefix(doc, "\ufeff")
	lines := strings.Split(comment.ReplaceAllStringFunc(doc, func(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) }), "\n")
	unfence(lines)
	if rows := tableRows(lines, d); rows != nil {
		return rows, nil
	}
	if rows := bulletRows(lines, d); rows != nil {
		return rows, nil
	}
	return csvRows(doc, d)
}

// unfence blanks what stands between code fences: examples are not rows.
func unfence(lines []string) {
	fence := ""
	for i, l := range lines {
		l = strings.TrimSpace(l)
		switch mark := l[:min(3, len(l))]; {
		case fence != "":
			lines[i] = ""
			if mark == fence {
				fence = ""
			}
		case mark == "```" || mark == "~~~":
			fence, lines[i] = mark, ""
		}
	}
}

func tableRows(lines []string, d drops) (rows []row) {
	var heading []string
	for i := 0; i+1 < len(lines); i++ {
		if !strings.Contains(lines[i], "|") || !strings.Contains(lines[i+1], "-") || !aligning.MatchString(lines[i+1]) {
			continue
		}
		heads := cellsOf(lines[i])
		c, ok := columnsOf(heads)
		if !ok || heading != nil && strings.Join(heads, "|") != strings.Join(heading, "|") {
			continue
		}
		heading = heads
		for i += 2; i < len(lines) && strings.Contains(lines[i], "|"); i++ {
			rows = append(rows, c.row(i+1, cellsOf(lines[i]), d))
		}
	}
	return rows
}

// cellsOf splits a table row. The pipes at its ends may be missing; one after a backslash is text.
func cellsOf(line string) []string {
	line = strings.TrimPrefix(strings.TrimSpace(line), "|")
	var cells []string
	var cell strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line) && line[i+1] == '|':
			cell.WriteByte('|')
			i++
		case line[i] == '|':
			cells = append(cells, strings.TrimSpace(cell.String()))
			cell.Reset()
		default:
			cell.WriteByte(line[i])
		}
	}
	if last := strings.TrimSpace(cell.String()); last != "" {
		cells = append(cells, last)
	}
	return cells
}

// bulletRows reads lists such as "* [Name](url). Purpose." below a sentence that ends in a colon and
// speaks of sub-processors or of where they are. A line right below a bullet goes on with it.
func bulletRows(lines []string, d drops) (rows []row) {
	introduced, where := false, ""
	for i := 0; i < len(lines); i++ {
		text := strings.TrimSpace(lines[i])
		m := bullet.FindStringSubmatch(text)
		switch {
		case text == "":
		case m == nil:
			introduced, where = strings.HasSuffix(text, ":") && introduce.MatchString(text), ""
			if at := located.FindStringSubmatch(text); at != nil {
				where = at[1]
			}
		case introduced:
			line := i + 1
			for i+1 < len(lines) && strings.TrimSpace(lines[i+1]) != "" && !bullet.MatchString(strings.TrimSpace(lines[i+1])) {
				i++
				if len(m[1]) < 4096 { // beyond that the row is too long as it is
					m[1] += " " + strings.TrimSpace(lines[i])
				}
			}
			rows = append(rows, bulletRow(line, m[1], where, d))
		}
	}
	return rows
}

func bulletRow(line int, text, where string, d drops) row {
	m := company.FindStringSubmatch(text)
	if m == nil {
		return row{line: line, no: domain.Malformed("row", "expected a company and its purpose, such as * [Name](https://example.com). Purpose")}
	}
	c := columns{name: 0, purpose: 1, location: 2, seat: -1, url: -1, heads: make([]string, 3)}
	return c.row(line, []string{m[1], strings.TrimSuffix(strings.TrimSpace(m[2]), "."), where}, d)
}

// linked takes a cell's text and the address of its link apart.
func linked(cell string) (text, url string) {
	if m := link.FindStringSubmatch(cell); m != nil {
		url = m[2]
	} else if m := strings.Trim(strings.TrimSpace(cell), "<>"); strings.HasPrefix(m, "https://") && !strings.ContainsAny(m, " \t") {
		url = m
	}
	return clean(cell), url
}

// clean is a cell's text without its markup, with single spaces.
func clean(cell string) string {
	cell = breaks.ReplaceAllString(cell, " ")
	cell = link.ReplaceAllString(cell, "$1")
	cell = html.UnescapeString(emphasis.ReplaceAllString(cell, ""))
	return strings.Join(strings.Fields(cell), " ")
}
