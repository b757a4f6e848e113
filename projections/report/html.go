package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // the style
	"encoding/base64"
	"html"
	"slices"
	"strings"

	"muniment/domain"
)

//go:embed style.css
var style string

// StyleHash is the style's source expression for a Content-Security-Policy, without quotes:
// a server sends style-src '…' with it and needs nothing unsafe.
var StyleHash = func() string {
	sum := sha256.Sum256([]byte(style))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}()

// Policy is the Content-Security-Policy that a report's page needs: its own style and nothing else.
// Each page carries it too, for readers who open the file from a disk.
var Policy = "default-src 'none'; style-src '" + StyleHash + "'; base-uri 'none'; form-action 'none'"

// The HTML form: one file, no script, nothing fetched. What it is, for whom and as of when comes
// first, then what it proves and doesn't, then the tables.
func (d *Document) html() []byte {
	p := &page{}
	p.head(d.Title + " as of " + dayAndTime(d.Viewpoint.AsOf))
	p.raw(`<body`, d.wide(), `>
<header>
<p class="kind">Report from a Muniment ledger</p>
<h1>`).text(d.Title).raw("</h1>\n<p class=\"lead\">").text(d.Question).raw("</p>\n")
	p.facts(d)
	p.raw("</header>\n<main>\n<section aria-labelledby=\"about\">\n<h2 id=\"about\">How to read this report</h2>\n")
	p.raw("<div class=\"notes\">\n")
	for _, n := range d.Notes {
		p.raw("<div><h3>").text(n.Heading).raw("</h3>\n")
		p.lines(n.Lines)
		p.raw("</div>\n")
	}
	p.raw("</div>\n</section>\n")
	if len(d.Tables) > 1 {
		p.raw(`<nav aria-labelledby="contents"><h2 id="contents">Tables</h2><ul>` + "\n")
		for _, t := range d.Tables {
			p.raw(`<li><a href="#`, t.Name, `">`).text(t.Title).raw("</a>, ").text(counted(len(t.Rows), "row", "rows")).raw("</li>\n")
		}
		p.raw("</ul></nav>\n")
	}
	for i := range d.Tables {
		p.table(&d.Tables[i])
	}
	p.raw("</main>\n<footer><p>").text(d.Title, ", version ", Number(Version).csv(), " of its form. ", NotAdvice).raw("</p></footer>\n</body>\n</html>\n")
	return []byte(domain.VisiblePage(p.String()))
}

// page writes HTML. Everything that isn't ours goes through text.
type page struct{ bytes.Buffer }

func (p *page) head(title string) {
	p.raw(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="`, html.EscapeString(Policy), `">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>`).text(title).raw(`</title>
<style>`, style, `</style>
</head>
`)
}

func (p *page) raw(ours ...string) *page {
	for _, s := range ours {
		p.WriteString(s)
	}
	return p
}

func (p *page) text(parts ...string) *page {
	for _, s := range parts {
		p.WriteString(html.EscapeString(s))
	}
	return p
}

func (p *page) lines(lines []string) {
	if len(lines) == 1 {
		p.raw("<p>").text(lines[0]).raw("</p>\n")
		return
	}
	p.raw("<ul>\n")
	for _, l := range lines {
		p.raw("<li>").text(l).raw("</li>\n")
	}
	p.raw("</ul>\n")
}

func (p *page) id(id domain.ID) { p.raw(`<span class="id">`, id.String(), `</span>`) }

func (p *page) facts(d *Document) {
	v := d.Viewpoint
	line := func(title string, write func()) {
		p.raw("<dt>").text(title).raw("</dt><dd>")
		write()
		p.raw("</dd>\n")
	}
	p.raw("<dl class=\"facts\">\n")
	line("For", func() { p.text(d.For) })
	line("As of", func() { p.text(dayAndTime(v.AsOf)) })
	if v.Asked != 0 {
		line("Asked on", func() {
			p.text(dayAndTime(v.Asked), ", before that day: what is announced for then may still be withdrawn")
		})
	}
	line("As known to the ledger", func() {
		if v.Known < 0 {
			p.text("when it held no event")
			return
		}
		p.text("when it held ", v.sizeWords(), ", the last kept on ", dayAndTime(v.KnownAt))
	})
	for _, f := range d.Facts {
		line(f.Title, func() {
			switch c := f.Value.(type) {
			case nil:
				p.text(cmp.Or(f.Absent, "none kept"))
			case Instant:
				p.text(dayAndTime(domain.Time(c)))
			case ID:
				p.id(domain.ID(c))
			default:
				p.cell(c)
			}
		})
	}
	line("Ledger", func() { p.id(d.Ledger) })
	line("Evidence", func() {
		p.raw(`<span class="warn">`).text(strings.ToUpper(d.evidence()[:1]), d.evidence()[1:]).raw("</span>")
	})
	p.raw("</dl>\n")
}

// portrait is how many page columns an upright A4 page holds.
const portrait = 6

// wide lets a document with a wide table be printed on landscape pages, all of it.
func (d *Document) wide() string {
	for i := range d.Tables {
		if len(d.Tables[i].groups()) > portrait {
			return ` class="wide"`
		}
	}
	return ""
}

// groups are the columns as a page shows them: each a heading and the columns stacked under it.
func (t *Table) groups() (groups [][]int) {
	for i, c := range t.Columns {
		if j := slices.IndexFunc(groups, func(g []int) bool { return t.Columns[g[0]].Group == c.Group }); j >= 0 {
			groups[j] = append(groups[j], i)
		} else {
			groups = append(groups, []int{i})
		}
	}
	return groups
}
