package graphql

import "github.com/vektah/gqlparser/v2/ast"

// schemaSizes is how long the lists are that the schema tells of itself.
type schemaSizes struct {
	types  float64
	mean   map[string]float64 // over all types, or all fields: what a walk over every one of them meets
	widest map[string]float64 // of any one
}

func sizesOf(s *ast.Schema) *schemaSizes {
	z := &schemaSizes{types: float64(len(s.Types)), mean: map[string]float64{}, widest: map[string]float64{}}
	fields := 0.0
	note := func(name string, n int) {
		z.mean[name] += float64(n)
		z.widest[name] = max(z.widest[name], float64(n))
	}
	for _, t := range s.Types {
		if t.Kind == ast.InputObject {
			note("inputFields", len(t.Fields))
		} else {
			note("fields", len(t.Fields))
			fields += float64(len(t.Fields))
			for _, f := range t.Fields {
				note("args", len(f.Arguments))
			}
		}
		note("enumValues", len(t.EnumValues))
		note("interfaces", len(t.Interfaces))
		note("possibleTypes", len(s.GetPossibleTypes(t)))
	}
	for name := range z.mean {
		if name == "args" {
			z.mean[name] /= max(1, fields)
		} else {
			z.mean[name] /= z.types
		}
	}
	return z
}

// of is the length of a list of the schema's own types. A walk over all types meets each list as long as it
// is on average; whoever comes back from a field to its type may have chosen the longest.
func (z *schemaSizes) of(on, field string, times float64) (float64, bool) {
	switch on {
	case "__Schema":
		switch field {
		case "types":
			return z.types, true
		case "directives":
			return 10, true
		}
		return 1, true
	case "__Type", "__Field", "__Directive":
		if n, known := z.mean[field]; known {
			if times >= z.types && times < 2*z.types || field == "args" && times >= z.types {
				return n, true
			}
			return z.widest[field], true
		}
		return 1, true
	case "__InputValue", "__EnumValue":
		return 1, true
	}
	return 0, false
}
