package intake

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"muniment/domain"
	"muniment/domain/canon"
)

// object reads the members of one JSON object strictly. The first thing wrong anywhere in a text is
// kept in fault, so that reading goes on without asking after every member.
type object struct {
	prefix  string // path of the object, with its dot; "" at the top
	members map[string]any
	fault   *fault
}

type fault struct{ err *domain.Refusal }

func (f *fault) set(err *domain.Refusal) {
	if f.err == nil {
		f.err = err
	}
}

// parse reads a text that must be one object.
func parse(raw []byte) (object, *domain.Refusal) {
	tree, err := canon.ParseLenient(raw)
	if err != nil {
		return object{}, unreadable("%s", err) // names the byte, never the content
	}
	members, ok := tree.(map[string]any)
	if !ok {
		return object{}, unreadable("expected an object")
	}
	return object{members: members, fault: &fault{}}, nil
}

func (o object) fail(name, format string, args ...any) {
	o.fault.set(domain.Malformed(safePath(o.prefix+name), format, args...))
}

// take removes a member and returns it. null is absent.
func (o object) take(name string) (any, bool) {
	v, ok := o.members[name]
	delete(o.members, name)
	return v, ok && v != nil
}

// text reads a string of 1 to limit characters; "" when it is absent.
func (o object) text(name string, limit int) string {
	v, ok := o.take(name)
	if !ok {
		return ""
	}
	s, ok := v.(string)
	switch {
	case !ok:
		o.fail(name, "expected a string")
	case s == "":
		o.fail(name, "must not be empty")
	case utf8.RuneCountInString(s) > limit:
		o.fail(name, "expected at most %d characters", limit)
	default:
		return s
	}
	return ""
}

// id reads an id of 32 hex digits.
func (o object) id(name string) domain.ID {
	s := o.text(name, 64)
	if s == "" {
		return domain.ID{}
	}
	id, err := domain.ParseID(s)
	if err != nil || id.IsZero() {
		o.fail(name, "expected an id of 32 hex digits, not all zero")
	}
	return id
}

// moment reads an RFC 3339 time or a day, which must be there; missing says so where it isn't.
func (o object) moment(name, missing string) domain.Moment {
	s := o.text(name, 64)
	if s == "" {
		o.fail(name, "missing: %s", missing)
		return domain.Moment{}
	}
	m, err := domain.ParseMoment(s)
	switch {
	case err != nil:
		o.fail(name, "%s", err)
	case m.At == 0:
		o.fail(name, "%s", domain.ErrZeroTime)
	}
	return m
}

// word reads one of a closed list of words.
func word[W interface {
	~string
	Values() []string
}](o object, name string, otherwise W) W {
	s := W(o.text(name, 64))
	if s == "" {
		return otherwise
	}
	if !slices.Contains(s.Values(), string(s)) {
		o.fail(name, "expected one of %s", strings.Join(s.Values(), ", "))
	}
	return s
}

// object reads a member that is an object.
func (o object) object(name string) (object, bool) {
	v, ok := o.take(name)
	if !ok {
		return object{}, false
	}
	return o.nested(name, v)
}

func (o object) nested(name string, v any) (object, bool) {
	members, ok := v.(map[string]any)
	if !ok {
		o.fail(name, "expected an object")
	}
	return object{o.prefix + name + ".", members, o.fault}, ok
}

// list reads a member that is a list.
func (o object) list(name string) []any {
	v, ok := o.take(name)
	if !ok {
		return nil
	}
	l, ok := v.([]any)
	if !ok {
		o.fail(name, "expected a list")
	}
	return l
}

// end refuses what no call took.
func (o object) end() {
	if len(o.members) > 0 {
		o.fail(slices.Min(slices.Collect(maps.Keys(o.members))), "unknown field")
	}
}
