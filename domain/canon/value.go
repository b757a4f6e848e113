package canon

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A value is one of: map[string]any, []any, string, int64, bool. [ParseLenient] adds nil (null) and
// [Number] (a number that is no plain integer).

// Number is a JSON number that is no integer within ±(2^53-1), as it was written.
type Number string

const (
	// MaxDepth bounds nesting, so that a hostile text can't exhaust the stack.
	MaxDepth = 64
	// MaxInteger is the greatest integer every JSON reader holds exactly (RFC 8259, section 6).
	MaxInteger = 1<<53 - 1
)

// Append appends the canonical encoding of v to dst. It panics on a value outside the model: such a
// value is a programming error, never input.
func Append(dst []byte, v any) []byte {
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		dst = append(dst, '{')
		for i, name := range names {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendString(dst, name)
			dst = append(dst, ':')
			dst = Append(dst, v[name])
		}
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = Append(dst, e)
		}
		return append(dst, ']')
	case string:
		return AppendString(dst, v)
	case int64:
		return AppendInt(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	}
	panic(fmt.Sprintf("canon: no canonical form for %T", v))
}

// AppendInt appends an integer. It panics outside ±[MaxInteger].
func AppendInt(dst []byte, n int64) []byte {
	if n > MaxInteger || n < -MaxInteger {
		panic("canon: integer outside ±(2^53-1)")
	}
	return strconv.AppendInt(dst, n, 10)
}

const hexDigits = "0123456789abcdef"

// AppendString appends s quoted. Escapes: \" and \\, and \uXXXX (lower-case hex, surrogate pairs)
// for everything outside 0x20-0x7e. Invalid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '"' || c == '\\':
				dst = append(dst, '\\', c)
			case c < 0x20 || c == 0x7f:
				dst = appendUnit(dst, uint16(c))
			default:
				dst = append(dst, c)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			dst = appendUnit(appendUnit(dst, uint16(high)), uint16(low))
		} else {
			dst = appendUnit(dst, uint16(r))
		}
	}
	return append(dst, '"')
}

func appendUnit(dst []byte, u uint16) []byte {
	return append(dst, '\\', 'u', hexDigits[u>>12], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
}
