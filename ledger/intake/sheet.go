package intake

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"muniment/domain"
)

// csvRows reads a list as CSV with a heading row; comma, semicolon or tab, whichever the heading
// has most of.
func csvRows(doc string, d drops) ([]row, *domain.Refusal) {
	none := domain.Malformed("", "no list found: expected a Markdown table or CSV with columns for name, purpose and location, or a bullet list below a sentence such as \"These subprocessors are located in the EU:\"")
	heading, _, _ := strings.Cut(strings.TrimLeft(doc, "\r\n"), "\n")
	in := csv.NewReader(strings.NewReader(doc))
	in.FieldsPerRecord = -1
	for _, c := range ";\t" {
		if strings.Count(heading, string(c)) > strings.Count(heading, string(in.Comma)) {
			in.Comma = c
		}
	}
	in.TrimLeadingSpace = in.Comma != '\t' // an empty cell between tabs is not space
	heads, err := in.Read()
	if err != nil {
		return nil, none
	}
	c, ok := columnsOf(heads)
	if !ok {
		return nil, none
	}
	var rows []row
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			if rows == nil {
				return nil, none
			}
			return rows, nil
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			rows = append(rows, row{line: wrong.Line, no: domain.Malformed("row", "not CSV: %s", wrong.Err)})
			return rows, nil
		}
		if err != nil {
			return nil, unreadable("%s", err)
		}
		line, _ := in.FieldPos(0)
		rows = append(rows, c.row(line, cells, d))
	}
}
