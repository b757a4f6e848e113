package explorer

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed queries/*.graphql
var queries embed.FS

// Query is one ready query, as the explorer offers it.
type Query struct {
	Title string // the question, as a data-protection officer would put it
	Why   string // one line: what the answer shows
	Text  string // the whole file, its comments included
	File  string // the file's name, which also orders the list
}

// Queries lists the ready queries in the order of their files.
func Queries() []Query {
	files, err := fs.Glob(queries, "queries/*.graphql")
	if err != nil {
		panic(err) // only a malformed pattern written above can cause it
	}
	list := make([]Query, len(files))
	for i, file := range files {
		text, err := queries.ReadFile(file)
		if err != nil {
			panic(err) // the file was listed from this very memory
		}
		list[i] = Query{
			Title: comment(string(text), "Title"),
			Why:   comment(string(text), "Why"),
			Text:  string(text),
			File:  strings.TrimPrefix(file, "queries/"),
		}
	}
	return list
}

// comment finds the line "# Name: value" in a query's leading comments.
func comment(text, name string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, "# "+name+": "); ok {
			return strings.TrimSpace(value)
		}
		if !strings.HasPrefix(line, "#") {
			break
		}
	}
	return ""
}
