package intake

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	tables "github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	mdhtml "github.com/yuin/goldmark/renderer/html"
	mdtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"

	"muniment/domain"
)

// A published list is read as a browser would show it: Markdown becomes HTML, and HTML becomes
// blocks (listblocks.go). Each row, list item, heading and paragraph carries the line that it begins in.
const lineAttribute = "data-line"

var (
	comment    = regexp.MustCompile(`(?s)<!--.*?-->`)
	startTag   = regexp.MustCompile(`(?i)<(?:tr|li|h[1-6]|p)\b`)
	wholePage  = regexp.MustCompile(`(?i)^\s*(?:<!doctype html|<html\b)`)
	footnote   = regexp.MustCompile(`^\[\^[^\]]+\]:`)
	delimiters = regexp.MustCompile(`^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$`)
)

// maxLine is the longest line that is read: a row has to fit in an event of 64 KiB.
const maxLine = 64 << 10

// page is a document as HTML, with the lines whose tables were recognised.
type page struct {
	root  *html.Node
	lines []string     // of the document, without comments and fenced examples
	heads map[int]bool // lines of headings of Markdown tables
	long  map[int]int  // line → number of cells, where a row has more than its heading
}

// pageOf reads a document that has LF line ends.
func pageOf(doc string) (*page, *domain.Refusal) {
	doc = comment.ReplaceAllStringFunc(doc, func(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) })
	p := &page{lines: strings.Split(doc, "\n"), heads: map[int]bool{}, long: map[int]int{}}
	for i, l := range p.lines {
		if len(l) > maxLine {
			return nil, &domain.Refusal{Code: domain.TooMuch, Rule: "input.size", Message: fmt.Sprintf("line %d is longer than 64 KiB: no published list has such a line", i+1)}
		}
	}
	var out bytes.Buffer
	if wholePage.MatchString(doc) {
		writeNumbered(&out, []byte(doc), 1)
	} else {
		unfence(p.lines)
		markdown := []byte(joinHTMLTables(p.lines))
		m := goldmark.New(goldmark.WithExtensions(tables.Table, tables.Strikethrough, tables.Linkify),
			goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(numbering{p}, 1000))),
			goldmark.WithRendererOptions(mdhtml.WithUnsafe(), renderer.WithNodeRenderers(util.Prioritized(literally{}, 1))))
		if err := m.Convert(markdown, &out); err != nil {
			return nil, unreadable("neither Markdown nor HTML")
		}
	}
	root, err := html.Parse(&out)
	if err != nil { // nested more deeply than any browser shows
		return nil, unreadable("its HTML or Markdown is nested too deeply to be read")
	}
	p.root = root
	return p, nil
}

// unfence blanks what stands between code fences, and footnotes: examples are not rows.
func unfence(lines []string) {
	fence := ""
	for i, l := range lines {
		l = strings.TrimSpace(l)
		switch mark := l[:min(3, len(l))]; {
		case fence != "":
			lines[i] = ""
			if mark == fence {
				fence = ""
			}
		case mark == "```" || mark == "~~~":
			fence, lines[i] = mark, ""
		case footnote.MatchString(l):
			lines[i] = ""
		}
	}
}

// joinHTMLTables puts an empty comment in the empty lines of an HTML table: to Markdown an empty line
// ends the HTML, and the rest of the table would be text.
func joinHTMLTables(lines []string) string {
	joined, inside := make([]string, len(lines)), 0
	for i, l := range lines {
		low := strings.ToLower(l)
		if joined[i] = l; inside > 0 && strings.TrimSpace(l) == "" {
			joined[i] = "<!-- -->"
		}
		inside = max(0, inside+strings.Count(low, "<table")-strings.Count(low, "</table"))
	}
	if inside > 0 { // never closed: leave it as it is
		return strings.Join(lines, "\n")
	}
	return strings.Join(joined, "\n")
}

// writeNumbered writes raw HTML with the line number in each tag that begins a row, item or paragraph.
func writeNumbered(w interface{ Write([]byte) (int, error) }, raw []byte, line int) {
	for {
		at := startTag.FindIndex(raw)
		if at == nil {
			w.Write(raw)
			return
		}
		line += bytes.Count(raw[:at[1]], []byte("\n"))
		w.Write(raw[:at[1]])
		fmt.Fprintf(w, ` %s="%d"`, lineAttribute, line)
		raw = raw[at[1]:]
	}
}

// numbering tells blocks the line that they begin in.
type numbering struct{ page *page }

