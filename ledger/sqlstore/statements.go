package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"maps"
	"slices"

	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// statements are what the writer runs.
type statements struct {
	look    sqldb.Shapes
	events  sqldb.Shapes
	claims  sqldb.Shapes
	streams sqldb.Shapes // on a server
	head    *sql.Stmt
	settle  *sql.Stmt
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
	// Claims and streams are asked for together, because on a server every question is a round trip.
	ends := endsOnServer
	if db.Kind() == sqldb.SQLite {
		ends = endsInFile
	}
	if s.look, err = sqldb.PrepareShapes(one, mostRows, 2, func(n int) string {
		return priorText(db)(n) + ` UNION ALL ` + ends + db.Rows(1, n)
	}); err != nil {
		return s, err
	}
	s.look = s.look.ByColumn()
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
	if db.Kind() != sqldb.SQLite {
		if s.streams, err = sqldb.PrepareShapes(one, mostRows, 2, func(n int) string {
			return `INSERT INTO streams (stream, revision) VALUES ` + db.Rows(n, 2) + ` ON CONFLICT (stream) DO UPDATE SET revision = excluded.revision`
		}); err != nil {
			return s, err
		}
	}
	if s.head, err = one(`UPDATE head SET next = ?, logtime = ? WHERE next = ? AND holder = ?`); err != nil {
		return s, err
	}
	s.settle, err = one(`UPDATE head SET settled = settled + 1 WHERE holder = ? RETURNING next, logtime, settled`)
	return s, err
}

// Where the end of a stream is found. On a server it stands in a row of its own: CockroachDB may make of
// the other question a join over all revisions. In a file that question is two probes, however long the
// stream is (each has a revision 0), and a row more to write would cost a quarter of an import's speed.
const (
	endsOnServer = `SELECT stream, -1, NULL, revision, 0 FROM streams WHERE stream IN `
	endsInFile   = `SELECT f.stream, -1, NULL, (SELECT l.revision FROM events l WHERE l.stream = f.stream ORDER BY l.revision DESC LIMIT 1), 0
		FROM events f WHERE f.revision = 0 AND f.stream IN `
)

// look fills the group with what the database says of its streams and claims.
func (g *group) look(ctx context.Context, tx *sql.Tx, s *statements, requests []*request) error {
	var args []any
	for _, r := range requests {
		for i := range r.works {
			w := &r.works[i]
			for j := range w.claims {
				args = append(args, w.claims[j][:], w.stream)
			}
		}
	}
	return s.look.Look(ctx, tx, args, func(rows *sql.Rows) error {
		defer rows.Close()
		for rows.Next() {
			var key []byte
			p := ledger.Placed{Prior: true}
			if err := rows.Scan(&key, &p.Seq, &p.Claim, &p.Revision, &p.LogTime); err != nil {
				return err
			}
			if p.Seq < 0 {
				g.heads[string(key)] = p.Revision
			} else {
				g.kept[claim(key)] = p
			}
		}
		return rows.Err()
	})
}

// insert writes the group's events and, in the order of their keys, its claims and streams.
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
	if err := s.claims.Insert(ctx, tx, args); err != nil {
		return err
	}
	if s.streams.None() {
		return nil
	}
	args = args[:0]
	for _, stream := range slices.Sorted(maps.Keys(g.moved)) {
		args = append(args, []byte(stream), g.heads[stream])
	}
	return s.streams.Insert(ctx, tx, args)
}
