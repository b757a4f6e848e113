package sqldb

import (
	"context"
	"database/sql/driver"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"
)

// numbered writes PostgreSQL's $1, $2 … for each ?, in order. Text in quotes stays as it is; a text
// with its own $n holds no ? (the subset's rule).
func numbered(text string) string {
	if !strings.Contains(text, "?") {
		return text
	}
	var b strings.Builder
	b.Grow(len(text) + len(text)/4)
	quoted, n := false, 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
			b.WriteByte(c)
		case c == '?' && !quoted:
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// connector hands out connections that take ? as well as $n.
type connector struct {
	driver.Connector
	reads bool // they run nothing but queries, each by itself
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return connection{conn.(*stdlib.Conn), c.reads}, nil
}

type connection struct {
	*stdlib.Conn
	reads bool
}

func (c connection) Prepare(text string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), text)
}

func (c connection) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	s, err := c.Conn.PrepareContext(ctx, numbered(text))
	if err != nil {
		return nil, c.again(ctx, err)
	}
	return statement{s.(*stdlib.Stmt), c}, nil
}

func (c connection) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.ExecContext(ctx, numbered(text), args)
}

func (c connection) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.Conn.QueryContext(ctx, numbered(text), args)
	return rows, c.again(ctx, err)
}

type statement struct {
	*stdlib.Stmt
	on connection
}

func (s statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := s.Stmt.QueryContext(ctx, args)
	return rows, s.on.again(ctx, err)
}

// again lets database/sql ask once more on another connection, where one that lay idle turns out to
// have been cut: after a restart of the server every connection is such a one. A query may be asked
// twice, a transaction may not.
func (c connection) again(ctx context.Context, err error) error {
	if c.reads && ctx.Err() == nil && lost(err) {
		return driver.ErrBadConn
	}
	return err
}