// Transform implements [parser.ASTTransformer].
func (n numbering) Transform(doc *ast.Document, reader mdtext.Reader, _ parser.Context) {
	var starts []int // offset of each line
	source := reader.Source()
	starts = append(starts, 0)
	for i, c := range source {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	lineAt := func(offset int) int { // from 1
		low, high := 0, len(starts)
		for high-low > 1 {
			if mid := (low + high) / 2; starts[mid] <= offset {
				low = mid
			} else {
				high = mid
			}
		}
		return low + 1
	}
	number := func(b ast.Node, line int) { b.SetAttributeString(lineAttribute, []byte(fmt.Sprint(line))) }
	ast.Walk(doc, func(b ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering || b.Type() == ast.TypeInline {
			return ast.WalkContinue, nil
		}
		if table, ok := b.(*east.Table); ok {
			n.table(table, lineAt, number)
			return ast.WalkContinue, nil
		}
		if at := startOf(b); at >= 0 && b.Kind() != ast.KindDocument && b.Kind() != ast.KindHTMLBlock {
			number(b, lineAt(at))
		}
		if b.Kind() == ast.KindHTMLBlock && b.Lines().Len() > 0 {
			number(b, lineAt(b.Lines().At(0).Start))
		}
		return ast.WalkContinue, nil
	})
}

func (n numbering) table(table *east.Table, lineAt func(int) int, number func(ast.Node, int)) {
	head := table.FirstChild()
	at := startOf(head)
	if at < 0 {
		return
	}
	line := lineAt(at)
	n.page.heads[line] = true
	number(head, line)
	for row, next := head.NextSibling(), line+2; row != nil; row, next = row.NextSibling(), next+1 {
		number(row, next)
		if have := cellCount(n.page.lines[min(next, len(n.page.lines))-1]); have > head.ChildCount() {
			n.page.long[next] = have
		}
	}
}

// startOf is the offset at which a block's text begins; -1 for one without text.
func startOf(b ast.Node) int {
	if b.Type() == ast.TypeBlock && b.Lines().Len() > 0 {
		return b.Lines().At(0).Start
	}
	for c := b.FirstChild(); c != nil && c.Type() == ast.TypeBlock; c = c.NextSibling() {
		if at := startOf(c); at >= 0 {
			return at
		}
	}
	return -1
}

// cellCount is how many cells a Markdown row has. Markdown itself leaves out those beyond the heading's.
func cellCount(row string) int {
	row = strings.TrimPrefix(strings.TrimLeft(strings.TrimSpace(row), "> \t"), "|")
	n, last := 0, 0
	for i := 0; i < len(row); i++ {
		switch row[i] {
		case '\\':
			i++
		case '|':
			n, last = n+1, i+1
		}
	}
	if strings.TrimSpace(row[min(last, len(row)):]) != "" {
		n++
	}
	return n
}

// literally writes emphasis that is part of a name as it was typed: E*TRADE, __init__. And raw HTML
// with its lines.
type literally struct{}

// RegisterFuncs implements [renderer.NodeRenderer].
func (literally) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindEmphasis, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		e := n.(*ast.Emphasis)
		mark, typed := typedEmphasis(e, source)
		tag := "em"
		if e.Level == 2 {
			tag = "strong"
		}
		switch {
		case typed:
			w.WriteString(strings.Repeat(mark, e.Level))
		case entering:
			w.WriteString("<" + tag + ">")
		default:
			w.WriteString("</" + tag + ">")
		}
		return ast.WalkContinue, nil
	})
	r.Register(ast.KindHTMLBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		b := n.(*ast.HTMLBlock)
		if !entering {
			if b.HasClosure() {
				w.Write(b.ClosureLine.Value(source))
			}
			return ast.WalkContinue, nil
		}
		line := 1
		if v, ok := n.AttributeString(lineAttribute); ok {
			fmt.Sscan(string(v.([]byte)), &line)
		}
		writeNumbered(w, b.Lines().Value(source), line)
		return ast.WalkContinue, nil
	})
}

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// typedEmphasis reports whether the marks of an emphasis are characters of the text: a * with a letter
// before it, or a word such as __init__ among others.
func typedEmphasis(e *ast.Emphasis, source []byte) (mark string, typed bool) {
	first, ok := e.FirstChild().(*ast.Text)
	if !ok || first.Segment.Start < e.Level {
		return "*", false
	}
	open := first.Segment.Start - e.Level
	mark = string(source[first.Segment.Start-1])
	switch mark {
	case "*":
		return mark, e.Level == 1 && open > 0 && isWordByte(source[open-1])
	case "_":
		alone := e.PreviousSibling() == nil && e.NextSibling() == nil
		return mark, e.Level == 2 && !alone && e.ChildCount() == 1 && identifier.Match(first.Segment.Value(source))
	}
	return "*", false
}

func isWordByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= 0x80
}
