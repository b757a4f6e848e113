package report

import (
	"bytes"
	"encoding/csv"

	"muniment/domain"
)

// The CSV form (RFC 4180, UTF-8 without a mark, lines end with CR LF): one table with a header row
// and nothing else, so that every program can read it. What the table can't be understood without
// stands in the last columns of every row; an empty table has its viewpoint in the file's name only.
// Column names are those of the JSON form. A list's parts are joined by "; ".
var contextColumns = []string{"report", "asOf", "knownAt", "knownSeq", "ledger", "evidence", "note"}

func (d *Document) csv(table string) ([]byte, error) {
	t, err := d.tableNamed(table)
	if err != nil {
		return nil, err
	}
	v := d.Viewpoint
	known, seq := "", ""
	if v.Known >= 0 {
		known, seq = v.KnownAt.String(), Number(v.Known).csv()
	}
	around := []string{d.word, v.AsOf.String(), known, seq, d.Ledger.String(), d.evidence(), NotAdvice}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	row := make([]string, 0, len(t.Columns)+len(around))
	for _, c := range t.Columns {
		row = append(row, c.Name)
	}
	if err := w.Write(append(row, contextColumns...)); err != nil {
		return nil, err
	}
	for _, cells := range t.Rows {
		row = row[:0]
		for _, c := range cells {
			text := ""
			if c != nil {
				text = domain.Cell(c.csv())
			}
			row = append(row, text)
		}
		if err := w.Write(append(row, around...)); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}
