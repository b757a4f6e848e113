package graphql

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"muniment/domain"
	"muniment/graphql/access"
)

// introspection is what GraphiQL and code generators ask of a schema.
const introspection = `query IntrospectionQuery { __schema { queryType { name kind } mutationType { name kind } subscriptionType { name kind } types { ...FullType } directives { name description locations args { ...InputValue } } } }
fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`

// bomb is fragments that each spread the next one several times.
func bomb(levels, times int, last string) string {
	var b strings.Builder
	b.WriteString("{ viewer { ...F0 } }")
	for i := range levels {
		fmt.Fprintf(&b, " fragment F%d on Viewer {%s }", i, strings.Repeat(fmt.Sprintf(" ...F%d", i+1), times))
	}
	fmt.Fprintf(&b, " fragment F%d on Viewer { %s }", levels, last)
	return b.String()
}

func nested(open string, n int, inner, shut string) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(shut, n)
}

// attacks are small documents that are dear to whoever looks at them without a budget.
func attacks() map[string]call {
	q := func(text string) call { return call{Query: text} }
	repeated := func(n int, field string) string { return strings.Repeat(field+" ", n) }
	deep := "{ node(id: \"x\") { " + nested("... on Tenant { role ", 1, "", "}") + " } }"
	return map[string]call{
		"fragments doubling":                  q(bomb(40, 2, "role")),
		"fragments spread fifty times":        q(bomb(12, 50, "role")),
		"fragments doubling below a list":     q("{ tenants { edges { node { ...F0 } } } } " + strings.ReplaceAll(strings.TrimPrefix(bomb(30, 2, "name"), "{ viewer { ...F0 } }"), "Viewer", "Tenant")),
		"fragments nobody spreads, doubling":  q("{ viewer { role } }" + strings.TrimPrefix(bomb(40, 2, "role"), "{ viewer { ...F0 } }")),
		"a fragment in itself":                q("{ viewer { ...A } } fragment A on Viewer { role ...A }"),
		"two fragments in each other":         q("{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }"),
		"fragments in each other, with lists": q("{ tenants { edges { node { ...A } } } } fragment A on Tenant { contacts { tenant { ...B } } } fragment B on Tenant { contacts { tenant { ...A } } }"),
		"one field 1,900 times":               q("{ viewer { " + repeated(1900, "role") + "} }"),
		"one field 1,900 times at the root":   q("{ " + repeated(1900, "viewer { role }") + "}"),
		"one alias 700 times":                 q("{ " + repeated(700, "a: viewer { role }") + "}"),
		"aliases of a list": q("{ " + func() (s string) {
			for i := range 200 {
				s += fmt.Sprintf("a%d: events(first: 500) { edges { node { id kind } } } ", i)
			}
			return s
		}() + "}"),
		"lists in lists":                    q("{ subjects(first: 500) { edges { node { interactions(first: 500) { edges { node { accesses(first: 500) { edges { node { id } } } } } } } } } }"),
		"a page size in a default":          q("query($n: Int = 500) { interactions(first: $n) { edges { node { accesses(first: $n) { edges { node { id } } } } } } }"),
		"a list at the end of the pages":    q("{ subjects(last: 500) { edges { node { interactions(last: 500) { totalCount edges { node { id } } } } } } }"),
		"a page size in a variable":         {Query: "query($n: Int) { interactions(first: $n) { edges { node { accesses(first: $n) { edges { node { id } } } } } } }", Variables: map[string]any{"n": float64(500)}},
		"the schema, with fields of fields": q("{ __schema { types { " + nested("fields { type { ", 4, "name", "} }") + " } } }"),
		"the schema, 6 KB of aliases": q("{ " + func() (s string) {
			for i := range 60 {
				s += fmt.Sprintf("a%d: __schema { types { name description fields { name description args { name type { name } } } } } ", i)
			}
			return s
		}() + "}"),
		"the schema by fragments":          q("{ __schema { types { ...T } } } fragment T on __Type { name fields { name type { ...U } } } fragment U on __Type { name fields { name type { ...V } } } fragment V on __Type { name fields { name type { name possibleTypes { name fields { name } } } } }"),
		"possible types of possible types": q("{ __type(name: \"Node\") { " + nested("possibleTypes { interfaces { ", 5, "name", "} }") + " } }"),
		"types 500 times": q("{ " + func() (s string) {
			for i := range 500 {
				s += fmt.Sprintf("a%d: __type(name: \"Query\") { fields { name args { name } } } ", i)
			}
			return s
		}() + "}"),
		"nested too deep by fragments": q("{ node(id: \"x\") { ...A0 } }" + func() (s string) {
			for i := range 20 {
				s += fmt.Sprintf(" fragment A%d on Interaction { accesses(first: 1) { edges { node { interaction { ...A%d } } } } }", i, i+1)
			}
			return s + " fragment A20 on Interaction { id }"
		}()),
		"a list value nested deep": q("{ events(filter: {kind: " + nested("[", 2000, "1", "]") + "}) { totalCount } }"),
		"2,000 fields that don't exist": q("{ viewer { " + func() (s string) {
			for i := range 2000 {
				s += fmt.Sprintf("nope%d ", i)
			}
			return s
		}() + "} }"),
		"1,000 operations": q(strings.Repeat("query A { viewer { role } } ", 1000)),
		"1,000 fragments":  q("{ viewer { role } } " + strings.Repeat("fragment A on Viewer { role } ", 1000)),
		"2,000 directives": q("{ viewer { role " + strings.Repeat("@include(if: true) ", 2000) + "} }"),
		"2,000 arguments":  q("{ events(" + strings.Repeat("first: 1 ", 2000) + ") { totalCount } }"),
		"2,000 variables": q("query(" + func() (s string) {
			for i := range 2000 {
				s += fmt.Sprintf("$v%d: Int ", i)
			}
			return s
		}() + ") { viewer { role } }"),
		"4,100 fields, each with a name of its own, by fragments": q("{ viewer { role } " + func() (s string) {
			for i := range 41 {
				s += fmt.Sprintf("a%d: viewer { ...F } ", i)
			}
			s += "} fragment F on Viewer { "
			for i := range 100 {
				s += fmt.Sprintf("b%d: role ", i)
			}
			return s + "}"
		}()),
		"a node by its kinds": q(strings.Replace(deep, "role", repeated(1500, "role"), 1)),
	}
}

