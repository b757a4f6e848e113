package intake

import (
	"errors"
	"io"
)

// end says where a scan stopped.
type end int

const (
	closed end = iota // behind the closing bracket
	atList            // behind the opening bracket of a page's list
	cut               // the line or the stream ended first
)

// scan reads on to where the value opened at depth is closed, gathering at most MaxText+1 bytes of
// it in buf. With pages it stops at the list of a page, at depth 1.
func (t *texts) scan(depth int, pages bool) (end, error) {
	t.buf = t.buf[:0]
	pages = pages && len(t.pages) > 0
	var key []byte // the member's name being read at depth 1
	naming, valued, quoted, escaped := false, false, false, false
	for {
		c, err := t.take()
		if errors.Is(err, io.EOF) {
			return cut, nil
		}
		if err != nil {
			return cut, err
		}
		if c == '\n' && t.byLine {
			return cut, nil
		}
		if len(t.buf) <= MaxText {
			t.buf = append(t.buf, c)
		}
		if quoted {
			switch {
			case escaped:
				escaped = false
			case c == '\\':
				escaped = true
			case c == '"':
				quoted = false
				continue
			}
			if pages && naming && depth == 1 && len(key) < 32 {
				key = append(key, c)
			}
			continue
		}
		switch c {
		case '"':
			quoted, valued = true, false
			if pages && depth == 1 && naming {
				key = key[:0]
			}
		case ':':
			naming, valued = false, depth == 1
		case '{', '[':
			if pages && depth == 1 && c == '[' && valued && t.isPage(key) {
				return atList, nil
			}
			depth++
			naming, valued = depth == 1 && c == '{', false
		case '}', ']':
			depth--
			if depth <= 0 {
				return closed, nil
			}
			naming = false
		case ',':
			naming = depth == 1
		case ' ', '\t', '\r', '\n':
		default:
			valued = false
		}
	}
}

// take reads one byte.
func (t *texts) take() (byte, error) {
	c, err := t.in.ReadByte()
	if err == nil {
		t.offset++
		if c == '\n' {
			t.line++
		}
	}
	return c, err
}

// space skips white space, and line breaks if they may be, and shows the byte behind it. A byte
// order mark at the very beginning is white space too.
func (t *texts) space(breaks bool) (byte, error) {
	if t.offset == 0 {
		if mark, _ := t.in.Peek(3); string(mark) == "\ufeff" {
			t.in.Discard(3)
			t.offset = 3
		}
	}
	for {
		c, err := t.take()
		if err != nil {
			return 0, err
		}
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' && breaks {
			continue
		}
		t.untake(c)
		return c, nil
	}
}

func (t *texts) untake(c byte) {
	t.in.UnreadByte() // never fails behind ReadByte
	t.offset--
	if c == '\n' {
		t.line--
	}
}

// rest reads the rest of the line: whether nothing but space was on it, and how long it was.
func (t *texts) rest() (blank bool, n int, err error) {
	blank = true
	for {
		c, err := t.take()
		if errors.Is(err, io.EOF) || err == nil && c == '\n' {
			return blank, n, nil
		}
		if err != nil {
			return blank, n, err
		}
		blank = blank && (c == ' ' || c == '\t' || c == '\r')
		n++
	}
}
