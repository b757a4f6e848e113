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

// Field is a field that is shown, or its commitment alone.
type Field struct {
	seal.Field // Name is "" when it is withheld
	Withheld   seal.Hash
}

// Hash is the field's commitment.
func (f Field) Hash() seal.Hash {
	if f.Name == "" {
		return f.Withheld
	}
	return f.Commitment()
}

// Withhold keeps a field to itself.
func Withhold(f seal.Field) Field { return Field{Withheld: f.Commitment()} }

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
func (e *Event) Line() []byte {
	o := map[string]any{"env": fieldList(e.Env), "seq": e.Seq}
	if e.Struck >= 0 {
		o["struck"] = e.Struck
	} else {
		o["pay"] = fieldList(e.Pay)
	}
	var erased, open []any
	for _, x := range e.Erased {
		erased = append(erased, map[string]any{"by": x.By, "key": x.Key.String()})
	}
	for _, x := range e.Open {
		open = append(open, map[string]any{"key": x.Key.String(), "path": x.Path, "r": hex.EncodeToString(x.R[:]), "value": x.Value})
	}
	if erased != nil {
		o["erased"] = erased
	}
	if open != nil {
		o["open"] = open
	}
	return append(canon.Append(nil, o), '\n')
}

func fieldList(fields []Field) []any {
	list := make([]any, len(fields))
	for i, f := range fields {
		if f.Name == "" {
			list[i] = map[string]any{"c": f.Withheld.String()}
		} else {
			list[i] = map[string]any{"n": f.Name, "s": f.Salt.String(), "v": canon.Raw(f.Value)}
		}
	}
	return list
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
				unhex(x.R[:], o.text("r"))
				e.Open = append(e.Open, x)
			})
		}
	})
	if err == nil && !bytes.Equal(e.Line(), append(bytes.Clone(line), '\n')) {
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
				unhex(f.Withheld[:], parsed(value).string())
			case "n":
				f.Name = parsed(value).string()
			case "s":
				unhex(f.Salt[:], parsed(value).string())
			case "v":
				f.Value = value
			}
		})
		all = append(all, f)
	})
	return all
}

func parsed(value []byte) object {
	tree, _ := canon.Parse(value)
	return object{tree}
}

// unhex reads a hash; what isn't one leaves zeros, which give another line.
func unhex(to []byte, text string) {
	if len(text) == 2*len(to) {
		hex.Decode(to, []byte(text))
	}
}

// ParseHashes reads a parsed list of hashes in hex.
func ParseHashes(list any) ([]tlog.Hash, error) {
	texts, ok := list.([]any)
	hashes := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		s, _ := text.(string)
		unhex(hashes[i][:], s)
		ok = ok && hex.EncodeToString(hashes[i][:]) == s
	}
	if !ok {
		return nil, errors.New("expected hashes in hex")
	}
	return hashes, nil
}
