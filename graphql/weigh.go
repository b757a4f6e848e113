package graphql

import (
	"fmt"
	"math"

	"github.com/vektah/gqlparser/v2/ast"

	"muniment/domain"
	"muniment/projections"
)

// What a document may hold before anything slower than one walk looks at it. Validation and execution take
// time that grows with the square of repeated fields and with the product of nested lists, and fragments
// make either large with few bytes.
const (
	maxTokens     = 8_000
	maxOperations = 50
	maxFragments  = 200
	maxFields     = 4_000  // with every fragment written out where it is spread
	maxPairs      = 10_000 // of fields with the same response name, which validation compares
	maxUnknown    = 20     // fields that don't exist: for each, validation looks for similar names
	maxPerNode    = 50     // arguments or directives of one field
	plainList     = 20     // elements that a list of objects without a page size is taken to have
)

// weight is what an operation comes to.
type weight struct {
	cost   float64 // fields of an answer in which every list is as long as it may be
	schema float64 // the same of what it asks of the schema itself
	depth  int
}

// weigher walks a document, each part once, and gives up as soon as a limit is passed.
type weigher struct {
	schema    *ast.Schema
	sizes     *schemaSizes
	doc       *ast.QueryDocument
	op        *ast.OperationDefinition
	variables map[string]any
	expanded  map[string]float64 // fields of fragments, written out; NaN while one is looked at
	pairs     int
	unknown   int
	weight    weight
}

func tooMuch(rule, format string, args ...any) *domain.Refusal {
	return &domain.Refusal{Code: domain.TooMuch, Rule: rule, Message: fmt.Sprintf(format, args...)}
}

// weigh judges a whole document, and says what the operation that is to run weighs.
func (a *API) weigh(doc *ast.QueryDocument, run *ast.OperationDefinition, variables map[string]any) (weight, *domain.Refusal) {
	if len(doc.Operations) > maxOperations || len(doc.Fragments) > maxFragments {
		return weight{}, tooMuch("query.fields", "the document has %d operations and %d fragments, more than %d and %d: send fewer", len(doc.Operations), len(doc.Fragments), maxOperations, maxFragments)
	}
	w := &weigher{schema: a.checked, sizes: a.sizes, doc: doc, expanded: map[string]float64{}, variables: variables}
	total := 0.0
	for _, f := range doc.Fragments {
		n, no := w.fragment(f.Name)
		if total += n; no == nil && total > maxFields {
			no = w.tooMany()
		}
		if no != nil {
			return weight{}, no
		}
	}
	for _, op := range doc.Operations {
		n, no := w.count(op.SelectionSet)
		if total += n; no == nil && total > maxFields {
			no = w.tooMany()
		}
		if no != nil {
			return weight{}, no
		}
	}
	for _, f := range doc.Fragments { // those that nothing spreads are validated, too
		if no := w.walk([]selection{{f.TypeCondition, f.SelectionSet}}, 1, false, 1); no != nil {
			return weight{}, no
		}
	}
	var of weight
	for _, op := range doc.Operations {
		w.op, w.weight = op, weight{}
		if no := w.walk([]selection{{w.rootType(op), op.SelectionSet}}, 1, false, 1); no != nil {
			return weight{}, no
		}
		if op == run {
			of = w.weight
		}
	}
	return of, nil
}

func (w *weigher) tooMany() *domain.Refusal {
	return tooMuch("query.fields", "the question has more than %d fields, with fragments written out: ask it in parts", maxFields)
}

func (w *weigher) rootType(op *ast.OperationDefinition) string {
	var root *ast.Definition
	switch op.Operation {
	case ast.Mutation:
		root = w.schema.Mutation
	case ast.Subscription:
		root = w.schema.Subscription
	default:
		root = w.schema.Query
	}
	if root == nil {
		return ""
	}
	return root.Name
}

// fragment is how many fields a fragment has with those that it spreads written out.
func (w *weigher) fragment(name string) (float64, *domain.Refusal) {
	if n, known := w.expanded[name]; known {
		if math.IsNaN(n) {
			return 0, domain.Malformed("query", "the fragment %s spreads itself", name)
		}
		return n, nil
	}
	f := w.doc.Fragments.ForName(name)
	if f == nil {
		return 0, nil // which validation tells better
	}
	w.expanded[name] = math.NaN()
	n, no := w.count(f.SelectionSet)
	w.expanded[name] = n
	return n, no
}

func (w *weigher) count(set ast.SelectionSet) (total float64, no *domain.Refusal) {
	for _, s := range set {
		n := 0.0
		switch s := s.(type) {
		case *ast.Field:
			if len(s.Arguments) > maxPerNode || len(s.Directives) > maxPerNode {
				return 0, tooMuch("query.fields", "a field has more than %d arguments or directives", maxPerNode)
			}
			n, no = w.count(s.SelectionSet)
			n++
		case *ast.InlineFragment:
			n, no = w.count(s.SelectionSet)
			n++
		case *ast.FragmentSpread:
			n, no = w.fragment(s.Name)
			n++
		}
		if total += n; no == nil && total > maxFields {
			no = w.tooMany()
		}
		if no != nil {
			return total, no
		}
	}
	return total, nil
}