// notGraphQL are those that are no GraphQL, whatever they weigh.
var notGraphQL = map[string]bool{
	"a fragment in itself": true, "two fragments in each other": true, "fragments in each other, with lists": true, "a list value nested deep": true,
	"2,000 fields that don't exist": true, "possible types of possible types": true, "the schema by fragments": true, "the schema, with fields of fields": true,
}

// TestAttacks: each is refused in 50 ms of work and 20 MB, whoever asks.
func TestAttacks(t *testing.T) {
	d := newDesk(t)
	anna := access.Principal{Role: access.DPO, Actor: domain.ID{15: 1}}
	for name, c := range attacks() {
		t.Run(name, func(t *testing.T) {
			best := time.Hour
			var spent uint64
			for range 3 { // the least of three: the machine may be at something else
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				begun := time.Now()
				_, list := d.api.check(c, anna)
				took := time.Since(begun)
				runtime.ReadMemStats(&after)
				best, spent = min(best, took), after.TotalAlloc-before.TotalAlloc
				if len(list) == 0 {
					t.Fatal("not refused")
				}
				if e, _ := list[0]["extensions"].(map[string]any); e["code"] != string(domain.TooMuch) && !notGraphQL[name] {
					t.Fatalf("refused for another reason: %v", list[0])
				}
			}
			if best > 50*time.Millisecond || spent > 20<<20 {
				t.Errorf("took %s and %d KB", best, spent>>10)
			}
		})
	}
}

// TestLean: JSON that grows when it is decoded is refused before that, and nothing else is.
func TestLean(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		refused bool
	}{
		"a question":                      {`{"query":"{ viewer { role } }","variables":{"a":[1,2,{"b":null}]}}`, false},
		"commas and brackets in a text":   {`{"query":"` + strings.Repeat("[,{", 20_000) + `"}`, false},
		"a text that ends in a backslash": {`{"a":"\\\\","b":"` + strings.Repeat(",", 30_000) + `"}`, false},
		"a quotation mark in a text":      {`{"a":"\\\"` + strings.Repeat(",", 30_000) + `"}`, false},
		"500,000 numbers":                 {`{"variables":{"a":[` + strings.Repeat("1,", 500_000) + `1]}}`, true},
		"empty objects":                   {`{"variables":{"a":[` + strings.Repeat("{}", 200_000) + `]}}`, true},
		"lists in lists":                  {strings.Repeat("[", 100), true},
		"64 deep":                         {strings.Repeat("[", 64), false},
		"not closed":                      {`{"a":"`, false},
		"a backslash at the end":          {`{"a":"\\`, false},
		"nothing":                         {``, false},
	} {
		if no := lean([]byte(c.text)); (no != nil) != c.refused {
			t.Errorf("%s: %v", name, no)
		}
	}
	d := newDesk(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ viewer { role } }","variables":{"a":[`+strings.Repeat("{},", 300_000)+`1]}}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+d.token(access.Principal{Role: access.DPO}))
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, r)
	runtime.ReadMemStats(&after)
	if w.Code != http.StatusRequestEntityTooLarge || after.TotalAlloc-before.TotalAlloc > 20<<20 {
		t.Errorf("%d, %d KB", w.Code, (after.TotalAlloc-before.TotalAlloc)>>10)
	}
}

