package domain

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// FuzzEnvelope: whatever is read as an envelope is written as one that reads the same, and no error
// tells a value.
func FuzzEnvelope(f *testing.F) {
	full := fullEnvelope()
	text := string(full.Append(nil))
	f.Add([]byte(text))
	for _, name := range []string{"kind", "role", "source", "purpose", "stream", "salt", "zone", "occurred", "precision", "basis", "capacity", "auth"} {
		f.Add([]byte(strings.Replace(text, `"`+name+`":"`, `"`+name+`":"`+canary, 1)))
	}
	zero, one := ID{}.String(), ID{15: 3}.String()
	f.Add([]byte(strings.Replace(text, one, zero, 1)))
	f.Add([]byte(strings.Replace(text, `"version":2`, `"version":-9223372036854775808`, 1)))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := ParseEnvelope(text)
		if err != nil {
			if strings.Contains(err.Error(), canary) {
				t.Fatalf("a value is told: %s", err)
			}
			return
		}
		written := e.Append(nil)
		again, err := ParseEnvelope(written)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%s\nis read, and written as\n%s (%v)", text, written, err)
		}
		if !bytes.Equal(again.Append(nil), written) {
			t.Fatal("its form isn't stable")
		}
	})
}

// canary stands for a value about a person.
const canary = "Zq7x-Vw9k"

// FuzzNames: ids, streams, times and days mean the same when they are written and read again.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"00000000-0000-7000-8000-00000000000f", "interaction-0000000000007000800000000000000f", "2026-10-01T08:17:00.1234567+02:00",
		"2026-10-01", "1969-12-31", "0000-01-01", "9999-12-31T23:59:59.999999999-23:59", "1970-01-01T00:00:00Z", "interaction-00000000-0000-7000-8000-00000000000F", canary} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseID(s); err == nil {
			if again, err := ParseID(id.String()); err != nil || again != id {
				t.Errorf("id %s: %s (%v)", id, again, err)
			}
		} else if strings.Contains(err.Error(), canary) {
			t.Error(err)
		}
		if stream, err := ParseStream(s); err == nil {
			if again, err := ParseStream(stream.String()); err != nil || again != stream {
				t.Errorf("stream %s: %s (%v)", stream, again, err)
			}
		} else if strings.Contains(err.Error(), canary) {
			t.Error(err)
		}
		if m, err := ParseMoment(s); err == nil {
			again, err := ParseMoment(m.At.String())
			if err != nil || again.At != m.At {
				t.Errorf("%s is %s, then %s (%v)", s, m.At, again.At, err)
			}
			if m.Precision == Day && m.Zone == "" && Date(s).Start() != m.At {
				t.Errorf("day %s begins at %s", s, m.At)
			}
			if back, err := ParseMoment(m.Text()); err != nil || back.At != m.At || back.Precision != m.Precision || m.Precision == Day && back != m {
				t.Errorf("%s is written %s and read as %+v (%v)", s, m.Text(), back, err)
			}
		} else if strings.Contains(err.Error(), canary) {
			t.Error(err)
		}
	})
}