// selection is a selection set and the type it is on.
type selection struct {
	on  string
	set ast.SelectionSet
}

// walk follows the fields as execution merges them: those with one response name are one field.
func (w *weigher) walk(sets []selection, times float64, meta bool, depth int) *domain.Refusal {
	if w.weight.depth = max(w.weight.depth, depth); depth > maxDepth {
		return tooMuch("query.depth", "the question is nested to a depth of more than %d: ask for the inner things by node(id)", maxDepth)
	}
	merged, order := map[string][]selected{}, []string(nil)
	for _, s := range sets {
		if no := w.collect(s, merged, &order, map[string]bool{}); no != nil {
			return no
		}
	}
	for _, name := range order {
		list := merged[name]
		first := list[0]
		of := meta || first.field.Name == "__schema" || first.field.Name == "__type"
		if of {
			w.weight.schema += times
		} else {
			w.weight.cost += times
		}
		if first.def == nil || first.field.SelectionSet == nil {
			continue
		}
		inner := 1.0
		var below []selection
		for _, f := range list {
			if f.def != nil {
				inner = max(inner, w.size(f, times))
				below = append(below, selection{f.def.Type.Name(), f.field.SelectionSet})
			}
		}
		if no := w.walk(below, times*inner, of, depth+1); no != nil {
			return no
		}
	}
	return nil
}

// selected is a field where it is selected; def is nil when its type has no such field.
type selected struct {
	on    string
	field *ast.Field
	def   *ast.FieldDefinition
}

func (w *weigher) collect(s selection, into map[string][]selected, order *[]string, spread map[string]bool) *domain.Refusal {
	for _, one := range s.set {
		switch one := one.(type) {
		case *ast.Field:
			name := one.Alias
			if name == "" {
				name = one.Name
			}
			f := selected{on: s.on, field: one}
			if t := w.schema.Types[s.on]; t != nil {
				f.def = t.Fields.ForName(one.Name)
			}
			if f.def == nil && one.Name != "__typename" {
				if w.unknown++; w.unknown > maxUnknown {
					return domain.Malformed("query", "more than %d fields don't exist, %s on %s among them", maxUnknown, shorten(one.Name), shorten(s.on))
				}
			}
			if len(into[name]) == 0 {
				*order = append(*order, name)
			}
			into[name] = append(into[name], f)
			if w.pairs += len(into[name]) - 1; w.pairs > maxPairs {
				return tooMuch("query.fields", "too many fields have one name in the answer, such as %s: ask for each once", shorten(name))
			}
		case *ast.InlineFragment:
			on := s.on
			if one.TypeCondition != "" {
				on = one.TypeCondition
			}
			if no := w.collect(selection{on, one.SelectionSet}, into, order, spread); no != nil {
				return no
			}
		case *ast.FragmentSpread:
			f := w.doc.Fragments.ForName(one.Name)
			if f == nil || spread[one.Name] {
				continue
			}
			spread[one.Name] = true
			if no := w.collect(selection{f.TypeCondition, f.SelectionSet}, into, order, spread); no != nil {
				return no
			}
		}
	}
	return nil
}

func shorten(name string) string {
	if len(name) > 60 {
		return name[:60] + "…"
	}
	return name
}

// size is how many things a field may lead to.
func (w *weigher) size(f selected, times float64) float64 {
	if n, ok := w.sizes.of(f.on, f.field.Name, times); ok {
		return n
	}
	if f.def.Arguments.ForName("first") != nil || f.def.Arguments.ForName("newest") != nil {
		return w.page(f)
	}
	if f.def.Type.Elem != nil && f.field.Name != "edges" { // an edge is one of the page
		return plainList
	}
	return 1
}

// page is a field's page size; what can't be told yet counts as the greatest.
func (w *weigher) page(f selected) float64 {
	size := float64(projections.DefaultPage)
	for _, name := range []string{"first", "last", "newest"} {
		arg := f.field.Arguments.ForName(name)
		if arg == nil {
			continue
		}
		switch n := w.value(arg.Value).(type) {
		case int64:
			size = float64(n)
		case float64:
			size = n
		case nil:
		default:
			size = projections.MaxPage
		}
	}
	return max(1, min(size, projections.MaxPage))
}

// value is an argument's value, with the variable's default where none was sent.
func (w *weigher) value(v *ast.Value) any {
	if v.Kind != ast.Variable {
		x, err := v.Value(nil)
		if err != nil {
			return err
		}
		return x
	}
	if x, sent := w.variables[v.Raw]; sent {
		return x
	}
	if w.op != nil {
		if d := w.op.VariableDefinitions.ForName(v.Raw); d != nil && d.DefaultValue != nil {
			return w.value(d.DefaultValue)
		}
	}
	return nil
}