// TestIntrospection: what tools ask of the schema is answered.
func TestIntrospection(t *testing.T) {
	d := newDesk(t)
	op, list := d.api.check(call{Query: introspection}, access.Principal{Role: access.DPO, Actor: domain.ID{15: 1}})
	if len(list) > 0 {
		text, _ := json.Marshal(list)
		t.Fatalf("%v: %s", op, text)
	}
}

// TestHeavyButFair: what people and tools ask is answered, however it is written.
func TestHeavyButFair(t *testing.T) {
	d := newDesk(t)
	for name, c := range map[string]call{
		"inline fragments 300 deep":   {Query: "{ viewer { " + nested("... on Viewer { ", 300, "role", "}") + " } }"},
		"a page of calls":             {Query: "{ interactions(first: 50) { totalCount edges { cursor node { id medium seconds accesses(first: 10) { edges { node { id action } } } } } } }"},
		"a great page of the trail":   {Query: "{ events(first: 500) { edges { node { id kind position occurredAt recordedAt stream } } } }"},
		"fragments used by each list": {Query: "{ a: events(first: 10) { ...E } b: events(last: 10) { ...E } } fragment E on EventConnection { edges { node { ...N } } } fragment N on Event { id kind }"},
		"a field asked twice":         {Query: "{ viewer { role role } viewer { role tenants } }"},
		"a variable for a page size":  {Query: "query($n: Int = 500) { events(first: $n) { edges { node { id } } } }", Variables: map[string]any{"n": float64(5)}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, list := d.api.check(c, access.Principal{Role: access.DPO, Actor: domain.ID{15: 1}}); len(list) > 0 {
				t.Errorf("%v", list)
			}
		})
	}
}

// TestWeight: an operation weighs the fields that its answer can have.
func TestWeight(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		query string
		vars  map[string]any
		want  float64
	}{
		{"{ viewer { role } }", nil, 2},
		{"{ viewer { role role } viewer { role } }", nil, 2},
		{"{ viewer { ...V ...V } } fragment V on Viewer { role }", nil, 2},
		{"{ events(first: 10) { totalCount } }", nil, 11},
		{"{ events(first: 10) { edges { node { id } } } }", nil, 31},
		{"{ events(last: 10) { edges { node { id } } } }", nil, 31},
		{"{ events { edges { node { id } } } }", nil, 1 + 3*50},
		{"{ events(first: 100000) { edges { node { id } } } }", nil, 1 + 3*500},
		{"query($n: Int) { events(first: $n) { edges { node { id } } } }", map[string]any{"n": float64(7)}, 22},
		{"query($n: Int = 9) { events(first: $n) { edges { node { id } } } }", nil, 28},
		{"query($n: Int = 9) { events(first: $n) { edges { node { id } } } }", map[string]any{"n": float64(7)}, 22},
		{"query($n: Int) { events(first: $n) { edges { node { id } } } }", map[string]any{"n": "many"}, 1 + 3*500},
		{"{ a: events(first: 10) { edges { node { id } } } b: events(first: 10) { edges { node { id } } } }", nil, 62},
		{"{ interactions(first: 10) { edges { node { accesses(first: 5) { edges { node { id } } } } } } }", nil, 1 + 10 + 10 + 10 + 3*50},
	} {
		doc, err := parser.ParseQuery(&ast.Source{Input: c.query})
		if err != nil {
			t.Fatal(err)
		}
		got, no := d.api.weigh(doc, doc.Operations[0], c.vars)
		if no != nil || got.cost != c.want {
			t.Errorf("%s with %v weighs %v (%v), want %v", c.query, c.vars, got.cost, no, c.want)
		}
	}
}
