package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"slices"

	"muniment/ledger/sqldb"
)

// statements are what the writer runs.
type statements struct {
	heads  sqldb.Shapes
	prior  sqldb.Shapes
	events sqldb.Shapes
	claims sqldb.Shapes
	head   *sql.Stmt
	settle *sql.Stmt
}

// mostRows is how many rows one of the log's statements carries.
const mostRows = 512

func priorText(db *sqldb.DB) func(rows int) string {
	return func(n int) string {
		return `SELECT ` + placedColumns + ` FROM claims c JOIN events e ON e.seq = c.seq WHERE c.key IN ` + db.Rows(1, n)
	}
}

func prepareStatements(ctx context.Context, db *sqldb.DB) (s statements, err error) {
	one := func(text string) (*sql.Stmt, error) { return db.Prepare(ctx, text) }
	// Every stream has a revision 0: one probe finds whether it is there, one more its end, and no
	// stream is walked along, however long.
	if s.heads, err = sqldb.PrepareShapes(one, mostRows, 1, func(n int) string {
		return `SELECT f.stream, (SELECT l.revision FROM events l WHERE l.stream = f.stream ORDER BY l.revision DESC LIMIT 1)
			FROM events f WHERE f.revision = 0 AND f.stream IN ` + db.Rows(1, n)
	}); err != nil {
		return s, err
	}
	if s.prior, err = sqldb.PrepareShapes(one, mostRows, 1, priorText(db)); err != nil {
		return s, err
	}
	if s.events, err = sqldb.PrepareShapes(one, mostRows, 7, func(n int) string {
		return `INSERT INTO events (seq, revision, logtime, stream, envelope, payload, mac) VALUES ` + db.Rows(n, 7)
	}); err != nil {
		return s, err
	}
	if s.claims, err = sqldb.PrepareShapes(one, mostRows, 3, func(n int) string {
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
	if err := s.prior.Look(ctx, tx, claims, func(rows *sql.Rows) error { return scanPlaced(rows, g.kept) }); err != nil {
		return err
	}
	return s.heads.Look(ctx, tx, streams, func(rows *sql.Rows) error {
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
	args := make([]any, 0, 7*len(g.rows))
	for _, r := range g.rows {
		e := &r.work.batch.Entries[r.entry]
		args = append(args, r.seq, r.rev, int64(r.logTime), r.work.stream, e.Envelope, e.Payload, e.MAC(r.rev))
	}
	if err := s.events.Insert(ctx, tx, args); err != nil {
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
	return s.claims.Insert(ctx, tx, args)
}
