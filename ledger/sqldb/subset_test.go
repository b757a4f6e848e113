package sqldb_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// outside is what SQLite, PostgreSQL and CockroachDB don't share, or don't mean the same by.
var outside = map[string]string{
	`(?i)\bFOR (UPDATE|SHARE)\b`:                       "SQLite has no row locks",
	`(?i)\bnow\(\)|\bCURRENT_(TIME|DATE)`:              "times are ours, BIGINT microseconds",
	`(?i)\b(BIG)?SERIAL\b|IDENTITY|AUTOINCREMENT`:      "order is ours, never the database's",
	`(?i)\bILIKE\b|\bGLOB\b|\bREGEXP\b`:                "not in all three",
	`(?i)\bDISTINCT ON\b`:                              "PostgreSQL only",
	`(?i)\bANY ?\(|\bARRAY\[`:                          "SQLite has no arrays",
	`->|(?i)\bjson_|\bjsonb`:                           "JSON operators differ: bodies are never looked into",
	`(?i)\b(TRUE|FALSE|BOOLEAN)\b`:                     "SQLite has no booleans: BIGINT 0 and 1",
	`(?i)\bINSERT OR\b|\bREPLACE INTO\b`:               "SQLite only: ON CONFLICT",
	`(?i)\browid\b|\bPRAGMA\b`:                         "SQLite only",
	`(?i)\bLISTEN\b|\bNOTIFY\b|advisory`:               "CockroachDB has none",
	`(?i)\bSAVEPOINT\b`:                                "transactions are repeated whole (CockroachDB's own: crdb.ExecuteTx)",
	`::`:                                               "write CAST(… AS …)",
	`(?i)\bIFNULL\b|\bstrftime\b|\bzeroblob\b|\bhex\(`: "SQLite only",
	`(?i)\bTIMESTAMP|\bTIMESTAMPTZ\b|\bINTERVAL\b`:     "times are BIGINT microseconds",
	`(?i)\bGENERATE_SERIES\b|\bunnest\b`:               "not in SQLite",
	`(?i)\bMAX\([^)]*,|\bMIN\([^)]*,`:                  "of two values: CASE (SQLite's MAX, PostgreSQL's GREATEST)",
	`(?i)\bUPDATE \w+ SET .* LIMIT\b`:                  "no LIMIT on UPDATE in PostgreSQL",
	`(?i)\bDELETE FROM \w+ .* LIMIT\b`:                 "no LIMIT on DELETE in PostgreSQL",
}

// TestSubset reads every SQL text of the program: statements in Go and migrations.
func TestSubset(t *testing.T) {
	texts := statements(t, filepath.Join("..", ".."))
	if len(texts) < 60 {
		t.Fatalf("found %d texts only: does the search still see them?", len(texts))
	}
	for where, text := range texts {
		for pattern, why := range outside {
			if found := regexp.MustCompile(pattern).FindString(text); found != "" {
				t.Errorf("%s: %q: %s", where, found, why)
			}
		}
		if strings.Contains(text, "?") && regexp.MustCompile(`\$\d`).MatchString(text) {
			t.Errorf("%s: has ? as well as $n: their numbers would meet", where)
		}
	}
}

var verb = regexp.MustCompile(`(?s)^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|WITH)\b.*\s`)

// statements finds SQL in string literals by its verb, and in .sql files; SQLite's own folders, this
// package's few words to one kind of database, and tests are left out.
func statements(t *testing.T, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "node_modules" || name == ".git" || name == "sqlite" || name == "sqldb"):
			return fs.SkipDir
		case strings.HasSuffix(name, ".sql"):
			text, err := os.ReadFile(path)
			found[path] = withoutComments(string(text))
			return err
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			l, ok := n.(*ast.BasicLit)
			if !ok || l.Kind != token.STRING {
				return true
			}
			if text, err := strconv.Unquote(l.Value); err == nil && verb.MatchString(text) {
				found[files.Position(l.Pos()).String()] = text
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func withoutComments(text string) string {
	return regexp.MustCompile(`--.*`).ReplaceAllString(text, "")
}
