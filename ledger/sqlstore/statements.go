package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"slices"

	"muniment/ledger/sqldb"
)

// statements are what the writer runs, prepared for 1, 2, 4 … 512 rows, so that n rows take few
// statements and no statement is parsed twice.
type statements struct {
	heads  shapes
	prior  shapes
	events shapes
	claims shapes
	head   *sql.Stmt
	settle *sql.Stmt
}

const largestShape = 512

// shapes is one statement for several numbers of rows, the largest first.
type shapes []shape

type shape struct {
	rows int
	stmt *sql.Stmt
}

// prepare prepares text(n) for halving numbers of rows.
func prepare(prepare func(string) (*sql.Stmt, error), text func(rows int) string) (shapes, error) {
	var all shapes
	for n := largestShape; n > 0; n /= 2 {
		stmt, err := prepare(text(n))
		if err != nil {
			return nil, err
		}
		all = append(all, shape{n, stmt})
	}
	return all, nil
}

func priorText(db *sqldb.DB) func(rows int) string {
	return func(n int) string {
		return `SELECT ` + placedColumns + ` FROM claims c JOIN events e ON e.seq = c.seq WHERE c.key IN ` + db.Rows(1, n)
	}
}

func prepareStatements(ctx context.Context, db *sqldb.DB) (s statements, err error) {
	one := func(text string) (*sql.Stmt, error) { return db.Prepare(ctx, text) }
	// Every stream has a revision 0: one probe finds whether it is there, one more its end, and no
	// stream is walked along, however long.
	if s.heads, err = prepare(one, func(n int) string {
		return `SELECT f.stream, (SELECT l.revision FROM events l WHERE l.stream = f.stream ORDER BY l.revision DESC LIMIT 1)
			FROM events f WHERE f.revision = 0 AND f.stream IN ` + db.Rows(1, n)
	}); err != nil {
		return s, err
	}
	if s.prior, err = prepare(one, priorText(db)); err != nil {
		return s, err
	}
	if s.events, err = prepare(one, func(n int) string {
		return `INSERT INTO events (seq, revision, logtime, stream, envelope, payload) VALUES ` + db.Rows(n, 6)
	}); err != nil {
		return s, err
	}
	if s.claims, err = prepare(one, func(n int) string {
		return `INSERT INTO claims (key, seq, digest) VALUES ` + db.Rows(n, 3)
	}); err != nil {
		return s, err
	}
	if s.head, err = one(`UPDATE head SET next = ?, logtime = ? WHERE next = ? AND holder = ?`); err != nil {
		return s, err
	}
	s.settle, err = one(`UPDATE head SET settled = settled + 1 WHERE holder = ? RETURNING next, logtime`)
	return s, err
}

// insert runs the statement for all of args, width to a row.
func (s shapes) insert(ctx context.Context, tx *sql.Tx, width int, args []any) error {
	for _, shape := range s {
		for n := shape.rows * width; len(args) >= n; args = args[n:] {
			if _, err := tx.StmtContext(ctx, shape.stmt).ExecContext(ctx, args[:n]...); err != nil {
				return err
			}
		}
	}
	return nil
}

// look runs a query with an IN list for all of args. A rest shorter than a shape is filled up with
// its last member, which changes nothing in a list.
func (s shapes) look(ctx context.Context, tx *sql.Tx, args []any, scan func(*sql.Rows) error) error {
	for len(args) > 0 {
		n := min(len(args), largestShape)
		fit := s[0]
		for _, shape := range s[1:] {
			if shape.rows >= n {
				fit = shape
			}
		}
		list := args[:n:n]
		for len(list) < fit.rows {
			list = append(list, list[n-1])
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

// each is look outside of a transaction.
func (s shapes) each(ctx context.Context, args []any, scan func(*sql.Rows) error) error {
	return s.look(ctx, nil, args, scan)
}

// look fills the group with what the database says of its streams and claims.
func (g *group) look(ctx context.Context, tx *sql.Tx, s *statements, requests []*request) error {
	var streams, claims []any
	asked := make(map[string]bool, cap(g.rows))
	for _, r := range requests {
		for i := range r.works {
			w := &r.works[i]
			if !asked[string(w.stream)] {
				asked[string(w.stream)] = true
				streams = append(streams, w.stream)
			}
			for j := range w.claims {
				claims = append(claims, w.claims[j][:])
			}
		}
	}
	if err := s.prior.look(ctx, tx, claims, func(rows *sql.Rows) error { return scanPlaced(rows, g.kept) }); err != nil {
		return err
	}
	return s.heads.look(ctx, tx, streams, func(rows *sql.Rows) error {
		defer rows.Close()
		for rows.Next() {
			var stream []byte
			var rev int64
			if err := rows.Scan(&stream, &rev); err != nil {
				return err
			}
			g.heads[string(stream)] = rev
		}
		return rows.Err()
	})
}

// insert writes the group's events and, in the order of their keys, its claims.
func (g *group) insert(ctx context.Context, tx *sql.Tx, s *statements) error {
	args := make([]any, 0, 6*len(g.rows))
	for _, r := range g.rows {
		e := &r.work.batch.Entries[r.entry]
		args = append(args, r.seq, r.rev, int64(r.logTime), r.work.stream, e.Envelope, e.Payload)
	}
	if err := s.events.insert(ctx, tx, 6, args); err != nil {
		return err
	}
	sorted := slices.Clone(g.rows)
	slices.SortFunc(sorted, func(a, b row) int {
		return bytes.Compare(a.work.claims[a.entry][:], b.work.claims[b.entry][:])
	})
	args = args[:0]
	for _, r := range sorted {
		args = append(args, r.work.claims[r.entry][:], r.seq, r.work.batch.Entries[r.entry].Claim)
	}
	return s.claims.insert(ctx, tx, 3, args)
}
