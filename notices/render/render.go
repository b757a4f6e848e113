// Package render is the words: what a notice says, in an e-mail and on its page.
//
//	render.go    the letters, from templates
//	sentences.go what changes, until when to object, what silence means
//	terms.go     words for kinds, mechanisms, places and days
package render

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"

	"muniment/domain"
)

//go:embed templates
var files embed.FS

// Notice is what one notice says, and where it stands.
type Notice struct {
	Organisation string // we
	Contact      string // our address for questions
	Tenant       string // the customer
	Addressee    string // its contact's name, "" when not known
	Change       domain.ChangeAnnounced
	Company      domain.SubprocessorProposed // with the change
	Before       domain.SubprocessorProposed // until then
	Replaces     string                      // name of the company that it replaces
	State        domain.Notice
	Now          domain.Time
	Link         string      // to the notice's page
	Expires      domain.Time // when the link ends
	List         string      // to the public list
}

// Letter is an e-mail's content.
type Letter struct {
	Subject, Text, HTML string
}

var (
	text = texttemplate.Must(texttemplate.New("").Funcs(texttemplate.FuncMap{"wrap": wrap}).ParseFS(files, "templates/*.txt"))
	html = htmltemplate.Must(htmltemplate.New("").ParseFS(files, "templates/*.html"))
)

// Announced is the letter that tells of a change.
func Announced(n Notice) (Letter, error) {
	return letter("announced", n.Headline()+", from "+Day(n.Change.Effective), n)
}

// Withdrawn is the letter that tells whoever was told that the change will not happen.
func Withdrawn(n Notice) (Letter, error) {
	return letter("withdrawn", "Withdrawn: "+n.Headline(), n)
}

func letter(name, subject string, n Notice) (Letter, error) {
	var plain, rich bytes.Buffer
	if err := text.ExecuteTemplate(&plain, name+".txt", n); err != nil {
		return Letter{}, fmt.Errorf("%s: %w", name, err)
	}
	if err := html.ExecuteTemplate(&rich, name+".html", n); err != nil {
		return Letter{}, fmt.Errorf("%s: %w", name, err)
	}
	return Letter{Subject: domain.Visible(subject), Text: domain.VisiblePage(plain.String()), HTML: domain.VisiblePage(rich.String())}, nil
}

// width is what mail programs show without breaking lines anew.
const width = 72

// wrap breaks a paragraph into lines; further ones are indented.
func wrap(indent int, s string) string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) > width-indent:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return strings.Join(append(lines, line), "\n"+strings.Repeat(" ", indent))
}
