package projections

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"muniment/domain"
	"muniment/ledger/sqldb"
)

// factRows gathers the rows of a batch, table by table, for multi-row inserts.
type factRows map[string][]any

var columns = map[string][]string{
	"trail":        {"seq", "id", "kind", "tenant", "stream", "occurred", "recorded", "actor", "source", "struck", "reported", "evidence", "day"},
	"interactions": {"seq", "tenant", "occurred", "interaction", "actor", "body", "name"},
	"accesses":     {"seq", "id", "tenant", "occurred", "action", "interaction", "actor", "purpose", "body"},
	"redactions":   {"seq", "id", "tenant", "occurred", "trigger", "interaction", "actor", "body"},
	"reports":      {"seq", "id", "tenant", "occurred", "actor", "body"},
	"about":        {"tenant", "subject", "list", "occurred", "seq", "known"},
	"states":       {"view", "tenant", "entity", "valid_from", "valid_to", "known_from", "known_to", "sort", "status", "subject", "body"},
}

func (f factRows) add(table string, values ...any) {
	f[table] = append(f[table], values...)
}

// about notes that a fact is about the event's own subjects.
func (f factRows) about(list string, k *domain.Kept) {
	for _, s := range k.Subjects {
		f.add("about", k.Tenant[:], s.ID[:], list, int64(k.Occurred.At), k.Seq, k.Seq)
	}
}

func (f factRows) flush(ctx context.Context, tx *sql.Tx, s *statements, from, next int64) error {
	for table, values := range f {
		if err := s.insert[table].Insert(ctx, tx, values); err != nil {
			return fmt.Errorf("insert into %s: %w", table, err)
		}
		delete(f, table)
	}
	for _, text := range s.attribute {
		if _, err := tx.StmtContext(ctx, text).ExecContext(ctx, from, next); err != nil {
			return fmt.Errorf("attribute facts: %w", err)
		}
	}
	return nil
}

// statements are what a batch is written with.
type statements struct {
	insert    map[string]sqldb.Shapes
	attribute []*sql.Stmt
}

// mostRows is how many rows one insert carries.
const mostRows = 128

func prepareStatements(ctx context.Context, db *sqldb.DB) (s statements, err error) {
	one := func(text string) (*sql.Stmt, error) { return db.Prepare(ctx, text) }
	s.insert = map[string]sqldb.Shapes{}
	for table, names := range columns {
		if s.insert[table], err = sqldb.PrepareShapes(one, mostRows, len(names), func(n int) string {
			return "INSERT INTO " + table + " (" + strings.Join(names, ",") + ") VALUES " + db.Rows(n, len(names)) + " ON CONFLICT DO NOTHING"
		}); err != nil {
			return s, fmt.Errorf("views: %w", err)
		}
	}
	for _, list := range []string{"accesses", "redactions"} {
		for _, from := range []string{newFacts, newInteractions} {
			stmt, err := one(`INSERT INTO about (tenant, subject, list, occurred, seq, known)
				SELECT f.tenant, a.subject, '` + list + `', f.occurred, f.seq, CASE WHEN f.seq > i.seq THEN f.seq ELSE i.seq END
				FROM ` + strings.ReplaceAll(from, "facts", list) + `
				AND a.list = 'interactions' AND a.seq = i.seq AND f.interaction = i.interaction AND f.tenant = i.tenant
				ORDER BY i.seq, f.seq
				ON CONFLICT DO NOTHING`)
			if err != nil {
				return s, fmt.Errorf("views: %w", err)
			}
			s.attribute = append(s.attribute, stmt)
		}
	}
	return s, nil
}

// Facts that name no person themselves are about the people of their interaction, whichever of the
// two was kept first. A batch, from a seq to before another, brings together what meets in it: its
// own facts with all interactions, and its interactions with earlier facts. What met before is there.
// CROSS JOIN makes SQLite begin with what the batch holds; left to itself it walks along all there is.
const (
	newFacts        = `facts f CROSS JOIN interactions i CROSS JOIN about a WHERE f.seq >= $1 AND f.seq < $2`
	newInteractions = `interactions i CROSS JOIN about a CROSS JOIN facts f WHERE i.seq >= $1 AND i.seq < $2 AND f.seq < $1`
)

// body is a view row's details as JSON: our own, never indexed, never compared in SQL.
func body(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs always have a form
	}
	return string(b)
}
