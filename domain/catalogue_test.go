package domain

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files that tests compare with; never over a kept payload")

// golden compares with a file of testdata, or writes it under -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./domain -update writes it)", err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; look at the difference, then go test ./domain -update\ngot:\n%s", path, got)
	}
}

var fieldName = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)

// fieldsOf walks the fields of a catalogue struct and reports each with its dotted path.
func fieldsOf(t *testing.T, typ reflect.Type, path string, visit func(path string, f reflect.StructField, leaf reflect.Type)) {
	t.Helper()
	names := map[string]bool{}
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		at := strings.TrimPrefix(path+"."+name, ".")
		if !f.IsExported() || !fieldName.MatchString(name) || names[name] || option != "" && option != "omitempty" {
			t.Errorf("%s.%s: json tag %q: expected a lower-case name of its own, and nothing but omitempty", typ, f.Name, f.Tag.Get("json"))
		}
		names[name] = true
		leaf := f.Type
		for leaf.Kind() == reflect.Slice && !leaf.Implements(reflect.TypeFor[interface{ Values() []string }]()) {
			leaf = leaf.Elem()
			at += "[]"
		}
		if leaf.Kind() == reflect.Struct && leaf != personalType && !leaf.Implements(reflect.TypeFor[fmt.Stringer]()) {
			fieldsOf(t, leaf, at, visit)
			continue
		}
		visit(at, f, leaf)
	}
}

// Plain is the exception: each string that is kept in the clear stands in testdata/plain.txt with the
// reason why it may be. A new line there is a decision to look at.
func TestPlainStringsHaveReasons(t *testing.T) {
	enums := reflect.TypeFor[interface{ Values() []string }]()
	var lines []string
	for _, k := range Catalogue {
		fieldsOf(t, reflect.TypeOf(k.New()).Elem(), "", func(path string, f reflect.StructField, leaf reflect.Type) {
			reason, tagged := f.Tag.Lookup("plain")
			switch {
			case leaf == personalType:
				class, owner := Class(f.Tag.Get("class")), f.Tag.Get("owner")
				if !slices.Contains(class.Values(), string(class)) {
					t.Errorf("%s %s: class %q is none of %v", k.Kind, path, class, class.Values())
				}
				if _, err := strconv.Atoi(owner); owner != "" && err != nil {
					t.Errorf("%s %s: owner %q is no index of a subject", k.Kind, path, owner)
				}
			case leaf.Implements(enums):
				if values := reflect.Zero(leaf).Interface().(interface{ Values() []string }).Values(); len(values) == 0 {
					t.Errorf("%s %s: an empty closed list", k.Kind, path)
				}
			case slices.Contains([]reflect.Type{reflect.TypeFor[ID](), reflect.TypeFor[Time](), reflect.TypeFor[Date](), reflect.TypeFor[Stream]()}, leaf):
			case leaf == reflect.TypeFor[string]():
				why, ok := Reasons[reason]
				if !ok {
					t.Errorf("%s %s: a string is sealed (Personal), closed (an enum) or says why it may be plain; %q is no reason of plain.go", k.Kind, path, reason)
				}
				lines = append(lines, fmt.Sprintf("%-36s %-22s %-11s %s", k.Kind, path, reason, why.Why))
				return
			case leaf.Kind() == reflect.Int64 || leaf.Kind() == reflect.Int || leaf.Kind() == reflect.Bool:
			default:
				t.Errorf("%s %s: type %s has no wire form", k.Kind, path, leaf)
			}
			if tagged {
				t.Errorf("%s %s: %s needs no reason to be plain", k.Kind, path, leaf)
			}
		})
	}
	golden(t, "plain.txt", []byte(strings.Join(lines, "\n")+"\n"))
}

var (
	kindName = regexp.MustCompile(`^([a-z]+)\.[a-z]+(_[a-z]+)*$`)
	article  = regexp.MustCompile(`^[0-9]{1,2}(\([0-9]\))?(\([a-z]\))?$`)
)

func TestKinds(t *testing.T) {
	for i, k := range Catalogue {
		if i > 0 && Catalogue[i-1].Kind >= k.Kind {
			t.Errorf("%s stands after %s: expected sorted and unique", k.Kind, Catalogue[i-1].Kind)
		}
		if !kindName.MatchString(k.Kind) {
			t.Errorf("%s: expected noun.verbed", k.Kind)
		}
		if _, err := ParseStream(Stream{k.Noun, ID{}}.String()); err != nil {
			t.Errorf("%s: noun %q names no stream: %v", k.Kind, k.Noun, err)
		}
		if len(k.Articles) == 0 || k.Doc == "" || !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s: expected articles and one sentence, got %v %q", k.Kind, k.Articles, k.Doc)
		}
		for _, a := range k.Articles {
			if !article.MatchString(a) {
				t.Errorf("%s: %q is no article of the GDPR such as 28(3)(b)", k.Kind, a)
			}
		}
		if found, ok := Lookup(k.Kind); !ok || found.Kind != k.Kind || k.New().Kind() != k.Kind {
			t.Errorf("%s is not found by its kind", k.Kind)
		}
	}
	if _, ok := Lookup("notice.eaten"); ok {
		t.Error("found a kind that isn't there")
	}
}
