package canon

import (
	"bytes"
	"testing"
)

// sameAsParse reports how Members and Elements differ from Parse on a text.
func sameAsParse(text []byte) string {
	tree, err := Parse(text)
	object, isObject := tree.(map[string]any)
	array, isArray := tree.([]any)
	names, values := []string{}, [][]byte{}
	got := Members(text, func(name, value []byte) { names, values = append(names, string(name)), append(values, value) })
	if (got == nil) != (err == nil && isObject) {
		return "Members and Parse disagree"
	}
	if got == nil {
		if len(names) != len(object) {
			return "members are missing"
		}
		for i, name := range names {
			if !bytes.Equal(values[i], Append(nil, object[name])) {
				return "the value of " + name + " differs"
			}
		}
	}
	values = values[:0]
	got = Elements(text, func(value []byte) { values = append(values, value) })
	if (got == nil) != (err == nil && isArray) {
		return "Elements and Parse disagree"
	}
	if got == nil {
		if len(values) != len(array) {
			return "elements are missing"
		}
		for i, e := range array {
			if !bytes.Equal(values[i], Append(nil, e)) {
				return "an element differs"
			}
		}
	}
	return ""
}

var membersSeeds = []string{
	`{}`, `[]`, `{"a":1}`, `{"a":1,"b":[true,false,{"c":"x"}]}`, `[1,-1,"\u00c5",{}]`, `{"a":1,"a":1}`, `{"b":1,"a":1}`, `{"a": 1}`, `{"a":1} `, `{"a":01}`,
	`{"a":-0}`, `{"a":0}`, `{"a":9007199254740991}`, `{"a":9007199254740992}`, `{"a":99999999999999999999}`, `{"a":1.0}`, `{"a":null}`, `{"a":tru}`, `{"a":"\n"}`,
	`{"a":"\u000a"}`, `{"a":"\u000A"}`, `{"a":"\u0041"}`, `{"a":"\ud83d\ude00"}`, `{"a":"\ud83d"}`, `{"a":"\ude00\ud83d"}`, `{"a":"\"\\"}`, `{"a":"\/"}`,
	`{"\u00c5":1,"\ud83d\ude00":2}`, `{"\ud83d\ude00":1,"\uffff":2}`, `{"\uffff":1,"\ud83d\ude00":2}`, `{"a":"` + "\x7f" + `"}`, `{"a":"\u007f"}`, `{"a"`, `{"a":[1,]}`, `{"a":1,}`, "", `x`, `{"a":"\u12`,
	`{"a":"\ufffd"}`, `{"":1,"a":2}`, `[[[[]]]]`,
	"{\"a\":\"\n\"}", "{\"a\":\"\x00\"}", "{\"a\":\"\x1f\"}", "{\"a\":\"\u00c5\"}", "[\"\t\"]", "[\"\\\\\t\"]", "[\"\\u00c5\x01\"]", "[\"\\u00c5\x7f\"]",
}

// TestMembersAgreesWithParse: what the quick way takes, and into what, is what the tree says.
func TestMembersAgreesWithParse(t *testing.T) {
	deep := func(n int) string {
		return string(append(append(bytes.Repeat([]byte("["), n), '1'), bytes.Repeat([]byte("]"), n)...))
	}
	for _, text := range append([]string{deep(MaxDepth), deep(MaxDepth + 1), deep(MaxDepth + 2)}, membersSeeds...) {
		if bad := sameAsParse([]byte(text)); bad != "" {
			t.Errorf("%s: %s", text, bad)
		}
	}
}

func FuzzMembers(f *testing.F) {
	for _, s := range membersSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bad := sameAsParse(text); bad != "" {
			t.Errorf("%q: %s", text, bad)
		}
	})
}
