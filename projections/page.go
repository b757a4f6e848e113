package projections

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muniment/domain"
)

// Page asks for a part of a list, as Relay connections do. Lists are in ascending order.
type Page struct {
	First, Last   int // one of both; 0 for not given
	After, Before string
}

const (
	// DefaultPage is the page size when none is asked.
	DefaultPage = 50
	// MaxPage bounds it.
	MaxPage = 500
	// MaxCount is the greatest total that is counted.
	MaxCount = 10_000
	// maxExamined bounds how many rows one page looks at; a sparse filter continues with the cursor.
	maxExamined = 20_000
)

// Edge is one row and the cursor that stands for it.
type Edge[T any] struct {
	Node   T
	Cursor string
}

// Conn is one page of a list.
type Conn[T any] struct {
	Edges            []Edge[T]
	HasNext, HasPrev bool
	Start, End       string
	// Total counts the whole list; ok is false, and n says nothing, where counting stopped before the end.
	Total func(ctx context.Context) (n int, ok bool, err error)
}

// query is a list about to be read: index conditions inside, filters over the rows examined.
type query struct {
	table, cols string
	order       []string // the keyset, ascending
	conds       []string
	args        []any
	filters     []string
	filterArgs  []any
	from        string // overrides "table f"
	person      domain.ID
	tenantCol   string
	timed       bool // has occurred and seq
}

func factQuery(table, cols string, order ...string) *query {
	named := strings.Split(cols, ", ")
	for i := range named {
		named[i] = "f." + named[i]
	}
	q := &query{table: table, cols: strings.Join(named, ", "), from: table + " f", tenantCol: "f.tenant", timed: true}
	for _, o := range order {
		q.order = append(q.order, "f."+o)
	}
	return q
}

func (q *query) where(text string, args ...any) {
	q.conds, q.args = append(q.conds, text), append(q.args, args...)
}

func (q *query) filter(text string, args ...any) {
	q.filters, q.filterArgs = append(q.filters, text), append(q.filterArgs, args...)
}

func (q *query) between(from, to domain.Time) {
	if from != 0 {
		q.where("f.occurred >= ?", int64(from))
	}
	if to != 0 {
		q.where("f.occurred < ?", int64(to))
	}
}

func (q *query) oneOf(column string, values []string) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	q.filter(column+" IN ("+marks(len(args))+")", args...)
}

// subject narrows a fact list to one person's facts, by the index on persons.
func (q *query) subject(id domain.ID, list string, v domain.Viewpoint) {
	if id.IsZero() {
		return
	}
	q.person = id
	q.from = "about a JOIN " + q.table + " f ON f.seq = a.seq"
	q.tenantCol = "a.tenant"
	q.where("a.subject = ? AND a.list = ? AND a.known <= ?", id[:], list, v.Known)
	for i, o := range q.order {
		q.order[i] = "a." + strings.TrimPrefix(o, "f.")
	}
}

func marks(n int) string { return "?" + strings.Repeat(",?", n-1) }

// list reads one page within the reader's scope. filter stands for the question in cursors.
func list[T any](ctx context.Context, r Reader, q *query, tenant domain.ID, v domain.Viewpoint, p Page, filter any, scan func(scanner) (T, []any, error)) (Conn[T], error) {
	question := question(r.scope, q.table, filter)
	limit, backward, err := p.size()
	if err != nil {
		return Conn[T]{}, err
	}
	after, before, err := r.views.position(p, question, &v)
	if err != nil {
		return Conn[T]{}, err
	}
	if !q.person.IsZero() && tenant.IsZero() {
		if tenant, err = r.tenantOf(ctx, q.person); err != nil {
			return Conn[T]{}, fmt.Errorf("views: %w", err)
		}
	}
	r.within(q.tenantCol, tenant, q.where)
	if q.timed {
		q.where("f.seq <= ?", v.Known)
		q.where("f.occurred <= ?", int64(v.AsOf))
	}
	base := *q
	tuple := "(" + strings.Join(q.order, ", ") + ")"
	if after != nil {
		q.where(tuple+" > ("+marks(len(after))+")", after...)
	}
	if before != nil {
		q.where(tuple+" < ("+marks(len(before))+")", before...)
	}
	conn := Conn[T]{Total: func(ctx context.Context) (int, bool, error) { return r.count(ctx, &base) }}
	keys, err := page(ctx, r, q, &conn, limit, backward, scan)
	if err != nil {
		return conn, fmt.Errorf("views: list %s: %w", q.table, err)
	}
	for i := range conn.Edges {
		conn.Edges[i].Cursor = r.views.cursor(question, v, keys[i])
	}
	if n := len(conn.Edges); n > 0 {
		conn.Start, conn.End = conn.Edges[0].Cursor, conn.Edges[n-1].Cursor
	}
	if backward {
		conn.HasNext = before != nil
	} else {
		conn.HasPrev = after != nil
	}
	return conn, r.examined(ctx, q, &conn, question, v, limit, backward)
}

