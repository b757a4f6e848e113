package intake

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"

	"muniment/domain"
)

// cell is a piece of text of a document: a table's cell, a heading, a list item's own words.
type cell struct {
	text   string // lines of it parted by \n
	url    string // of its first link
	lead   string // the words of the link or bold text that it begins with
	struck bool   // all of it is struck out
	bold   bool   // all of it is bold, or a heading cell
	all    bool   // it spans a whole row
}

// block is a heading, a paragraph, a table or a list, in the order of the document.
type block struct {
	line  int
	level int // of a heading; 0 for what is none
	cell
	table []tableRow
	items []item
}

type tableRow struct {
	line  int
	cells []cell
}

type item struct {
	line int
	cell
	sub []item
}

// blocksOf cuts a page into blocks.
func blocksOf(root *html.Node) (blocks []block) {
	var walk func(n *html.Node, line int)
	walk = func(n *html.Node, line int) {
		line = lineOf(n, line)
		switch {
		case n.Type == html.TextNode:
			if text := strings.TrimSpace(n.Data); text != "" {
				blocks = append(blocks, block{line: line, cell: cell{text: text}})
			}
			return
		case unread(n):
			return
		case n.DataAtom == atom.Table:
			blocks = append(blocks, block{line: line, table: gridOf(n, line)})
			return
		case n.DataAtom == atom.Ul || n.DataAtom == atom.Ol:
			blocks = append(blocks, block{line: line, items: itemsOf(n, line)})
			return
		case len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6':
			blocks = append(blocks, block{line: line, level: int(n.Data[1] - '0'), cell: cellOf(n)})
			return
		case n.DataAtom == atom.P:
			blocks = append(blocks, block{line: line, cell: cellOf(n)})
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, line)
		}
	}
	walk(root, 1)
	return blocks
}

// unread is what no reader of the page sees, and code.
func unread(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Template, atom.Head, atom.Svg, atom.Iframe, atom.Noscript, atom.Textarea, atom.Select, atom.Pre:
		return true
	}
	return n.Type == html.CommentNode
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func lineOf(n *html.Node, line int) int {
	if own, err := strconv.Atoi(attr(n, lineAttribute)); err == nil && own > 0 {
		return own
	}
	return line
}

// Bounds of spans: a list has no more rows, and no table more columns.
const (
	maxSpan    = maxRows
	maxColumns = 64
)

// gridOf lays a table out: a cell that spans rows stands in each of them.
func gridOf(table *html.Node, line int) (rows []tableRow) {
	type hanging struct {
		cell
		rows int
	}
	down := map[int]hanging{}
	eachRow(table, func(tr *html.Node) {
		line = lineOf(tr, lineOf(tr.Parent, line+1)) // a Markdown heading has it at its thead
		row := tableRow{line: line}
		fill := func() { // what hangs down from above
			for {
				h, ok := down[len(row.cells)]
				if !ok {
					return
				}
				at := len(row.cells)
				if h.rows--; h.rows == 0 {
					delete(down, at)
				} else {
					down[at] = h
				}
				row.cells = append(row.cells, h.cell)
			}
		}
		count := 0
		for td := tr.FirstChild; td != nil; td = td.NextSibling {
			if td.DataAtom != atom.Td && td.DataAtom != atom.Th {
				continue
			}
			fill()
			c := cellOf(td)
			c.bold = c.bold || td.DataAtom == atom.Th
			wide := min(span(td, "colspan"), maxColumns)
			c.all = wide > 1
			for i := range wide {
				if len(row.cells) > maxColumns {
					break
				}
				if i > 0 {
					c = cell{}
				}
				if n := min(span(td, "rowspan"), maxSpan); n > 1 {
					down[len(row.cells)] = hanging{c, n - 1}
				}
				row.cells = append(row.cells, c)
			}
			count++
		}
		fill()
		if len(row.cells) > 0 {
			row.cells[0].all = row.cells[0].all && count == 1
			rows = append(rows, row)
		}
	})
	return rows
}

// eachRow calls f with the rows of a table, not with those of tables inside it.
func eachRow(n *html.Node, f func(*html.Node)) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.DataAtom {
		case atom.Tr:
			f(c)
		case atom.Thead, atom.Tbody, atom.Tfoot:
			eachRow(c, f)
		}
	}
}

func span(td *html.Node, name string) int {
	n, err := strconv.Atoi(strings.TrimSpace(attr(td, name)))
	if err != nil || n < 1 {
		return 1
	}
	return n
}

