package intake

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestTexts(t *testing.T) {
	long := strings.Repeat("x", MaxText)
	for _, c := range []struct {
		name  string
		shape shape
		in    string
		want  string
	}{
		{"empty", anyShape, "", ""},
		{"blank", anyShape, " \n\r\n\t", ""},
		{"lines", anyShape, "{\"a\":1}\n\n{\"b\":2}\r\n{\"c\":3}", "1 {\"a\":1} | 3 {\"b\":2} | 4 {\"c\":3}"},
		{"byte order mark", anyShape, "\ufeff{\"a\":1}\n", "1 {\"a\":1}"},
		{"list", anyShape, `[{"a":1},{"b":[2,{"c":"]"}]}]`, `1 {"a":1} | 2 {"b":[2,{"c":"]"}]}`},
		{"indented list", anyShape, "[\n  {\"a\":1\n},\n {\"b\":2} ]\n", "1 {\"a\":1\n} | 2 {\"b\":2}"},
		{"two lists", anyShape, `[{"a":1}][{"b":2}]`, `1 {"a":1} | 2 {"b":2}`},
		{"empty list", anyShape, `[]`, ``},
		{"page", anyShape, `{"page":1,"x":{"calls":[9]},"calls":[{"a":1},{"b":2}],"next":"}"}`, `1 {"a":1} | 2 {"b":2}`},
		{"page a line", anyShape, "{\"calls\":[{\"a\":1}]}\n{\"calls\":[{\"b\":2}]}\n", `1 {"a":1} | 2 {"b":2}`},
		{"page over lines", anyShape, "{\"calls\":[{\"a\":1},\n{\"b\":2}],\n\"x\":1}", `1 {"a":1} | 2 {"b":2}`},
		{"indented page", anyShape, "{\n\"calls\": [\n{\"a\":1}\n]\n}\n", `1 {"a":1}`},
		{"calls that are no list", anyShape, `{"calls":3}`, `1 {"calls":3}`},
		{"calls as a value", anyShape, `{"x":"calls","y":[1]}`, `1 {"x":"calls","y":[1]}`},
		{"indented objects", anyShape, "{\n\"a\":1\n}\n{\n\"b\":2\n}\n", "1 {\n\"a\":1\n} | 4 {\n\"b\":2\n}"},
		{"truncated line", anyShape, "{\"a\":\"x\n{\"b\":2}\n", "1 !truncated | 2 {\"b\":2}"},
		{"truncated end", anyShape, "{\"a\":1}\n{\"b\":", "1 {\"a\":1} | 2 !truncated"},
		{"truncated list", anyShape, `[{"a":1},{"b":`, `1 {"a":1} | 2 !truncated`},
		{"list not closed", anyShape, `[{"a":1},`, `1 {"a":1} | 2 !truncated`},
		{"page not closed", anyShape, `{"calls":[{"a":1}]`, `1 {"a":1} | 2 !truncated`},
		{"list without commas", anyShape, `[{"a":1} {"b":2}]`, `1 {"a":1} | 2 !expected ','`},
		{"list with a comma too many", anyShape, `[{"a":1},]`, `1 {"a":1} | 2 !expected an object`},
		{"list of numbers", anyShape, `[1,2]`, `1 !expected an object`},
		{"no object", anyShape, "7\nnull\n{\"a\":1}\n", "1 !expected an object | 2 !expected an object | 3 {\"a\":1}"},
		{"data behind", anyShape, "{\"a\":1} {\"b\":2}\n{\"c\":3}\n", "1 !data after | 2 {\"c\":3}"},
		{"data behind a list", anyShape, "[{\"a\":1}] x", "1 {\"a\":1} | 2 !expected an object"},
		{"too long", anyShape, "{\"a\":1}\n{\"b\":\"" + long + "\"}\n{\"c\":3}\n", "1 {\"a\":1} | 2 !longer than 1 MiB | 3 {\"c\":3}"},
		{"too long and broken", anyShape, "{\"b\":\"" + long + "\n" + long + long + "\n{\"c\":3}\n", "1 !longer than 1 MiB | 2 !longer than 1 MiB | 3 {\"c\":3}"},
		{"too long in a list", anyShape, "[{\"b\":\"" + long + "\"},{\"c\":3}]", "1 !longer than 1 MiB | 2 {\"c\":3}"},
		{"just not too long", anyShape, `{"` + long[:MaxText-6] + `":1}`, `1 {"` + long[:MaxText-6] + `":1}`},
		{"lines only", lineShape, "{\n}\n", "1 !truncated | 2 !expected an object"},
		{"list in a line", lineShape, "[{\"a\":1},{\"b\":2}]\n", `1 {"a":1} | 2 {"b":2}`},
		{"list over lines", lineShape, "[{\"a\":1},\n{\"b\":2}]\n", `1 {"a":1} | 2 !truncated | 3 !data after`},
		{"one", oneShape, "{\"a\":1}\n", `1 {"a":1}`},
		{"one and more", oneShape, "{\"a\":1}\n{\"b\":2}", `1 {"a":1} | 2 !data after`},
		{"one list and more", oneShape, `[] {"b":2}`, `2 !data after`},
	} {
		t.Run(c.name, func(t *testing.T) {
			tx := newTexts(iotest.OneByteReader(strings.NewReader(c.in)), c.shape)
			tx.pages = []string{"calls"}
			var got []string
			want := strings.Split(c.want, " | ")
			for i := 0; ; i++ {
				x, err := tx.next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				s := fmt.Sprintf("%d %s", x.line, x.raw)
				if x.err != nil {
					s = fmt.Sprintf("%d !%s", x.line, x.err)
					if _, word, ok := strings.Cut(want[min(i, len(want)-1)], "!"); ok && strings.Contains(s, word) {
						s = fmt.Sprintf("%d !%s", x.line, word)
					}
				}
				got = append(got, s)
			}
			if g := strings.Join(got, " | "); g != c.want {
				t.Errorf("got  %.300s\nwant %.300s", g, c.want)
			}
			if tx.offset > int64(len(c.in)) {
				t.Errorf("read %d bytes of %d", tx.offset, len(c.in))
			}
		})
	}
}

func TestFailingInput(t *testing.T) {
	broken := errors.New("broken pipe")
	in := io.MultiReader(strings.NewReader(onboarding+"\n{\"kind\":"), iotest.ErrReader(broken))
	r := Events(in, EventOptions{})
	if item, err := r.Next(); err != nil || item.Err != nil {
		t.Fatal(item.Err, err)
	}
	if _, err := r.Next(); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
