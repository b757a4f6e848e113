package canon

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// Parse reads canonical JSON and refuses everything else, naming the byte.
func Parse(text []byte) (any, error) {
	v, err := ParseLenient(text)
	if err != nil {
		return nil, err
	}
	if !modelled(v) {
		return nil, errors.New("not canonical: null or a number that is no plain integer")
	}
	if !bytes.Equal(Append(make([]byte, 0, len(text)), v), text) {
		return nil, errors.New("not canonical: order, space or escapes differ from the canonical form")
	}
	return v, nil
}

func modelled(v any) bool {
	switch v := v.(type) {
	case nil, Number:
		return false
	case map[string]any:
		for _, e := range v {
			if !modelled(e) {
				return false
			}
		}
	case []any:
		for _, e := range v {
			if !modelled(e) {
				return false
			}
		}
	}
	return true
}

// ParseLenient reads any one JSON text (RFC 8259) without duplicate names, trailing data or invalid
// UTF-8. Errors name the byte offset, never the content.
func ParseLenient(text []byte) (any, error) {
	p := parser{text: text}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at < len(p.text) {
		return nil, p.fail("data after the JSON text")
	}
	return v, nil
}

type parser struct {
	text []byte
	at   int
}

func (p *parser) fail(what string) error {
	return fmt.Errorf("%s at byte %d", what, p.at)
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

func (p *parser) next() byte {
	p.space()
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) value(depth int) (any, error) {
	if depth > MaxDepth {
		return nil, p.fail("nested too deeply")
	}
	switch c := p.next(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		return p.str()
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case c == 't':
		return true, p.word("true")
	case c == 'f':
		return false, p.word("false")
	case c == 'n':
		return nil, p.word("null")
	case p.at >= len(p.text):
		return nil, p.fail("truncated JSON: the text ends")
	}
	return nil, p.fail("not JSON: unexpected character")
}

func (p *parser) word(w string) error {
	if !bytes.HasPrefix(p.text[p.at:], []byte(w)) {
		return p.fail("not JSON: unexpected word")
	}
	p.at += len(w)
	return nil
}

func (p *parser) object(depth int) (any, error) {
	p.at++
	object := map[string]any{}
	if p.next() == '}' {
		p.at++
		return object, nil
	}
	for {
		if p.next() != '"' {
			return nil, p.expected("a quoted name")
		}
		name, err := p.str()
		if err != nil {
			return nil, err
		}
		if _, twice := object[name]; twice {
			return nil, p.fail("duplicate name in an object")
		}
		if p.next() != ':' {
			return nil, p.expected("':'")
		}
		p.at++
		if object[name], err = p.value(depth + 1); err != nil {
			return nil, err
		}
		switch p.next() {
		case ',':
			p.at++
		case '}':
			p.at++
			return object, nil
		default:
			return nil, p.expected("',' or '}'")
		}
	}
}

func (p *parser) array(depth int) (any, error) {
	p.at++
	array := []any{}
	if p.next() == ']' {
		p.at++
		return array, nil
	}
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		array = append(array, v)
		switch p.next() {
		case ',':
			p.at++
		case ']':
			p.at++
			return array, nil
		default:
			return nil, p.expected("',' or ']'")
		}
	}
}

func (p *parser) expected(what string) error {
	if p.at >= len(p.text) {
		return p.fail("truncated JSON: the text ends where " + what + " is expected")
	}
	return p.fail("not JSON: expected " + what)
}

func (p *parser) number() (any, error) {
	start := p.at
	for p.at < len(p.text) {
		c := p.text[p.at]
		if c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' && (c < '0' || c > '9') {
			break
		}
		p.at++
	}
	s := string(p.text[start:p.at])
	if !wellFormed(s) {
		p.at = start
		return nil, p.fail("not JSON: malformed number")
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n <= MaxInteger && n >= -MaxInteger && s != "-0" {
		return n, nil
	}
	return Number(s), nil
}

// wellFormed checks the number grammar of RFC 8259, section 6.
func wellFormed(s string) bool {
	i := 0
	digits := func() bool {
		start := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > start
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return false
	}
	if i < len(s) && s[i] == '.' {
		i++
		if !digits() {
			return false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(s)
}
