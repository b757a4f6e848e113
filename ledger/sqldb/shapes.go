package sqldb

import (
	"context"
	"database/sql"
)

// Shapes is one statement prepared for halving numbers of rows, the largest first, so that n rows
// take few statements and no statement is parsed twice.
type Shapes struct {
	width    int // parameters of a row
	shapes   []shape
	byColumn bool // [Shapes.ByColumn]
}

type shape struct {
	rows int
	stmt *sql.Stmt
}

// PrepareShapes prepares text(n) for most rows and its halves; most is a power of two.
func PrepareShapes(prepare func(string) (*sql.Stmt, error), most, width int, text func(rows int) string) (Shapes, error) {
	s := Shapes{width: width}
	for n := most; n > 0; n /= 2 {
		stmt, err := prepare(text(n))
		if err != nil {
			return Shapes{}, err
		}
		s.shapes = append(s.shapes, shape{n, stmt})
	}
	return s, nil
}

// ByColumn is for queries whose text takes all rows' first parameters before all their second ones.
func (s Shapes) ByColumn() Shapes {
	s.byColumn = true
	return s
}

// None reports whether nothing was prepared.
func (s Shapes) None() bool { return len(s.shapes) == 0 }

// MaxMessage is how many bytes of values one statement carries, unless a single row has more:
// CockroachDB takes messages up to 16 MiB.
const MaxMessage = 4 << 20

// Insert runs the statement for all of args.
func (s Shapes) Insert(ctx context.Context, tx *sql.Tx, args []any) error {
	for i, shape := range s.shapes {
		last := i == len(s.shapes)-1
		for n := shape.rows * s.width; len(args) >= n && (last || bytesOf(args[:n]) <= MaxMessage); args = args[n:] {
			if _, err := tx.StmtContext(ctx, shape.stmt).ExecContext(ctx, args[:n]...); err != nil {
				return err
			}
		}
	}
	return nil
}

func bytesOf(args []any) (n int) {
	for _, a := range args {
		switch a := a.(type) {
		case []byte:
			n += len(a)
		case string:
			n += len(a)
		default:
			n += 8
		}
	}
	return n
}

// Look runs a query that matches any of the rows in args, within tx unless that is nil. A rest
// shorter than a shape is filled up with its last row, which adds nothing to what is found. scan
// closes the rows it is given.
func (s Shapes) Look(ctx context.Context, tx *sql.Tx, args []any, scan func(*sql.Rows) error) error {
	for len(args) > 0 {
		n := min(len(args), s.shapes[0].rows*s.width)
		fit := s.shapes[0]
		for _, shape := range s.shapes[1:] {
			if shape.rows*s.width >= n {
				fit = shape
			}
		}
		list := args[:n:n]
		for len(list) < fit.rows*s.width {
			list = append(list, list[n-s.width:n]...)
		}
		if s.byColumn {
			list = byColumn(list, s.width)
		}
		stmt := fit.stmt
		if tx != nil {
			stmt = tx.StmtContext(ctx, stmt)
		}
		rows, err := stmt.QueryContext(ctx, list...)
		if err != nil {
			return err
		}
		if err := scan(rows); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

func byColumn(list []any, width int) []any {
	turned := make([]any, 0, len(list))
	for column := range width {
		for i := column; i < len(list); i += width {
			turned = append(turned, list[i])
		}
	}
	return turned
}
