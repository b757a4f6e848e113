package canon

import (
	"strings"
	"testing"
)

func TestCanonicalForm(t *testing.T) {
	for _, c := range []struct{ lenient, canonical string }{
		{`{"b":1,"a":[true,false,"x"]}`, `{"a":[true,false,"x"],"b":1}`},
		{`" Å\n\u007f/\/\t"`, `" \u00c5\u000a\u007f//\u0009"`},
		{`"😀\ud83d\ude00"`, `"\ud83d\ude00\ud83d\ude00"`},
		{` -9007199254740991 `, `-9007199254740991`},
		{`{}`, `{}`}, {`[]`, `[]`}, {`"\"\\"`, `"\"\\"`},
	} {
		v, err := ParseLenient([]byte(c.lenient))
		if err != nil {
			t.Fatalf("%s: %v", c.lenient, err)
		}
		got := string(Append(nil, v))
		if got != c.canonical {
			t.Errorf("%s: got %s, want %s", c.lenient, got, c.canonical)
		}
		if _, err := Parse([]byte(got)); err != nil {
			t.Errorf("canonical %s refused: %v", got, err)
		}
		if c.lenient != c.canonical {
			if _, err := Parse([]byte(c.lenient)); err == nil {
				t.Errorf("strict parse accepted %s", c.lenient)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for text, word := range map[string]string{
		`{"a":1,"a":2}`:          "duplicate name",
		`{"a":1} {}`:             "data after",
		`{"a":`:                  "truncated",
		`"abc`:                   "truncated JSON: the text ends inside a string at byte 4",
		`"abc\`:                  "truncated JSON: the text ends inside a string at byte 4",
		`"abc\u00e`:              "at byte 4",
		"\"\xff\"":               "invalid UTF-8",
		`"\ud800"`:               "surrogate",
		`01`:                     "malformed number at byte 0",
		`[1, 1.]`:                "malformed number at byte 4",
		`{a:1}`:                  "quoted name",
		`[1 2]`:                  "expected",
		``:                       "truncated",
		`nul`:                    "unexpected word",
		strings.Repeat("[", 100): "nested too deeply",
		"\"\x01\"":               "control character",
		`"\x"`:                   "unknown escape",
	} {
		if _, err := ParseLenient([]byte(text)); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: got %v, want %q", text, err, word)
		}
	}
	for _, text := range []string{`null`, `1.5`, `9007199254740992`, `{"a":null}`, `[1.0]`, `-0`} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("strict parse accepted %s", text)
		}
		if _, err := ParseLenient([]byte(text)); err != nil {
			t.Errorf("lenient parse refused %s: %v", text, err)
		}
	}
}

// FuzzParse: whatever is accepted encodes to bytes that parse strictly to themselves; what is accepted
// strictly are these bytes, and no error tells a value.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"b":[1,"x",true]}`, `"\ud83d\ude00"`, `{"a":{"b":null}}`, `1e5`, `"é"`, `{"Zq7x-Vw9k":1,"Zq7x-Vw9k":"Zq7x-Vw9k"}`, `"Zq7x-Vw9k\q"`, `[Zq7x-Vw9k]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if v, err := Parse(text); err == nil && string(Append(nil, v)) != string(text) {
			t.Fatal("bytes were accepted that are not canonical")
		}
		v, err := ParseLenient(text)
		if err != nil && strings.Contains(err.Error(), "Zq7x-Vw9k") {
			t.Fatalf("a value is told: %s", err)
		}
		if err != nil || !modelled(v) {
			return
		}
		once := Append(nil, v)
		again, err := Parse(once)
		if err != nil {
			t.Fatalf("own encoding refused: %v", err)
		}
		if string(Append(nil, again)) != string(once) {
			t.Fatal("encoding is not stable")
		}
	})
}
