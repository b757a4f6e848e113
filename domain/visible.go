package domain

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Visible is a text as a person may be shown it: characters that can't be seen, or that turn the
// direction of others, stand as what they are, such as [U+202E]. Use it wherever text that others
// wrote reaches a person. A joiner between letters of a script that needs it stays (Arabic, Indic
// scripts, emoji), and so does a variation selector after an emoji or an ideograph.
func Visible(s string) string { return visible(s, "") }

// VisiblePage is a whole page, letter or cell as a person may be shown it: [Visible], but for the ends of its
// lines and its tabs.
func VisiblePage(s string) string { return visible(s, "\n\r\t") }

func visible(s, but string) string {
	if plainASCII(s) {
		return s
	}
	var b strings.Builder
	each(s, func(r rune, hidden bool) {
		if hidden && !strings.ContainsRune(but, r) {
			fmt.Fprintf(&b, "[U+%04X]", r)
		} else {
			b.WriteRune(r)
		}
	})
	return b.String()
}

// Cell is a text as a spreadsheet may be shown it: visible, and nothing that it would calculate. What begins
// like a formula gets a leading apostrophe; a telephone number gets it too, because of its plus sign.
func Cell(s string) string {
	if s = VisiblePage(s); s != "" && strings.IndexByte("=+-@\t\r\n", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// Hidden is the first character of a text that [Visible] would not let pass; 0 when there is none.
func Hidden(s string) (found rune) {
	if plainASCII(s) {
		return 0
	}
	each(s, func(r rune, hidden bool) {
		if hidden && found == 0 {
			found = r
		}
	})
	return found
}

// Unmarked is a text without hidden characters, and without the marks that [Visible] puts for them:
// what two copies of one text share. A soft hyphen pasted into a name makes no other name.
func Unmarked(s string) string {
	var b strings.Builder
	for s != "" {
		if n := shownMark(s); n > 0 {
			s = s[n:]
			continue
		}
		next := strings.IndexByte(s[1:], '[') + 1
		if next == 0 {
			next = len(s)
		}
		each(s[:next], func(r rune, hidden bool) {
			if !hidden {
				b.WriteRune(r)
			}
		})
		s = s[next:]
	}
	return b.String()
}

// shownMark is the length of a mark of [Visible] at the start of a text.
func shownMark(s string) int {
	digits, found := strings.CutPrefix(s, "[U+")
	n := strings.IndexByte(digits, ']')
	if !found || n < 4 || n > 6 || strings.Trim(digits[:n], "0123456789ABCDEF") != "" {
		return 0
	}
	return len("[U+") + n + 1
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// each goes through a text's characters and says of each whether it is hidden where it stands.
func each(s string, f func(r rune, hidden bool)) {
	runes := []rune(s)
	for i, r := range runes {
		before, after := ' ', ' '
		if i > 0 {
			before = runes[i-1]
		}
		if i+1 < len(runes) {
			after = runes[i+1]
		}
		f(r, hidden(before, r, after))
	}
}

// blanks are characters that unicode counts as letters, marks or symbols and that show nothing.
var blanks = []rune{0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x2800, 0x3164, 0xFFA0, 0xFFFC}

func hidden(before, r, after rune) bool {
	switch {
	case r == ' ':
		return false
	case r == 0x200C || r == 0x200D:
		return !(joins(before) && (joins(after) || r == 0x200C))
	case r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF:
		return !joins(before) && !unicode.Is(unicode.Han, before) && !unicode.IsSymbol(before)
	case slices.Contains(blanks, r):
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)
}

// joins reports whether a character is of those that joiners stand between: letters of scripts whose
// letters change their shape, and emoji.
func joins(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati,
		unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar) ||
		unicode.Is(unicode.So, r) || r >= 0x1F3FB && r <= 0x1F3FF || r == 0xFE0F
}

// lookalikes are the scripts whose letters look like one another's. A word has letters of one.
var lookalikes = []struct {
	name string
	of   *unicode.RangeTable
}{{"Latin", unicode.Latin}, {"Cyrillic", unicode.Cyrillic}, {"Greek", unicode.Greek}, {"Armenian", unicode.Armenian}, {"Cherokee", unicode.Cherokee}}

// MixedScripts names the scripts that one word of a text mixes although their letters look alike,
// as when a Cyrillic letter stands in a Latin name; none when no word does.
func MixedScripts(s string) []string {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		var mixed []string
		for _, script := range lookalikes {
			if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(script.of, r) }) {
				mixed = append(mixed, script.name)
			}
		}
		if len(mixed) > 1 {
			return mixed
		}
	}
	return nil
}
