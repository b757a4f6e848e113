package domain

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"muniment/domain/canon"
)

// Event is one type of event. Kind is its wire name, written by hand: a rename in Go must not
// rewrite history.
type Event interface{ Kind() string }

// Type is a kind of event as the catalogue knows it.
type Type struct {
	Kind     string
	Version  int      // current schema version, from 1
	Noun     string   // the noun of the stream it is kept in
	Articles []string // the GDPR articles it evidences
	Doc      string   // one sentence for the people who send or read it
	Stated   Stating  // who may state it
	Machine  bool     // of what is observed: stated at the machine alone
	new      func() Event
	upcasts  []Upcast // from version i+1 to i+2
}

// Upcast carries the plain fields of one version to the next. Personal values are moved by path,
// never opened.
type Upcast struct {
	Plain func(plain map[string]any)
	Moves map[string]string // old path → new path of sealed values
}

func kind[E Event](noun, articles, doc string, upcasts ...Upcast) Type {
	var zero E
	return Type{
		Kind: zero.Kind(), Version: 1 + len(upcasts), Noun: noun, Doc: doc, upcasts: upcasts,
		Articles: strings.FieldsFunc(articles, func(r rune) bool { return r == ',' || r == ' ' }),
		new:      func() Event { return any(new(E)).(Event) },
	}
}

// Catalogue is all the kinds there are, sorted. A family joins by adding its list here.
var Catalogue = func() []Type {
	all := slices.Concat(organisationKinds, tenantKinds, userKinds, interactionKinds, subjectKinds, consentKinds,
		retentionKinds, exportKinds, agreementKinds, subprocessorKinds, noticeKinds, auditKinds, credentialKinds, findingKinds, vaultKinds, logKinds, erasureKinds, holdKinds, offboardingKinds, epochKinds, strikeKinds, disposalKinds)
	slices.SortFunc(all, func(a, b Type) int { return strings.Compare(a.Kind, b.Kind) })
	return stated(all)
}()

// Lookup finds a kind by its wire name.
func Lookup(kind string) (Type, bool) {
	i, ok := slices.BinarySearchFunc(Catalogue, kind, func(t Type, k string) int { return strings.Compare(t.Kind, k) })
	if !ok {
		return Type{}, false
	}
	return Catalogue[i], true
}

// Growth counts the kinds with all their versions, and the words of the open lists. It only rises: what
// events were kept of is never taken out again. So one number tells an older catalogue from a newer one.
func Growth() (n int) {
	for _, t := range Catalogue {
		n += t.Version
	}
	return n + words()
}

// New returns a pointer to an empty event of the type.
func (t Type) New() Event { return t.new() }

// Decode reads kept plain fields of a schema version; sealed says which paths have a box.
func (t Type) Decode(version int, plain any, sealed []string) (Event, error) {
	if version < 1 || version > t.Version {
		return nil, fmt.Errorf("%s: schema version %d is not known to this build, which reads 1 to %d: use the one that kept it, or a newer one", t.Kind, version, t.Version)
	}
	object, ok := plain.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: plain is no object", t.Kind)
	}
	for _, up := range t.upcasts[version-1:] {
		if up.Plain != nil {
			up.Plain(object)
		}
		for i, path := range sealed {
			if to, moved := up.Moves[path]; moved {
				sealed[i] = to
			}
		}
	}
	e := t.new()
	v := reflect.ValueOf(e).Elem()
	if err := (decoder{}).value(plain, v, field{}); err != nil {
		return nil, fmt.Errorf("%s: %w", t.Kind, err)
	}
	eachPersonal(v, "", func(path string, _ field, v reflect.Value) {
		if slices.Contains(sealed, path) {
			v.Set(reflect.ValueOf(Sealed()))
		}
	})
	return v.Interface().(Event), nil
}

// Input reads an event from outside: personal fields are clear strings, null is absent, and every
// value is checked. Errors are *[FieldError] and never hold the value.
func (t Type) Input(tree any) (Event, error) {
	e := t.new()
	v := reflect.ValueOf(e).Elem()
	if err := (decoder{input: true}).value(tree, v, field{}); err != nil {
		return nil, err
	}
	event := v.Interface().(Event)
	return event, Check(event)
}

// Check reports the first field of an event that its catalogue entry does not allow, as *[FieldError].
func Check(e Event) error {
	if err := check(reflect.Indirect(reflect.ValueOf(e)), field{}); err != nil {
		return err
	}
	if v, ok := e.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

// MaxPersonal is how long one personal value may be, in bytes.
const MaxPersonal = 16 << 10

func check(v reflect.Value, f field) error {
	if enum, ok := v.Interface().(interface{ Values() []string }); ok {
		if !slices.Contains(enum.Values(), v.String()) {
			return fmt.Errorf("expected one of %s", strings.Join(enum.Values(), ", "))
		}
		return nil
	}
	switch x := v.Interface().(type) {
	case Personal:
		if text, _ := x.Reveal(); len(text) > MaxPersonal {
			return fmt.Errorf("expected at most %d bytes", MaxPersonal)
		}
		return nil
	case ID, Time, Stream:
		if v.IsZero() {
			return fmt.Errorf("missing")
		}
		return nil
	case Date:
		_, err := ParseDate(string(x))
		return err
	}
	switch v.Kind() {
	case reflect.String:
		if v.String() == "" {
			return fmt.Errorf("must not be empty")
		}
		return Reasons[f.plain].Check(v.String())
	case reflect.Int, reflect.Int64:
		if n := v.Int(); n < 0 || n > canon.MaxInteger {
			return fmt.Errorf("expected a number from 0 to 2^53-1")
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := check(v.Index(i), f); err != nil {
				return at(fmt.Sprint(i), err)
			}
		}
	case reflect.Struct:
		for _, f := range layout(v.Type()) {
			if f.optional && v.Field(f.index).IsZero() {
				continue
			}
			if err := check(v.Field(f.index), f); err != nil {
				return at(f.name, err)
			}
		}
	}
	return nil
}
