package bundle

import (
	"errors"
	"fmt"

	"muniment/domain"
	"muniment/domain/canon"
)

// parseManifest reads the signed line. What it makes gives the same line again, so that no member is
// overlooked and none has two meanings.
func parseManifest(line string) (*Manifest, error) {
	tree, err := canon.Parse([]byte(line))
	if err != nil {
		return nil, err
	}
	o := object{tree}
	m := &Manifest{Origin: o.text("origin"), Key: o.text("key"), Size: o.number("size"), Files: map[string]File{}}
	if o.number("bundle") != 1 {
		return nil, errors.New("it is not of a version that this build knows")
	}
	o.id("ledger", &m.Ledger)
	o.time("made", &m.Made)
	q := o.object("question")
	m.Question = Question{Of: Of(q.text("of")), Axis: Axis(q.text("axis"))}
	q.id("tenant", &m.Question.Tenant)
	q.id("subject", &m.Question.Subject)
	for _, text := range q.list("also") {
		var id domain.ID
		object{map[string]any{"id": text}}.id("id", &id)
		m.Question.Also = append(m.Question.Also, id)
	}
	q.time("from", &m.Question.From)
	q.time("to", &m.Question.To)
	if s := q.text("stream"); s != "" {
		if m.Question.Stream, err = domain.ParseStream(s); err != nil {
			return nil, fmt.Errorf("question: %w", err)
		}
	}
	m.Run = o.span("run")
	c := o.object("counts")
	m.Counts = Counts{c.number("leaves"), c.number("run"), c.number("events"), c.number("shown"), c.number("withheld"), c.number("opened"), c.number("erased"), c.number("struck")}
	for _, l := range o.list("limits") {
		text, _ := l.(string)
		m.Limits = append(m.Limits, text)
	}
	files, _ := o.object("files").tree.(map[string]any)
	for name := range files {
		f := o.object("files").object(name)
		file := File{Size: f.number("size")}
		_ = canon.Unhex(file.SHA256[:], f.text("sha256"))
		m.Files[name] = file
	}
	if m.Text() != line+"\n" {
		return nil, errors.New("it has members that no manifest has, or lacks some")
	}
	if err := m.Question.Check(); err != nil {
		return nil, fmt.Errorf("question: %w", err)
	}
	return m, nil
}

// object reads members of parsed canonical JSON; what isn't there, or isn't what it should be, is zero.
type object struct{ tree any }

func (o object) member(name string) any {
	m, _ := o.tree.(map[string]any)
	return m[name]
}

func (o object) object(name string) object { return object{o.member(name)} }
func (o object) string() string            { s, _ := o.tree.(string); return s }
func (o object) integer() int64            { n, _ := o.tree.(int64); return n }
func (o object) text(name string) string   { return o.object(name).string() }
func (o object) number(name string) int64  { return o.object(name).integer() }
func (o object) list(name string) []any    { l, _ := o.member(name).([]any); return l }

// span is a run; where there is none, no event at all.
func (o object) span(name string) Span {
	run := o.object(name)
	if run.tree == nil {
		return None
	}
	return Span{run.number("first"), run.number("last")}
}

func (o object) id(name string, to *domain.ID) {
	if id, err := domain.ParseID(o.text(name)); err == nil {
		*to = id
	}
}

func (o object) time(name string, to *domain.Time) {
	if t, _, err := domain.ParseTime(o.text(name)); err == nil {
		*to = t
	}
}
