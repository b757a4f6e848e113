package domain

import (
	"reflect"

	"muniment/domain/canon"
)

// JSONSchema describes the data of an event of this type as [Type.Input] takes it (JSON Schema
// draft 2020-12). Beside the standard words, x-personal names the key class that seals a value,
// x-owner the index of the subject it belongs to, x-plain why a text may be kept in the clear.
func (t Type) JSONSchema() map[string]any {
	s := schemaOf(reflect.TypeOf(t.new()).Elem(), field{})
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["$id"] = "urn:muniment:event:" + t.Kind
	s["title"] = t.Kind
	s["description"] = t.Doc
	s["x-version"] = t.Version
	s["x-stream"] = t.Noun
	s["x-articles"] = t.Articles
	return s
}

const hexID = `[0-9A-Fa-f]{32}`

func schemaOf(t reflect.Type, f field) map[string]any {
	text := func(pattern string) map[string]any {
		return map[string]any{"type": "string", "pattern": "^" + pattern + "$"}
	}
	zero := reflect.Zero(t).Interface()
	if enum, ok := zero.(interface{ Values() []string }); ok {
		return map[string]any{"type": "string", "enum": enum.Values()}
	}
	switch zero.(type) {
	case Personal:
		s := map[string]any{"type": "string", "maxLength": MaxPersonal, "x-personal": string(f.class)}
		if f.owner > 0 {
			s["x-owner"] = f.owner
		}
		return s
	case ID:
		return text(hexID)
	case Stream:
		return text("[a-z]+-" + hexID)
	case Time:
		return map[string]any{"type": "string", "format": "date-time"}
	case Date:
		return map[string]any{"type": "string", "format": "date"}
	}
	switch t.Kind() {
	case reflect.String:
		reason := Reasons[f.plain]
		s := map[string]any{"type": "string", "minLength": 1, "maxLength": reason.Max, "description": reason.Expect, "x-plain": reason.Why}
		if reason.Pattern != nil {
			s["pattern"] = reason.Pattern.String()
		}
		return s
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer", "minimum": 0, "maximum": canon.MaxInteger}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), f)}
	case reflect.Struct:
		return objectSchema(t)
	}
	panic("domain: no schema for " + t.String())
}

// objectSchema lists the members of a struct. A personal one is never required: it may be unknown.
func objectSchema(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range layout(t) {
		properties[f.name] = schemaOf(t.Field(f.index).Type, f)
		if !f.optional && !f.personal {
			required = append(required, f.name)
		}
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}
