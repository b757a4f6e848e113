package domain

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"muniment/domain/canon"
)

// The codec carries event structs to canonical plain fields and personal values and back. It knows
// string and integer kinds, bool, slices, nested structs and text types (ids, times, streams);
// field names are the json tags, which are written by hand.

type field struct {
	name     string
	index    int
	optional bool   // ,omitempty
	personal bool   // of type Personal
	class    Class  // its key class
	owner    int    // its index in the envelope's subjects
	names    bool   // it holds the index of the subject whose the values beside it are
	inner    bool   // personal values lie within it
	plain    string // why it may be plain
}

var (
	layouts      sync.Map // reflect.Type → []field
	personalType = reflect.TypeFor[Personal]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// layout lists a struct's fields in name order.
func layout(t reflect.Type) []field {
	if l, ok := layouts.Load(t); ok {
		return l.([]field)
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		owner, _ := strconv.Atoi(f.Tag.Get("owner"))
		fields = append(fields, field{
			name: name, index: i, optional: option == "omitempty", personal: f.Type == personalType,
			class: Class(f.Tag.Get("class")), owner: owner, names: f.Tag.Get("owner") == "this", inner: holdsPersonal(f.Type), plain: f.Tag.Get("plain"),
		})
	}
	slices.SortFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	layouts.Store(t, fields)
	return fields
}

// holdsPersonal reports whether a struct, or the elements of a list, have personal values.
func holdsPersonal(t reflect.Type) bool {
	for t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == personalType || reflect.PointerTo(t).Implements(textType) {
		return false
	}
	return slices.ContainsFunc(layout(t), func(f field) bool { return f.personal || f.inner })
}

// PersonalField is one personal value of an event about to be kept.
type PersonalField struct {
	Path  string // JSON Pointer, such as /number or /participants/0/name
	Class Class
	Owner int // index in the envelope's subjects; of a class [Class.OfThing] it means nothing
	Value string
}

// OwnerOf is whose a personal value is: a person's, or the thing's whose stream the event is kept in.
func (f *Fact) OwnerOf(p PersonalField) ID {
	if p.Class.OfThing() {
		return f.Stream.ID
	}
	return f.Subjects[p.Owner].ID
}

// OwnerNamed reports whether an event about so many subjects says whose the value is.
func (p PersonalField) OwnerNamed(subjects int) bool {
	return p.Class.OfThing() || p.Owner >= 0 && p.Owner < subjects
}

// eachPersonal visits every personal field of a struct, also those in the elements of lists.
func eachPersonal(v reflect.Value, path string, visit func(path string, f field, v reflect.Value)) {
	fields, owner := layout(v.Type()), -1
	if i := slices.IndexFunc(fields, func(f field) bool { return f.names }); i >= 0 {
		owner = int(v.Field(fields[i].index).Int())
	}
	for _, f := range fields {
		switch {
		case f.personal:
			if owner >= 0 {
				f.owner = owner
			}
			visit(path+"/"+f.name, f, v.Field(f.index))
		case f.inner:
			eachInner(v.Field(f.index), path+"/"+f.name, visit)
		}
	}
}

func eachInner(v reflect.Value, path string, visit func(path string, f field, v reflect.Value)) {
	if v.Kind() == reflect.Struct {
		eachPersonal(v, path, visit)
		return
	}
	for i := range v.Len() {
		eachInner(v.Index(i), path+"/"+strconv.Itoa(i), visit)
	}
}

// Split gives the canonical bytes of an event's plain fields and its clear personal values, by path.
func Split(e Event) (plain []byte, personal []PersonalField) {
	v := reflect.Indirect(reflect.ValueOf(Said(e)))
	eachPersonal(v, "", func(path string, f field, v reflect.Value) {
		if text, ok := v.Interface().(Personal).Reveal(); ok {
			personal = append(personal, PersonalField{path, f.class, f.owner, text})
		}
	})
	slices.SortFunc(personal, func(a, b PersonalField) int { return strings.Compare(a.Path, b.Path) })
	return appendValue(nil, v), personal
}

// PersonalPaths lists the personal values that an event has, clear or sealed.
func PersonalPaths(e Event) (paths []string) {
	v := reflect.Indirect(reflect.ValueOf(Said(e)))
	eachPersonal(v, "", func(path string, _ field, v reflect.Value) {
		if v.Interface().(Personal).Present() {
			paths = append(paths, path)
		}
	})
	return paths
}

// Opened is an event with its sealed values in the clear, by path.
func Opened(e Event, values map[string]string) Event {
	v := reflect.New(reflect.Indirect(reflect.ValueOf(e)).Type()).Elem()
	v.Set(reflect.Indirect(reflect.ValueOf(e)))
	eachPersonal(v, "", func(path string, _ field, v reflect.Value) { v.Set(reflect.ValueOf(Clear(values[path]))) })
	return v.Interface().(Event)
}

func appendValue(b []byte, v reflect.Value) []byte {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		if err != nil {
			panic(err) // our own text types never fail
		}
		return canon.AppendString(b, string(text))
	}
	switch v.Kind() {
	case reflect.String:
		return canon.AppendString(b, v.String())
	case reflect.Int, reflect.Int64:
		return canon.AppendInt(b, v.Int())
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.Slice:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, v.Index(i))
		}
		return append(b, ']')
	case reflect.Struct:
		b = append(b, '{')
		first := true
		for _, f := range layout(v.Type()) {
			if f.personal || f.optional && v.Field(f.index).IsZero() {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(b, '"')
			b = append(b, f.name...)
			b = append(b, '"', ':')
			b = appendValue(b, v.Field(f.index))
		}
		return append(b, '}')
	}
	panic("domain: no wire form for " + v.Type().String())
}

