package graphql

import (
	"context"

	"muniment/projections"
)

// pageArgs are the arguments of every connection.
type pageArgs struct {
	First, Last   *int32
	After, Before *string
}

func (a pageArgs) page() projections.Page {
	p := projections.Page{First: int(deref(a.First)), Last: int(deref(a.Last)), After: deref(a.After), Before: deref(a.Before)}
	if a.First != nil && *a.First <= 0 || a.Last != nil && *a.Last <= 0 {
		p.First = -1 // refused with the words of the page
	}
	return p
}

// viewArgs are the two days of every state question.
type viewArgs struct {
	AsOf, KnownAt *DateTime
}

// connection is a page of any noun in the schema.
type connection[N any] struct {
	Edges    []edge[N]
	PageInfo pageInfo
	total    func(context.Context) (int, bool, error)
}

type edge[N any] struct {
	Node   N
	Cursor string
}

type pageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string
}

// TotalCount is counted only when it is asked.
func (c connection[N]) TotalCount(ctx context.Context) (*int32, error) {
	n, ok, err := c.total(ctx)
	if err != nil || !ok {
		return nil, err
	}
	count := int32(n)
	return &count, nil
}

// connect makes a page of rows a page of nodes.
func connect[T, N any](c projections.Conn[T], err error, node func(T) N) (*connection[N], error) {
	if err != nil {
		return nil, err
	}
	out := &connection[N]{Edges: make([]edge[N], len(c.Edges)), total: c.Total,
		PageInfo: pageInfo{c.HasNext, c.HasPrev, optional(c.Start), optional(c.End)}}
	for i, e := range c.Edges {
		out.Edges[i] = edge[N]{node(e.Node), e.Cursor}
	}
	return out, nil
}
