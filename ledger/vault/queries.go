package vault

import (
	"context"
	"database/sql"
	"strings"

	"muniment/ledger/sqldb"
)

// queries are what writers ask for many events at once, and what the follower writes.
type queries struct {
	own     sqldb.Shapes
	owners  sqldb.Shapes
	lookups sqldb.Shapes
}

// mostAsked is how many rows one query asks for: beyond it planning costs more than is saved.
const mostAsked = 64

func prepareQueries(ctx context.Context, db *sqldb.DB) (q queries, err error) {
	one := func(text string) (*sql.Stmt, error) { return db.Reader().PrepareContext(ctx, text) }
	if q.owners, err = sqldb.PrepareShapes(one, mostAsked, 4, func(n int) string {
		return `SELECT tenant, owner, class, scope, key FROM owners
			WHERE tenant = ? AND owner = ? AND class = ? AND scope = ?` + strings.Repeat(` OR tenant = ? AND owner = ? AND class = ? AND scope = ?`, n-1)
	}); err != nil {
		return q, err
	}
	if q.own, err = sqldb.PrepareShapes(func(text string) (*sql.Stmt, error) { return db.Prepare(ctx, text) }, mostAsked, 5, func(n int) string {
		return `INSERT INTO owners (tenant, owner, class, scope, key) VALUES ` + db.Rows(n, 5) + ` ON CONFLICT DO NOTHING`
	}); err != nil {
		return q, err
	}
	q.lookups, err = sqldb.PrepareShapes(one, mostAsked, 1, func(n int) string {
		return `SELECT tag, value FROM lookups WHERE tag IN ` + db.Rows(1, n)
	})
	return q, err
}
