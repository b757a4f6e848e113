package bundle

import (
	"bytes"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger/seal"
)

func someEvent() Event {
	f := func(name, value string) seal.Field {
		return seal.Field{Name: name, Value: []byte(value), Salt: seal.Hash{1, 2, byte(len(name))}}
	}
	return Event{Seq: 7, Struck: -1,
		Env:    []Field{{Field: f("id", `"00000000000000000000000000000003"`)}, {Field: f("kind", `"interaction.recorded"`)}, Withhold(f("subjects", `[{"capacity":"PROCESSOR"}]`))},
		Pay:    []Field{{Field: f("plain/seconds", `61`)}, Withhold(f("box/number", `{"alg":""}`))},
		Erased: []Erased{{9, domain.ID{4}}},
		Open:   []Opening{{domain.ID{5}, "/number", [32]byte{6}, "caf\u00e9 \"x\""}},
	}
}

// TestEventLine: a line comes back as it was written, with every field's commitment; any other line
// comes back as another event, or not at all.
func TestEventLine(t *testing.T) {
	e := someEvent()
	struck := Event{Seq: 1, Struck: 5, Env: e.Env}
	empty := Event{Seq: 2, Struck: -1, Pay: []Field{}}
	for _, e := range []Event{e, struck, empty} {
		line := e.Line()
		back, err := ParseEvent(line[:len(line)-1])
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back.Line(), line) {
			t.Errorf("%s\ncame back as\n%s", line, back.Line())
		}
		for i, f := range e.Env {
			if back.Env[i].Listed() != f.Listed() {
				t.Errorf("field %d has another commitment", i)
			}
		}
	}
	for _, line := range []string{
		``, `{}`, `[]`, `{"env":[],"pay":[]}`, `{"env":[],"pay":[],"seq":"1"}`, `{"env":[],"seq":1}`, `{"env":[],"pay":[],"seq":1,"struck":2}`, `{"env":[],"more":1,"pay":[],"seq":1}`,
		`{"env":[{"c":"00","n":"id"}],"pay":[],"seq":1}`, `{"env":[{"c":"` + strings.Repeat("00", 32) + `"}],"pay":[],"seq":1}`, `{"env":[{"n":"id","v":1}],"pay":[],"seq":1}`, `{"env":[{}],"pay":[],"seq":1}`, `{"env":[],"open":[],"pay":[],"seq":1}`,
		`{"env":[], "pay":[],"seq":1}`, `{"env":[],"pay":[],"seq":1,"seq":1}`, `{"env":[],"pay":[],"seq":1}{}`,
	} {
		if _, err := ParseEvent([]byte(line)); err == nil {
			t.Errorf("taken for an event: %s", line)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	e := someEvent()
	f.Add(bytes.TrimSuffix(e.Line(), []byte("\n")))
	f.Add([]byte(`{"env":[],"seq":1,"struck":2}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := ParseEvent(line)
		if err == nil && !bytes.Equal(e.Line(), append(line, '\n')) {
			t.Error("two lines for one event")
		}
	})
}
