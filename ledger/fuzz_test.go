package ledger

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"muniment/domain"
)

// FuzzPayload: whatever is read as a payload is written as one that reads the same; as an event of
// any kind it is decoded or refused, and no error tells a value.
func FuzzPayload(f *testing.F) {
	const canary = "Zq7x-Vw9k"
	box := Box{Class: "INTERACTION", Key: domain.ID{15: 1}, Owner: domain.ID{15: 2}, Ciphertext: []byte("ciphertext"), Commitments: []Commitment{{Path: "/number"}}}
	for _, plain := range []string{`{}`, `{"seconds":5}`, `{"status":"` + canary + `"}`, `{"` + canary + `":"` + canary + `"}`, `{"country":["` + canary + `"]}`} {
		text := string(AppendPayload(nil, []byte(plain), []Box{box}, [32]byte{1}))
		f.Add([]byte(text), "interaction.recorded")
		f.Add(AppendPayload(nil, []byte(plain), nil, [32]byte{1}), "consent.granted")
		for _, name := range []string{"salt", "ct", "nonce", "key", "owner", "class", "alg", "/number"} {
			f.Add([]byte(strings.Replace(text, `"`+name+`":"`, `"`+name+`":"`+canary, 1)), "interaction.recorded")
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, kind string) {
		p, err := ParsePayload(text)
		if err != nil {
			if strings.Contains(err.Error(), canary) {
				t.Fatalf("a value is told: %s", err)
			}
			return
		}
		for i := range p.Boxes {
			written := p.Boxes[i].Append(nil)
			again, err := ParsePayload(AppendPayload(nil, []byte(`{}`), p.Boxes[i:i+1], p.Salt))
			if err != nil || len(again.Boxes) != 1 || !reflect.DeepEqual(again.Boxes[0], p.Boxes[i]) || !bytes.Equal(again.Boxes[0].Append(nil), written) {
				t.Fatalf("box %s is read again as %+v (%v)", written, again.Boxes, err)
			}
		}
		e := domain.Envelope{ID: domain.ID{15: 3}, Kind: kind, Version: 1, Stream: domain.Stream{Noun: "thing"}, Tenant: domain.Operator,
			Occurred: domain.At(0), Source: "test", Actor: domain.Actor{Kind: domain.System}}
		if _, _, err := DecodeBoxes(Record{Envelope: e.Append(nil), Payload: text}); err != nil && !strings.Contains(kind, canary) && strings.Contains(err.Error(), canary) {
			t.Fatalf("a value is told: %s", err)
		}
	})
}
