package report

import "encoding/json"

// The JSON form. Names stay as they are for as long as report.version does:
//
//	report     {version, kind, view, title, question, for}
//	viewpoint  {asOf, knownAt, seq, from}       knownAt and seq null when the ledger was empty, from when not asked
//	ledger     {id, size, checkpoint, evidence} checkpoint is null where there are no proofs
//	facts      {name: value …}
//	tables     {name: {title, order, count, columns: [{name, title, mark}], rows: [{name: value …}]} …}
//	notes      [{heading, lines}]
//	proofs     [{event, kind, state, size, leaf, proof}]   only of a certificate; size, leaf and proof null: not sealed yet
//
// Absent values are null; a personal value is {value, state}, an identifier {type, value, state}.
func (d *Document) json() ([]byte, error) {
	v := d.Viewpoint
	var facts, tables block
	for _, f := range d.Facts {
		facts = append(facts, member{f.Name, f.Value})
	}
	for i := range d.Tables {
		tables = append(tables, member{d.Tables[i].Name, d.Tables[i].json()})
	}
	var notes lines
	for _, n := range d.Notes {
		notes = append(notes, object{{"heading", n.Heading}, {"lines", n.Lines}})
	}
	whole := block{
		{"report", object{{"version", Version}, {"kind", d.Kind}, {"view", orNull(d.View, d.View == "")}, {"title", d.Title}, {"question", d.Question}, {"for", d.For}}},
		{"viewpoint", object{{"asOf", v.AsOf}, {"knownAt", orNull(v.KnownAt, v.Known < 0)}, {"seq", orNull(v.Known, v.Known < 0)}, {"from", orNull(v.From, v.From == 0)}, {"asked", orNull(v.Asked, v.Asked == 0)}}},
		{"ledger", object{{"id", d.Ledger}, {"size", v.Size()}, {"checkpoint", orNull(d.checkpoint(), d.checkpoint() == "")}, {"evidence", d.evidence()}}},
		{"facts", facts},
		{"tables", tables},
		{"notes", notes},
	}
	if d.Proofs != nil {
		whole = append(whole, member{"proofs", d.proofsJSON()})
	}
	b, err := appendJSON(nil, whole)
	return append(b, '\n'), err
}

func (t *Table) json() block {
	var columns, rows lines
	for _, c := range t.Columns {
		columns = append(columns, object{{"name", c.Name}, {"title", c.Title}, {"mark", c.Mark}})
	}
	for _, cells := range t.Rows {
		rows = append(rows, row{t.Columns, cells})
	}
	return block{{"title", t.Title}, {"order", t.Order}, {"count", len(t.Rows)}, {"columns", columns}, {"rows", rows}}
}

// Objects keep the order of their members, for people who read the file; a block has each on a line
// of its own, lines each element of a list.
type (
	object []member
	block  []member
	lines  []any
	member struct {
		name  string
		value any
	}
	row struct {
		columns []Column
		cells   []Cell
	}
)

// appendJSON writes straight into b: through nested marshalers, encoding/json would check the bytes
// of a long table once per level.
func appendJSON(b []byte, v any) (_ []byte, err error) {
	switch v := v.(type) {
	case block:
		return appendMembers(b, v, "\n")
	case object:
		return appendMembers(b, v, "")
	case row:
		members := make(object, len(v.cells))
		for i, c := range v.cells {
			members[i] = member{v.columns[i].Name, c}
		}
		return appendMembers(b, members, "")
	case lines:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendJSON(append(b, '\n'), e); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	}
	text, err := json.Marshal(v)
	return append(b, text...), err
}

func appendMembers(b []byte, members []member, lead string) (_ []byte, err error) {
	b = append(b, '{')
	for i, m := range members {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(append(b, lead...), '"'), m.name...), `": `...) // names are ours, plain ASCII
		if b, err = appendJSON(b, m.value); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func orNull[T any](v T, null bool) any {
	if null {
		return nil
	}
	return v
}
