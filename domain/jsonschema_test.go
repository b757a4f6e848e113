package domain

import (
	"encoding/json"
	"slices"
	"testing"
)

// specimen holds a text that satisfies each pattern of [Reasons].
var specimen = map[string]string{
	"period": "P3Y", "kind": "consent.granted",
	"country": "SE", "region": "DE-BY", "zone": "Europe/Stockholm", "language": "sv-SE", "word": "MARKETING", "version": "2026-10",
	"digest":    "0000000000000000000000000000000000000000000000000000000000000000",
	"reference": "DSR-2026-014", "ownnumber": "+46846500400", "ownaddress": "privacy@exempel.example", "publickey": sampleDigest, "url": "https://example.com/privacy",
}

// TestSchemaIsWhatInputTakes builds an event from each schema alone and lets Input read it.
func TestSchemaIsWhatInputTakes(t *testing.T) {
	for _, kind := range Catalogue {
		s := kind.JSONSchema()
		if _, err := json.Marshal(s); err != nil {
			t.Fatalf("%s: %v", kind.Kind, err)
		}
		event, err := kind.Input(instance(t, s))
		if err != nil {
			t.Errorf("%s: Input refuses what its schema describes: %v", kind.Kind, err)
			continue
		}
		if event.Kind() != kind.Kind {
			t.Errorf("%s: became %s", kind.Kind, event.Kind())
		}
	}
}

// TestSchemaRequires takes away one required member at a time: Input must miss it.
func TestSchemaRequires(t *testing.T) {
	for _, kind := range Catalogue {
		s := kind.JSONSchema()
		required, _ := s["required"].([]string)
		for _, name := range required {
			tree := instance(t, s).(map[string]any)
			delete(tree, name)
			if _, err := kind.Input(tree); err == nil {
				t.Errorf("%s: Input accepts it without the required %s", kind.Kind, name)
			}
		}
	}
}

func TestSchemaMarksPersonal(t *testing.T) {
	kind, _ := Lookup("interaction.recorded")
	s := kind.JSONSchema()
	properties := s["properties"].(map[string]any)
	number := properties["number"].(map[string]any)
	if number["x-personal"] != "INTERACTION" {
		t.Errorf("number: x-personal is %v", number["x-personal"])
	}
	if properties["counterpart"].(map[string]any)["x-owner"] != 1 {
		t.Error("counterpart: the owner is missing")
	}
	required := s["required"].([]string)
	if slices.Contains(required, "number") || !slices.Contains(required, "medium") {
		t.Errorf("required: %v", required)
	}
}

// instance makes the tree that a schema describes, with every member in it.
func instance(t *testing.T, s map[string]any) any {
	switch s["type"] {
	case "object":
		o := map[string]any{}
		for name, p := range s["properties"].(map[string]any) {
			o[name] = instance(t, p.(map[string]any))
		}
		return o
	case "array":
		return []any{instance(t, s["items"].(map[string]any))}
	case "integer":
		return int64(1)
	case "boolean":
		return true
	}
	if enum, ok := s["enum"].([]string); ok {
		return enum[0]
	}
	switch s["format"] {
	case "date":
		return "2026-10-01"
	case "date-time":
		return "2026-10-01T08:17:00Z"
	}
	pattern, ok := s["pattern"].(string)
	switch {
	case !ok:
		return "text"
	case pattern == "^"+hexID+"$":
		return "0000000000000000000000000000000f"
	case pattern == "^[a-z]+-"+hexID+"$":
		return "tenant-0000000000000000000000000000000f"
	}
	for name, r := range Reasons {
		if r.Pattern != nil && r.Pattern.String() == pattern {
			if specimen[name] == "" {
				t.Fatalf("no specimen for reason %q", name)
			}
			return specimen[name]
		}
	}
	t.Fatalf("unknown pattern %s", pattern)
	return nil
}