func itemsOf(list *html.Node, line int) (items []item) {
	for li := list.FirstChild; li != nil; li = li.NextSibling {
		if li.DataAtom != atom.Li {
			continue
		}
		line = lineOf(li, line)
		it := item{line: line, cell: cellOf(li)}
		var sub func(n *html.Node)
		sub = func(n *html.Node) {
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				if c.DataAtom == atom.Ul || c.DataAtom == atom.Ol {
					it.sub = append(it.sub, itemsOf(c, line)...)
				} else {
					sub(c)
				}
			}
		}
		sub(li)
		items = append(items, it)
	}
	return items
}

// cellOf reads the words of an element. Lists inside a table's cell are lines of it; those inside a
// list item are items of their own.
func cellOf(n *html.Node) cell {
	r := cellReader{item: n.DataAtom == atom.Li}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.read(c, false, false)
	}
	out := cell{text: lines(r.out.String()), url: r.url, lead: clean(r.lead)}
	if out.text == "" {
		out.text = clean(r.alt) // a logo stands for its name
	}
	words := strings.TrimSpace(out.text) != ""
	out.struck, out.bold = words && r.plain == 0 && r.struck > 0, words && r.light == 0
	return out
}

type cellReader struct {
	item                 bool
	out                  strings.Builder
	url, lead, alt       string
	struck, plain, light int // characters that are struck out, that aren't, that aren't bold
}

func (r *cellReader) read(n *html.Node, struck, bold bool) {
	switch {
	case n.Type == html.TextNode:
		text := n.Data
		if r.out.Len() < maxLine {
			r.out.WriteString(text)
		}
		n := len(strings.TrimSpace(text))
		if struck {
			r.struck += n
		} else {
			r.plain += n
		}
		if !bold {
			r.light += n
		}
		return
	case unread(n) || n.DataAtom == atom.Sup || r.item && (n.DataAtom == atom.Ul || n.DataAtom == atom.Ol):
		return
	case n.DataAtom == atom.Br:
		r.out.WriteString("\n")
		return
	case n.DataAtom == atom.Img:
		if r.alt == "" {
			r.alt = attr(n, "alt")
		}
		return
	}
	blocky := false
	switch n.DataAtom {
	case atom.Del, atom.S, atom.Strike:
		struck = true
	case atom.Strong, atom.B:
		bold = true
	case atom.Li, atom.P, atom.Div, atom.Tr:
		blocky = true
	}
	first := strings.TrimSpace(r.out.String()) == ""
	if blocky {
		r.out.WriteString("\n")
	}
	start := r.out.Len()
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.read(c, struck, bold)
	}
	inner := r.out.String()[start:]
	if n.DataAtom == atom.A {
		if href := strings.TrimSpace(attr(n, "href")); r.url == "" && strings.TrimSpace(inner) != "" || r.alt != "" && r.url == "" {
			r.url = href
		}
	}
	if first && r.lead == "" && (n.DataAtom == atom.A || n.DataAtom == atom.Strong || n.DataAtom == atom.B) {
		r.lead = inner
	}
	if blocky {
		r.out.WriteString("\n")
	}
}

// lines cleans each line of a text and leaves empty ones out.
func lines(s string) string {
	var kept []string
	for _, l := range strings.Split(s, "\n") {
		if l = clean(l); l != "" {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "\n")
}

var footmark = regexp.MustCompile(`\s*(?:\[\^[^\]\s]{1,40}\])|\s*\[\d{1,3}\]$|[\s]*[†‡§¹²³⁴⁵⁶⁷⁸⁹⁰]+$`)

// clean is a text as it is kept: single spaces, no footnote marks, composed letters of normal width,
// and hidden characters shown as what they are.
func clean(s string) string {
	s = footmark.ReplaceAllString(strings.Join(strings.Fields(s), " "), "")
	return strings.TrimSpace(domain.Visible(norm.NFC.String(usual(s))))
}

// usual writes letters and digits of other widths and styles as the usual ones, so that a list typed
// anew says the same. Signs stay: ™ and ½ are no letters.
func usual(s string) string {
	if norm.NFKC.QuickSpanString(s) == len(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if r >= 0x80 && (isLetter(r) && r != 'ª' && r != 'º' || r >= 0xFF01 && r <= 0xFF5E) {
			b.WriteString(norm.NFKC.String(string(r)))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
