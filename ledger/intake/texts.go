package intake

import (
	"bufio"
	"errors"
	"io"
	"slices"

	"muniment/domain"
)

// MaxText is how long one line, or one object of a list, may be.
const MaxText = 1 << 20

// shape says what a stream of JSON texts may look like.
type shape int

const (
	anyShape  shape = iota // lines, a list, a page, or indented objects: the first bytes tell
	lineShape              // one text a line, whatever it looks like
	oneShape               // one text and nothing after it
)

// texts cuts a stream into JSON texts without parsing it: it follows strings and brackets only. A
// list, at the top or as a member named in pages, is given element by element, so that no list is
// ever held as a whole.
type texts struct {
	in    *bufio.Reader
	shape shape
	pages []string // members of a top-level object whose list is streamed

	offset  int64
	line    int // of the next byte
	number  int // texts given
	begun   bool
	byLine  bool // a line break ends a text
	numbers bool // texts are numbered instead of named by line
	list    int  // 0: not in a list, 1: before its first element, 2: after one
	page    bool // the list is a member of a page
	over    bool // nothing after this can be read
	listed  bool // there was a list, perhaps an empty one
	buf     []byte
}

func newTexts(r io.Reader, s shape) *texts {
	return &texts{in: bufio.NewReaderSize(r, 64<<10), shape: s, line: 1}
}

// text is one JSON text, or why it can't be had. raw is valid until the next one is read.
type text struct {
	line int
	raw  []byte
	err  *domain.Refusal
}

// next gives the next text. Its error is io.EOF or that of the input.
func (t *texts) next() (text, error) {
	for !t.over {
		if t.list > 0 {
			x, ok, err := t.element()
			if ok || err != nil {
				return x, err
			}
			continue
		}
		c, err := t.space(true)
		if err != nil {
			return text{}, err
		}
		if err := t.begin(c); err != nil {
			return text{}, err
		}
		if t.shape == oneShape && t.number > 0 {
			return t.refuse(trailing)
		}
		switch c {
		case '[':
			t.take()
			t.enter(false)
			continue
		case '{':
			x, ok, err := t.object()
			if ok || err != nil {
				return x, err
			}
			continue
		}
		return t.refuse("not JSON: expected an object")
	}
	return text{}, io.EOF
}

// begin decides at the first byte how the stream is laid out. A brace alone on its line begins an
// indented object; with anything behind it the line is a text of its own.
func (t *texts) begin(c byte) error {
	if t.begun {
		return nil
	}
	t.begun = true
	switch {
	case t.shape == lineShape:
		t.byLine = true
	case t.shape == anyShape && c != '[':
		alone, err := t.alone()
		t.byLine = c != '{' || !alone
		return err
	}
	return nil
}

// alone reports whether a line break follows the next byte, with nothing but space between.
func (t *texts) alone() (bool, error) {
	for n := 2; n <= 256; n++ {
		ahead, err := t.in.Peek(n)
		if len(ahead) < n {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return false, err
		}
		if c := ahead[n-1]; c != ' ' && c != '\t' && c != '\r' {
			return c == '\n', nil
		}
	}
	return false, nil
}

// object reads a top-level object; ok is false when it is a page, whose list comes next.
func (t *texts) object() (text, bool, error) {
	line := t.line
	end, err := t.scan(0, true)
	if err != nil {
		return text{}, false, err
	}
	if end == atList {
		t.enter(true)
		return text{}, false, nil
	}
	return t.complete(t.named(line), end)
}

// enter begins a list. Inside one a line break is only space, unless lines were asked for.
func (t *texts) enter(page bool) {
	t.list, t.page, t.numbers, t.listed = 1, page, true, true
	t.byLine = t.shape == lineShape
}

// element reads an element of a list; ok is false at the list's end.
func (t *texts) element() (text, bool, error) {
	c, err := t.space(!t.byLine)
	if errors.Is(err, io.EOF) || err == nil && c == '\n' {
		return t.refused("truncated JSON: the list is not closed")
	}
	if err != nil {
		return text{}, false, err
	}
	if c == ',' && t.list == 2 {
		t.take()
		t.list = 3 // an element must follow
		return text{}, false, nil
	}
	if c == ']' && t.list != 3 {
		t.take()
		t.list = 0
		return t.closeList()
	}
	if t.list == 2 {
		return t.refused("not JSON: expected ',' or ']' in the list")
	}
	t.list = 2
	if c != '{' {
		return t.refused("expected an object in the list; the rest of the list is not read")
	}
	x := t.named(t.line)
	end, err := t.scan(0, false)
	if err != nil {
		return text{}, false, err
	}
	if end != closed {
		t.list = 0
	}
	return t.complete(x, end)
}

// closeList goes on behind a list: in its page, which may have another one, or behind it.
func (t *texts) closeList() (text, bool, error) {
	if t.page {
		end, err := t.scan(1, true)
		if err != nil {
			return text{}, false, err
		}
		if end == atList {
			t.list = 1
			return text{}, false, nil
		}
		t.page = false
		if end != closed {
			return t.refused("truncated JSON: the page is not closed")
		}
	}
	if t.shape == oneShape {
		t.number = max(t.number, 1) // an empty list is a text too
	}
	if !t.byLine {
		return text{}, false, nil
	}
	x := t.named(t.line)
	blank, _, err := t.rest()
	if blank || err != nil {
		t.number--
		return text{}, false, err
	}
	x.err = unreadable(trailing)
	return x, true, nil
}

// named counts a text that begins in a line, and names it.
func (t *texts) named(line int) text {
	t.number++
	if t.numbers {
		line = t.number
	}
	return text{line: line}
}

// complete checks how the scanned text ended.
func (t *texts) complete(x text, end end) (text, bool, error) {
	size := len(t.buf)
	blank := true
	switch {
	case end == cut:
		t.over = !t.byLine
	case t.byLine && t.list == 0:
		b, n, err := t.rest()
		if err != nil {
			return text{}, false, err
		}
		blank, size = b, size+n
	}
	switch {
	case size > MaxText:
		x.err = tooLong()
	case end == cut:
		x.err = unreadable("truncated JSON: the text ends before its object is closed")
	case !blank:
		x.err = unreadable(trailing)
	default:
		x.raw = t.buf
	}
	return x, true, nil
}

const trailing = "data after the JSON text"

func tooLong() *domain.Refusal {
	return &domain.Refusal{Code: domain.TooMuch, Rule: "input.size", Message: "longer than 1 MiB: no record of a known format is"}
}

// refuse gives up the rest of the line, or of the stream when lines mean nothing in it.
func (t *texts) refuse(why string) (text, error) {
	x := t.named(t.line)
	x.err = unreadable("%s", why)
	t.list, t.page = 0, false
	if !t.byLine {
		t.over = true
		return x, nil
	}
	_, n, err := t.rest()
	if n > MaxText {
		x.err = tooLong()
	}
	return x, err
}

func (t *texts) refused(why string) (text, bool, error) {
	x, err := t.refuse(why)
	return x, true, err
}

func (t *texts) isPage(key []byte) bool {
	return slices.ContainsFunc(t.pages, func(p string) bool { return string(key) == p })
}
