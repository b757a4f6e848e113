package projections

import (
	"encoding/base64"
	"errors"
	"reflect"
	"strings"
	"testing"

	"muniment/domain"
)

// FuzzCursor: what this ledger made is read as it was; everything else is refused, whatever it is.
func FuzzCursor(f *testing.F) {
	v := &Views{cursorKey: make([]byte, 32), seen: 10, tick: make(chan struct{})}
	asked := question(Scope{All: true}, "accesses", nil)
	at := domain.Viewpoint{AsOf: 5, Known: 9}
	good := v.cursor(asked, at, []any{int64(1), "text", []byte{2}})
	f.Add(good, int64(7), "a", []byte{1})
	f.Add(good[:len(good)-1], int64(-1), "", []byte{})
	f.Add("bm9uc2Vuc2U", int64(1)<<62, "\xff\"\x00", []byte("long enough to fill more than one block of sixty-four bytes with text"))
	f.Fuzz(func(t *testing.T, foreign string, n int64, text string, blob []byte) {
		var no *domain.Refusal
		_, key, err := v.open(foreign, "after", asked)
		if err != nil && (!errors.As(err, &no) || no.Code != domain.Invalid) {
			t.Fatalf("refused with %v", err)
		}
		if raw, _ := base64.RawURLEncoding.DecodeString(foreign); err == nil && base64.RawURLEncoding.EncodeToString(raw) != v.cursor(asked, at, key) {
			t.Fatalf("a cursor that was never made is read as %v", key)
		}
		want := []any{n, strings.ToValidUTF8(text, ""), blob} // no text is kept that isn't UTF-8
		c, got, err := v.open(v.cursor(asked, at, want), "after", asked)
		if err != nil || !reflect.DeepEqual(got, want) || c.AsOf != at.AsOf || c.Known != at.Known {
			t.Fatalf("%#v is read as %#v (%v)", want, got, err)
		}
		if _, _, err := v.open(v.cursor(asked, at, want), "after", question(Scope{All: true}, "accesses", text)); err == nil {
			t.Fatal("it is good for another question")
		}
	})
}
