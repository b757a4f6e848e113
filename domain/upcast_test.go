package domain

import (
	"reflect"
	"strings"
	"testing"
)

// tested is a kind with a past: version 1 called its place city and its note remark; version 2 said
// how many, not whether.
type tested struct {
	Count int64    `json:"count"`
	Place string   `json:"place" plain:"place"`
	Note  Personal `json:"note" class:"CONTACT"`
}

func (tested) Kind() string { return "test.tested" }

var testedKind = kind[tested]("test", "5(2)", "A kind with a past.",
	Upcast{
		Plain: func(plain map[string]any) { plain["place"] = plain["city"]; delete(plain, "city") },
		Moves: map[string]string{"/remark": "/note"},
	},
	Upcast{Plain: func(plain map[string]any) {
		plain["count"] = int64(0)
		if plain["any"] == true {
			plain["count"] = int64(1)
		}
		delete(plain, "any")
	}},
)

func TestUpcasts(t *testing.T) {
	want := tested{Count: 1, Place: "Ireland", Note: Sealed()}
	for version, old := range map[int]struct {
		plain  map[string]any
		sealed []string
	}{
		1: {map[string]any{"city": "Ireland", "any": true}, []string{"/remark"}},
		2: {map[string]any{"place": "Ireland", "any": true}, []string{"/note"}},
		3: {map[string]any{"place": "Ireland", "count": int64(1)}, []string{"/note"}},
	} {
		got, err := testedKind.Decode(version, old.plain, old.sealed)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("version %d: got %+v, %v", version, got, err)
		}
	}
	if testedKind.Version != 3 {
		t.Errorf("two upcasts lead to version 3, got %d", testedKind.Version)
	}
	for _, c := range []struct {
		version int
		plain   any
		says    string
	}{
		{0, map[string]any{}, "not known to this build"},
		{4, map[string]any{}, "reads 1 to 3"},
		{3, "text", "no object"},
		{3, map[string]any{"count": int64(1)}, "place: missing"},
		{3, map[string]any{"count": int64(1), "place": "Ireland", "city": "Ireland"}, "city: unknown field"},
		{3, map[string]any{"count": "1", "place": "Ireland"}, "count: expected an integer, got a string"},
		{3, map[string]any{"count": int64(1), "place": "Ireland", "note": "clear"}, "note: expected a string"},
	} {
		if _, err := testedKind.Decode(c.version, c.plain, nil); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("version %d, %v: got %v, want %q", c.version, c.plain, err, c.says)
		}
	}
}