// A FieldError says which field of an input is wrong and what was expected there.
type FieldError struct {
	Path string // dotted, such as data.seconds
	Msg  string
}

func (e *FieldError) Error() string { return e.Path + ": " + e.Msg }

func at(name string, err error) error {
	var f *FieldError
	if errors.As(err, &f) {
		return &FieldError{name + "." + f.Path, f.Msg}
	}
	return &FieldError{name, err.Error()}
}

// decodeTree fills the struct that into points to from a parsed JSON object, strictly: unknown
// names, wrong types and missing required fields are errors that name the field.
func decodeTree(tree any, into any) error {
	return decoder{}.value(tree, reflect.ValueOf(into).Elem(), field{})
}

// decoder.personal is nil while reading kept bytes; while reading input it takes personal values
// as clear strings.
type decoder struct{ input bool }

func (d decoder) value(tree any, v reflect.Value, f field) error {
	if v.CanAddr() && v.Addr().Type().Implements(textType) {
		s, ok := tree.(string)
		if !ok {
			return expected("a string", tree)
		}
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
			return err
		}
		if _, isTime := v.Interface().(Time); isTime && d.input && v.IsZero() { // it would count as absent
			return ErrZeroTime
		}
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		s, ok := tree.(string)
		if !ok {
			return expected("a string", tree)
		}
		v.SetString(s)
	case reflect.Int, reflect.Int64:
		n, ok := tree.(int64)
		if !ok {
			return expected("an integer", tree)
		}
		v.SetInt(n)
	case reflect.Bool:
		b, ok := tree.(bool)
		if !ok {
			return expected("true or false", tree)
		}
		v.SetBool(b)
	case reflect.Slice:
		list, ok := tree.([]any)
		if !ok {
			return expected("a list", tree)
		}
		v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
		for i, e := range list {
			if err := d.value(e, v.Index(i), f); err != nil {
				return at(strconv.Itoa(i), err)
			}
		}
	case reflect.Struct:
		object, ok := tree.(map[string]any)
		if !ok {
			return expected("an object", tree)
		}
		return d.object(object, v)
	default:
		panic("domain: no wire form for " + v.Type().String())
	}
	return nil
}

func (d decoder) object(object map[string]any, v reflect.Value) error {
	taken := 0
	for _, f := range layout(v.Type()) {
		tree, there := object[f.name]
		if there && tree == nil && d.input { // null is absent, from outside
			taken++
			there = false
		} else if there {
			taken++
		}
		switch {
		case there && f.personal:
			s, ok := tree.(string)
			if !ok || !d.input {
				return at(f.name, expected("a string", tree))
			}
			v.Field(f.index).Set(reflect.ValueOf(Clear(s)))
		case there:
			if err := d.value(tree, v.Field(f.index), f); err != nil {
				return at(f.name, err)
			}
		case !f.optional && !f.personal:
			return &FieldError{f.name, "missing"}
		}
	}
	if taken == len(object) {
		return nil
	}
	for name := range object {
		if !slices.ContainsFunc(layout(v.Type()), func(f field) bool { return f.name == name }) {
			return &FieldError{name, "unknown field"}
		}
	}
	return nil
}

func expected(what string, got any) error {
	kind := "another type"
	switch got.(type) {
	case nil:
		kind = "null"
	case string:
		kind = "a string"
	case int64:
		kind = "a number"
	case canon.Number:
		kind = "a fraction, or a number beyond 2^53"
	case bool:
		kind = "a boolean"
	case []any:
		kind = "a list"
	case map[string]any:
		kind = "an object"
	}
	return fmt.Errorf("expected %s, got %s", what, kind)
}
