package mutate

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// change replaces a piece of one file.
type change struct {
	file       string // from the root, with slashes
	what       string // the kind of change
	line       int
	start, end int // bytes of the file
	with       string
	old        string
}

func (c change) String() string {
	short := func(s string) string {
		s = strings.Join(strings.Fields(s), " ")
		if len(s) > 90 {
			s = s[:87] + "..."
		}
		return s
	}
	return fmt.Sprintf("%s:%d: %s: %s => %s", c.file, c.line, c.what, short(c.old), short(c.with))
}

// name tells a change apart from all others for as long as the code around it stays, whatever its line.
func (c change) name() string {
	return fmt.Sprintf("%s | %s | %s => %s", c.file, c.what, strings.Join(strings.Fields(c.old), " "), strings.Join(strings.Fields(c.with), " "))
}

func (c change) apply(source []byte) []byte {
	return bytes.Join([][]byte{source[:c.start], []byte(c.with), source[c.end:]}, nil)
}

// changes lists the changes that can be made in the Go files of a directory, tests and generated ones aside.
func changes(root, dir string) (all []change, err error) {
	files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		s := &sites{file: filepath.ToSlash(filepath.Join(dir, filepath.Base(path))), source: source, set: set}
		ast.Inspect(parsed, s.visit)
		all = append(all, s.found...)
	}
	return all, nil
}

// sites gathers the changes of one file.
type sites struct {
	file   string
	source []byte
	set    *token.FileSet
	found  []change
}

func (s *sites) text(n ast.Node) string {
	return string(s.source[s.at(n.Pos()):s.at(n.End())])
}

func (s *sites) at(p token.Pos) int { return s.set.Position(p).Offset }

func (s *sites) add(what string, from, to token.Pos, with string) {
	start, end := s.at(from), s.at(to)
	s.found = append(s.found, change{file: s.file, what: what, line: s.set.Position(from).Line, start: start, end: end, with: with, old: string(s.source[start:end])})
}

func (s *sites) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok != token.IMPORT && n.Tok != token.TYPE
	case *ast.IfStmt:
		s.add("negated", n.Cond.Pos(), n.Cond.End(), "!("+s.text(n.Cond)+")")
		if n.Else == nil && leaves(n.Body) {
			s.add("check dropped", n.Cond.Pos(), n.Cond.End(), "false && ("+s.text(n.Cond)+")")
		}
	case *ast.BinaryExpr:
		if with, ok := swapped[n.Op]; ok {
			s.add("operator", n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), with)
		}
	case *ast.BasicLit:
		if v, err := strconv.ParseInt(n.Value, 0, 64); n.Kind == token.INT && err == nil {
			s.add("constant", n.Pos(), n.End(), strconv.FormatInt(v+1, 10))
		}
	case *ast.ReturnStmt:
		if last := len(n.Results) - 1; last >= 0 && isError(n.Results[last]) {
			s.add("error swallowed", n.Results[last].Pos(), n.Results[last].End(), "nil")
		}
	case *ast.BlockStmt:
		s.statements(n.List)
	case *ast.CaseClause:
		s.statements(n.Body)
	case *ast.CompositeLit:
		s.fields(n)
	}
	return true
}

// swapped are operators, each with the one that is most easily written instead of it.
var swapped = map[token.Token]string{
	token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">", token.EQL: "!=", token.NEQ: "==", token.LAND: "||", token.LOR: "&&",
}

// statements are dropped one at a time, where something else than their values depends on them.
func (s *sites) statements(list []ast.Stmt) {
	for _, x := range list {
		switch x := x.(type) {
		case *ast.ExprStmt, *ast.IncDecStmt:
			s.add("statement dropped", x.Pos(), x.End(), "")
		case *ast.AssignStmt:
			if x.Tok != token.DEFINE {
				s.add("statement dropped", x.Pos(), x.End(), "")
			}
		}
	}
}

// fields of a struct's literal are dropped one at a time.
func (s *sites) fields(n *ast.CompositeLit) {
	for i, e := range n.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return
		}
		if _, ok := pair.Key.(*ast.Ident); !ok {
			return
		}
		if i+1 < len(n.Elts) {
			s.add("field dropped", e.Pos(), n.Elts[i+1].Pos(), "")
		} else if i > 0 {
			s.add("field dropped", n.Elts[i-1].End(), e.End(), "")
		}
	}
}

// leaves reports whether a block ends by leaving its function or loop.
func leaves(b *ast.BlockStmt) bool {
	if len(b.List) == 0 {
		return false
	}
	switch last := b.List[len(b.List)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		return last.Tok == token.CONTINUE || last.Tok == token.BREAK
	}
	return false
}

// isError reports whether an expression is an error by its name or its making.
func isError(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "err" || e.Name == "no" || strings.HasPrefix(e.Name, "Err") || strings.HasPrefix(e.Name, "err")
	case *ast.CallExpr:
		switch f := e.Fun.(type) {
		case *ast.SelectorExpr:
			return f.Sel.Name == "Errorf" || f.Sel.Name == "Refuse" || f.Sel.Name == "Malformed"
		case *ast.Ident:
			return f.Name == "Refuse" || f.Name == "Malformed" || f.Name == "lie"
		}
	case *ast.SelectorExpr:
		return strings.HasPrefix(e.Sel.Name, "Err")
	}
	return false
}
