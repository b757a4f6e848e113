package canon

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

func (p *parser) str() (string, error) {
	p.at++
	start := p.at
	for p.at < len(p.text) { // the common case: nothing to unescape
		c := p.text[p.at]
		if c == '"' {
			s := string(p.text[start:p.at])
			p.at++
			return s, nil
		}
		if c < 0x20 || c == '\\' || c >= utf8.RuneSelf {
			break
		}
		p.at++
	}
	buf := append([]byte(nil), p.text[start:p.at]...)
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return string(buf), nil
		case c < 0x20:
			return "", p.fail("control character in a string")
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			buf = utf8.AppendRune(buf, r)
		default:
			r, size := utf8.DecodeRune(p.text[p.at:])
			if r == utf8.RuneError && size <= 1 {
				return "", p.fail("invalid UTF-8")
			}
			buf = append(buf, p.text[p.at:p.at+size]...)
			p.at += size
		}
	}
	return "", p.fail("truncated JSON: the text ends inside a string")
}

var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *parser) escape() (rune, error) {
	if p.at+1 >= len(p.text) {
		return 0, p.fail("truncated JSON: the text ends inside a string")
	}
	c := p.text[p.at+1]
	if c != 'u' {
		r, ok := escapes[c]
		if !ok {
			return 0, p.fail("not JSON: unknown escape")
		}
		p.at += 2
		return r, nil
	}
	r, err := p.unit()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if p.at+1 >= len(p.text) || p.text[p.at] != '\\' || p.text[p.at+1] != 'u' {
		return 0, p.fail("unpaired surrogate")
	}
	low, err := p.unit()
	if err != nil {
		return 0, err
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, p.fail("unpaired surrogate")
	}
	return r, nil
}

func (p *parser) unit() (rune, error) {
	if p.at+6 > len(p.text) {
		return 0, p.fail("truncated JSON: the text ends inside a string")
	}
	n, err := strconv.ParseUint(string(p.text[p.at+2:p.at+6]), 16, 16)
	if err != nil {
		return 0, p.fail("not JSON: malformed \\u escape")
	}
	p.at += 6
	return rune(n), nil
}
