package intake

import (
	"bytes"
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
// it in buf. With pages it stops at the list of a page, at depth 1. It goes over what is buffered
// at once: asking for byte after byte it took as long as parsing.
func (t *texts) scan(depth int, pages bool) (end, error) {
	t.buf = t.buf[:0]
	b := brackets{texts: t, depth: depth, pages: pages && len(t.pages) > 0}
	for {
		if _, err := t.in.Peek(1); errors.Is(err, io.EOF) {
			return cut, nil
		} else if err != nil {
			return cut, err
		}
		ahead, _ := t.in.Peek(t.in.Buffered())
		n, end, done := b.over(ahead)
		t.gather(ahead[:n])
		if done && end == cut { // the line break is read and belongs to no text
			t.take()
		}
		if done {
			return end, nil
		}
	}
}

// gather moves on over bytes of the text.
func (t *texts) gather(ahead []byte) {
	t.buf = append(t.buf, ahead[:min(len(ahead), max(0, MaxText+1-len(t.buf)))]...)
	t.offset += int64(len(ahead))
	t.line += bytes.Count(ahead, []byte{'\n'})
	t.in.Discard(len(ahead)) // they are buffered
}

// brackets follows strings and brackets through a text.
type brackets struct {
	*texts
	depth   int
	pages   bool
	key     []byte // the member's name being read at depth 1
	naming  bool   // a name comes next, or is being read
	valued  bool   // the value of a member at depth 1 comes next
	quoted  bool
	escaped bool
}

// over goes on over bytes: how many belong to the text, and how it ended if it did.
func (b *brackets) over(ahead []byte) (n int, how end, done bool) {
	for n := 0; n < len(ahead); n++ {
		c := ahead[n]
		if c == '\n' && b.byLine {
			return n, cut, true
		}
		if b.quoted {
			b.inside(c)
			continue
		}
		switch c {
		case '"':
			b.quoted, b.valued = true, false
			if b.pages && b.depth == 1 && b.naming {
				b.key = b.key[:0]
			}
		case ':':
			b.naming, b.valued = false, b.depth == 1
		case '{', '[':
			if b.pages && b.depth == 1 && c == '[' && b.valued && b.isPage(b.key) {
				return n + 1, atList, true
			}
			b.depth++
			b.naming, b.valued = b.depth == 1 && c == '{', false
		case '}', ']':
			b.depth--
			if b.depth <= 0 {
				return n + 1, closed, true
			}
			b.naming = false
		case ',':
			b.naming = b.depth == 1
		case ' ', '\t', '\r', '\n':
		default:
			b.valued = false
		}
	}
	return len(ahead), 0, false
}

// inside takes a byte of a string.
func (b *brackets) inside(c byte) {
	switch {
	case b.escaped:
		b.escaped = false
	case c == '\\':
		b.escaped = true
	case c == '"':
		b.quoted = false
		return
	}
	if b.pages && b.naming && b.depth == 1 && len(b.key) < 32 {
		b.key = append(b.key, c)
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
