package domain

import (
	"strings"
	"testing"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"Example Cloud":              "Example Cloud",
		"Beispiel Straße":            "Beispiel Straße",
		"شركة مثال":                  "شركة مثال",
		"예시(주)":                      "예시(주)",
		"می\u200cخواهم":              "می\u200cخواهم",
		"\U0001F469\u200d\U0001F4BB": "\U0001F469\u200d\U0001F4BB",
		"❤\ufe0f":                    "❤\ufe0f",
		"a\u202egnp.exe\u202c":       "a[U+202E]gnp.exe[U+202C]",
		"Examp\u200ble":              "Examp[U+200B]le",
		"a\u200db":                   "a[U+200D]b",
		"a\ufe0fb":                   "a[U+FE0F]b",
		"a\u00adb\ufeff":             "a[U+00AD]b[U+FEFF]",
		"a\u2067b\u2069":             "a[U+2067]b[U+2069]",
		"a\U000E0041":                "a[U+E0041]",
		"a\u3164b\u2800":             "a[U+3164]b[U+2800]",
		"a\x00\x1b[2J\u0085\u2028":   "a[U+0000][U+001B][2J[U+0085][U+2028]",
		"\ue000":                     "[U+E000]",
	} {
		got := Visible(in)
		if got != want {
			t.Errorf("%+q: got %+q, want %+q", in, got, want)
		}
		if (Hidden(in) != 0) != (in != want) || Hidden(got) != 0 {
			t.Errorf("%+q: hidden %U, and in what is shown %U", in, Hidden(in), Hidden(got))
		}
		if Unmarked(got) != Unmarked(in) || strings.Contains(Unmarked(in), "[U+") {
			t.Errorf("%+q: unmarked %+q and %+q", in, Unmarked(in), Unmarked(got))
		}
	}
	for _, in := range []string{"", "[", "[U+", "[U+12]", "[U+ZZZZ]", "[a] [U+200b]", "x[[U+200B]]y"} {
		if got, want := Unmarked(in), strings.ReplaceAll(in, "[U+200B]", ""); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

func TestMixedScripts(t *testing.T) {
	for in, want := range map[string]string{
		"Example Cloud": "", "Еxample Cyrillic": "Latin Cyrillic", "Пример Example": "", "Exαmple": "Latin Greek", "예시 Example": "", "例えばExample": "",
	} {
		if got := strings.Join(MixedScripts(in), " "); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestVisiblePage: a page keeps its lines and its tabs, and a cell is nothing that a spreadsheet calculates.
func TestVisiblePage(t *testing.T) {
	for in, want := range map[string]string{
		"one\r\n\ttwo\u202e\n": "one\r\n\ttwo[U+202E]\n", "": "", "\n": "\n", "Straße\n": "Straße\n", "می\u200cخواهم\n": "می\u200cخواهم\n", "a\x1b[2J": "a[U+001B][2J",
	} {
		if got := VisiblePage(in); got != want {
			t.Errorf("%+q: got %+q", in, got)
		}
	}
	for in, want := range map[string]string{
		"": "", "Example": "Example", "=1+1": "'=1+1", "+12025550143": "'+12025550143", "-1": "'-1", "@a": "'@a", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "\u200b=1": "[U+200B]=1",
	} {
		if got := Cell(in); got != want {
			t.Errorf("%+q: got %+q", in, got)
		}
	}
}

// TestPlainTextHidesNothing: what is kept in the clear holds no character that can't be seen or turns others round.
func TestPlainTextHidesNothing(t *testing.T) {
	for _, hidden := range []string{"\u202e", "\u200b", "\u2067", "\u00ad", "\ufeff", "\u3164", "\ue000", "\U000E0041"} {
		for name, reason := range Reasons {
			if reason.Pattern != nil {
				continue // its letters are listed
			}
			if reason.Check("Example"+hidden+"Cloud") == nil {
				t.Errorf("%s: U+%04X passes", name, []rune(hidden)[0])
			}
		}
		if Reasons["company"].Check("Example"+hidden+"Cloud") == nil || Reasons["company"].Check("Example Cloud") != nil {
			t.Errorf("a company's name with U+%04X passes, or one without doesn't", []rune(hidden)[0])
		}
	}
}
