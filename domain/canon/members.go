package canon

import (
	"bytes"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrNotCanonical is what [Members] and [Elements] refuse a text with.
var ErrNotCanonical = errors.New("not canonical JSON")

// Members takes a canonical object apart without building a tree: each is called for every member in
// order, with the member's name and its value's bytes, which are to be kept by nobody longer than text is. It refuses exactly what [Parse]
// refuses, and what is no object; what each was called with before an error means nothing.
func Members(text []byte, each func(name, value []byte)) error {
	s := scanner{text: text}
	if !s.object(0, each) || s.at != len(text) {
		return ErrNotCanonical
	}
	return nil
}

// Elements is [Members] for a canonical array.
func Elements(text []byte, each func(value []byte)) error {
	s := scanner{text: text}
	if !s.array(0, each) || s.at != len(text) {
		return ErrNotCanonical
	}
	return nil
}

// scanner walks over canonical text. Its methods report whether what they are named for stands there.
type scanner struct {
	text []byte
	at   int
}

// peek is the next byte, 0 at the end: no canonical text holds a 0.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) value(depth int) bool {
	if depth > MaxDepth {
		return false
	}
	switch c := s.peek(); c {
	case '{':
		return s.object(depth, nil)
	case '[':
		return s.array(depth, nil)
	case '"':
		_, ok := s.quoted()
		return ok
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	default:
		return s.integer()
	}
}

func (s *scanner) word(w string) bool {
	if !bytes.HasPrefix(s.text[s.at:], []byte(w)) {
		return false
	}
	s.at += len(w)
	return true
}

func (s *scanner) object(depth int, each func(name, value []byte)) bool {
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return true
	}
	var last []byte
	for first := true; ; first = false {
		name, ok := s.quoted()
		// UTF-8 sorts like the code points it stands for, so names compare by bytes.
		if !ok || !first && bytes.Compare(last, name) >= 0 || !s.take(':') {
			return false
		}
		last = name
		start := s.at
		if !s.value(depth + 1) {
			return false
		}
		if each != nil {
			each(name, s.text[start:s.at])
		}
		if s.take('}') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

func (s *scanner) array(depth int, each func(value []byte)) bool {
	if !s.take('[') {
		return false
	}
	if s.take(']') {
		return true
	}
	for {
		start := s.at
		if !s.value(depth + 1) {
			return false
		}
		if each != nil {
			each(s.text[start:s.at])
		}
		if s.take(']') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

// integer is a whole number within ±[MaxInteger], written plainly.
func (s *scanner) integer() bool {
	negative := s.take('-')
	start, n := s.at, int64(0)
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		if n = 10*n + int64(c-'0'); n > MaxInteger {
			return false
		}
		s.at++
	}
	digits := s.at - start
	return digits > 0 && (digits == 1 || s.text[start] != '0') && (!negative || n > 0)
}

// quoted is a string, and what it says: a part of the text where nothing is escaped.
func (s *scanner) quoted() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	start := s.at
	for {
		switch c := s.peek(); {
		case c == '"':
			s.at++
			return s.text[start : s.at-1], true
		case c == '\\':
			return s.escaped(append([]byte(nil), s.text[start:s.at]...))
		case c < 0x20 || c > 0x7e:
			return nil, false
		}
		s.at++
	}
}

// escaped goes on with a string in which something is.
func (s *scanner) escaped(said []byte) ([]byte, bool) {
	for {
		switch c := s.peek(); {
		case c == '"':
			s.at++
			return said, true
		case c == '\\':
			r, ok := s.escape()
			if !ok {
				return nil, false
			}
			said = utf8.AppendRune(said, r)
		case c < 0x20 || c > 0x7e:
			return nil, false
		default:
			said = append(said, c)
			s.at++
		}
	}
}

// escape is \", \\, or \u and the lower-case hex of a character that can't stand for itself.
func (s *scanner) escape() (rune, bool) {
	s.at++
	if c := s.peek(); c == '"' || c == '\\' {
		s.at++
		return rune(c), true
	}
	r, ok := s.unit()
	if !ok || r >= 0x20 && r <= 0x7e {
		return 0, false
	}
	if !utf16.IsSurrogate(r) {
		return r, true
	}
	if !s.take('\\') {
		return 0, false
	}
	low, ok := s.unit()
	r = utf16.DecodeRune(r, low)
	return r, ok && r != utf8.RuneError
}

func (s *scanner) unit() (r rune, ok bool) {
	if !s.take('u') || s.at+4 > len(s.text) {
		return 0, false
	}
	for _, c := range s.text[s.at : s.at+4] {
		d := bytes.IndexByte([]byte(hexDigits), c)
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	s.at += 4
	return r, true
}