func page[T any](ctx context.Context, r Reader, q *query, conn *Conn[T], limit int, backward bool, scan func(scanner) (T, []any, error)) ([][]any, error) {
	rows, err := r.views.db.Reader().QueryContext(ctx, q.text(q.cols, backward, limit+1), append(slices.Clone(q.args), q.filterArgs...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys [][]any
	more := false
	for rows.Next() {
		if len(conn.Edges) == limit {
			more = true
			break
		}
		node, key, err := scan(rows)
		if err != nil {
			return nil, err
		}
		conn.Edges, keys = append(conn.Edges, Edge[T]{Node: node}), append(keys, key)
	}
	if backward {
		slices.Reverse(conn.Edges)
		slices.Reverse(keys)
		conn.HasPrev = more
	} else {
		conn.HasNext = more
	}
	return keys, rows.Err()
}

// text is the SQL of a page. With filters, the index part is bounded first.
func (q *query) text(cols string, backward bool, limit int) string {
	direction := ""
	if backward {
		direction = " DESC"
	}
	order := " ORDER BY " + strings.Join(q.order, direction+", ") + direction
	where := ""
	if len(q.conds) > 0 {
		where = " WHERE " + strings.Join(q.conds, " AND ")
	}
	if len(q.filters) == 0 {
		return fmt.Sprintf("SELECT %s FROM %s%s%s LIMIT %d", cols, q.from, where, order, limit)
	}
	bare := strings.NewReplacer("a.", "f.").Replace(order)
	return fmt.Sprintf("SELECT %s FROM (SELECT f.* FROM %s%s%s LIMIT %d) f WHERE %s%s LIMIT %d",
		cols, q.from, where, order, maxExamined, strings.Join(q.filters, " AND "), bare, limit)
}

// examined lets a page that looked at as many rows as it may, and found too few, go on from there.
func (r Reader) examined(ctx context.Context, q *query, conn any, question []byte, v domain.Viewpoint, limit int, backward bool) error {
	c, ok := conn.(interface {
		continueAt(cursor string, backward bool)
	})
	if !ok || len(q.filters) == 0 {
		return nil
	}
	bare := *q
	bare.filters, bare.filterArgs = nil, nil
	cols := strings.Join(q.order, ", ")
	text := bare.text(cols, backward, 1) + fmt.Sprintf(" OFFSET %d", maxExamined-1)
	rows, err := r.views.db.Reader().QueryContext(ctx, text, bare.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return rows.Err()
	}
	key := make([]any, len(q.order))
	into := make([]any, len(key))
	for i := range key {
		into[i] = &key[i]
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	c.continueAt(r.views.cursor(question, v, key), backward)
	return nil
}

func (c *Conn[T]) continueAt(cursor string, backward bool) {
	switch {
	case backward && !c.HasPrev:
		c.HasPrev, c.Start = true, cursor
	case !backward && !c.HasNext:
		c.HasNext, c.End = true, cursor
	}
}

// count counts a list. It is no count (ok is false) when there are more rows than are counted, and
// when a filter stopped before the list's end.
func (r Reader) count(ctx context.Context, q *query) (n int, ok bool, err error) {
	if len(q.filters) > 0 {
		bare := *q
		bare.filters, bare.filterArgs = nil, nil
		var rows int
		text := fmt.Sprintf("SELECT COUNT(*) FROM (%s) c", bare.text("1", false, maxExamined+1))
		if err := r.views.db.Reader().QueryRowContext(ctx, text, bare.args...).Scan(&rows); err != nil {
			return 0, false, fmt.Errorf("views: count: %w", err)
		}
		if rows > maxExamined {
			return 0, false, nil
		}
	}
	text := fmt.Sprintf("SELECT COUNT(*) FROM (%s) c", q.text("1", false, MaxCount+1))
	args := append(slices.Clone(q.args), q.filterArgs...)
	if err := r.views.db.Reader().QueryRowContext(ctx, text, args...).Scan(&n); err != nil {
		return 0, false, fmt.Errorf("views: count: %w", err)
	}
	if n > MaxCount {
		return 0, false, nil
	}
	return n, true, nil
}

// Every turns all the pages of a list.
func Every[T any](list func(Page) (Conn[T], error)) (all []T, err error) {
	for p := (Page{First: MaxPage}); ; {
		c, err := list(p)
		if err != nil {
			return nil, err
		}
		for _, e := range c.Edges {
			all = append(all, e.Node)
		}
		if !c.HasNext {
			return all, nil
		}
		p.After = c.End
	}
}

// size is the number of rows asked, and from which end.
func (p Page) size() (limit int, backward bool, err error) {
	switch {
	case p.First < 0 || p.Last < 0:
		return 0, false, domain.Malformed("first", "expected a number from 1 to %d", MaxPage)
	case p.First > 0 && p.Last > 0:
		return 0, false, domain.Malformed("last", "give first or last, not both")
	case p.First > MaxPage || p.Last > MaxPage:
		return 0, false, &domain.Refusal{Code: domain.TooMuch, Rule: "page.size", Message: fmt.Sprintf("a page holds at most %d: ask for less and go on with after or before", MaxPage)}
	case p.Last > 0:
		return p.Last, true, nil
	case p.First > 0:
		return p.First, false, nil
	}
	return DefaultPage, false, nil
}

// one reads a single fact within the scope; nil when there is none.
func one[T any](ctx context.Context, r Reader, q *query, scan func(scanner) (T, error)) (*T, error) {
	r.within(q.tenantCol, domain.ID{}, q.where)
	rows, err := r.views.db.Reader().QueryContext(ctx, q.text(q.cols, false, 1), q.args...)
	if err != nil {
		return nil, fmt.Errorf("views: %w", err)
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	t, err := scan(rows)
	return &t, err
}

// fact finds one row of a fact list by its event's id as of a viewpoint; nil when there is none. The
// trail has the index on ids.
func fact[T any](ctx context.Context, r Reader, table, cols string, id domain.ID, v domain.Viewpoint, scan func(scanner) (T, error)) (*T, error) {
	q := factQuery(table, cols, "seq")
	q.where("f.seq = (SELECT seq FROM trail WHERE id = ?) AND f.seq <= ? AND f.occurred <= ?", id[:], v.Known, int64(v.AsOf))
	return one(ctx, r, q, scan)
}
