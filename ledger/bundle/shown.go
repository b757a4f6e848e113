package bundle

import (
	"bytes"
	"encoding/hex"
	"errors"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger/seal"
)

// Event is what is shown of one event. docs/bundle.md, section 6.
type Event struct {
	Seq    int64
	Env    []Field
	Pay    []Field // of one that isn't struck
	Struck int64   // seq of the event that says that the payload was removed; -1: it wasn't
	Erased []Erased
	Open   []Opening
}

// Field is a field that is shown, or its name and commitment alone.
type Field struct {
	seal.Field
	Withheld *seal.Hash // nil when it is shown
}

// Listed is the field as the leaf commits to it.
func (f Field) Listed() seal.Listed {
	if f.Withheld != nil {
		return seal.Listed{Name: f.Name, Commitment: *f.Withheld}
	}
	return seal.Listed{Name: f.Name, Commitment: f.Commitment()}
}

// Withhold keeps a field's value to itself.
func Withhold(f seal.Field) Field {
	c := f.Commitment()
	return Field{seal.Field{Name: f.Name}, &c}
}

// Erased says that the key of a box was destroyed by the event at By.
type Erased struct {
	By  int64
	Key domain.ID
}

// Opening opens one personal value of a box: whoever has R can check its commitment.
type Opening struct {
	Key   domain.ID
	Path  string
	R     [32]byte
	Value string
}

// Line is the canonical form, with its newline.
func (e *Event) Line() []byte { return append(e.text(nil), '\n') }

func (e *Event) text(b []byte) []byte {
	b = appendFields(append(b, `{"env":`...), e.Env)
	for i, x := range e.Erased {
		b = append(b, separator(i, `,"erased":[`)...)
		b = canon.AppendInt(append(b, `{"by":`...), x.By)
		b = canon.AppendString(append(b, `,"key":`...), x.Key.String())
		b = append(b, '}')
	}
	if len(e.Erased) > 0 {
		b = append(b, ']')
	}
	for i, x := range e.Open {
		b = append(b, separator(i, `,"open":[`)...)
		b = canon.AppendString(append(b, `{"key":`...), x.Key.String())
		b = canon.AppendString(append(b, `,"path":`...), x.Path)
		b = appendHash(append(b, `,"r":`...), x.R)
		b = canon.AppendString(append(b, `,"value":`...), x.Value)
		b = append(b, '}')
	}
	if len(e.Open) > 0 {
		b = append(b, ']')
	}
	if e.Struck < 0 {
		b = appendFields(append(b, `,"pay":`...), e.Pay)
	}
	b = canon.AppendInt(append(b, `,"seq":`...), e.Seq)
	if e.Struck >= 0 {
		b = canon.AppendInt(append(b, `,"struck":`...), e.Struck)
	}
	return append(b, '}')
}

// separator stands before element i of a list.
func separator(i int, begin string) string {
	if i == 0 {
		return begin
	}
	return ","
}

func appendHash(b []byte, h [32]byte) []byte {
	return append(hex.AppendEncode(append(b, '"'), h[:]), '"')
}

func appendFields(b []byte, fields []Field) []byte {
	b = append(b, '[')
	for i, f := range fields {
		b = append(b, separator(i, "")...)
		if f.Withheld != nil {
			b = appendHash(append(b, `{"c":`...), *f.Withheld)
			b = canon.AppendString(append(b, `,"n":`...), f.Name)
		} else {
			b = canon.AppendString(append(b, `{"n":`...), f.Name)
			b = appendHash(append(b, `,"s":`...), f.Salt)
			b = append(append(b, `,"v":`...), f.Value...)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// ParseEvent reads a line without its newline. What it makes gives the same line again, so what it
// doesn't understand on the way is refused at the end.
func ParseEvent(line []byte) (e Event, err error) {
	e.Struck = -1
	err = canon.Members(line, func(name, value []byte) {
		switch string(name) {
		case "env":
			e.Env = parseFields(value)
		case "pay":
			e.Pay = parseFields(value)
		case "seq":
			e.Seq = parsed(value).integer()
		case "struck":
			e.Struck = parsed(value).integer()
		case "erased":
			canon.Elements(value, func(value []byte) {
				o := parsed(value)
				x := Erased{By: o.number("by")}
				o.id("key", &x.Key)
				e.Erased = append(e.Erased, x)
			})
		case "open":
			canon.Elements(value, func(value []byte) {
				o := parsed(value)
				x := Opening{Path: o.text("path"), Value: o.text("value")}
				o.id("key", &x.Key)
				_ = canon.Unhex(x.R[:], o.text("r"))
				e.Open = append(e.Open, x)
			})
		}
	})
	if err == nil && !bytes.Equal(e.text(make([]byte, 0, len(line)+1)), line) {
		err = errors.New("it has members that no event has, or lacks some")
	}
	return e, err
}

func parseFields(list []byte) (all []Field) {
	canon.Elements(list, func(field []byte) {
		var f Field
		canon.Members(field, func(name, value []byte) {
			switch string(name) {
			case "c":
				f.Withheld = new(seal.Hash)
				_ = canon.Unhex(f.Withheld[:], quoted(value))
			case "n":
				f.Name = quoted(value)
			case "s":
				_ = canon.Unhex(f.Salt[:], quoted(value))
			case "v":
				f.Value = value
			}
		})
		all = append(all, f)
	})
	return all
}

// quoted is a canonical string without its quotation marks; one with an escape, which no name or hash has,
// gives another line.
func quoted(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	return string(value[1 : len(value)-1])
}

func parsed(value []byte) object {
	tree, _ := canon.Parse(value)
	return object{tree}
}

// ParseHashes reads a parsed list of hashes in hex.
func ParseHashes(list any) ([]tlog.Hash, error) {
	texts, ok := list.([]any)
	hashes := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		s, _ := text.(string)
		_ = canon.Unhex(hashes[i][:], s)
		ok = ok && hex.EncodeToString(hashes[i][:]) == s
	}
	if !ok {
		return nil, errors.New("expected hashes in hex")
	}
	return hashes, nil
}
