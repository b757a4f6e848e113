package projections

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"muniment/domain"
)

// factRows gathers the rows of a batch, table by table, for multi-row inserts.
type factRows map[string][]any

var columns = map[string][]string{
	"trail":        {"seq", "id", "kind", "tenant", "stream", "occurred", "recorded", "actor", "source"},
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

func (f factRows) flush(ctx context.Context, tx *sql.Tx) error {
	touched := f.touched()
	for table, values := range f {
		if err := insertRows(ctx, tx, table, values); err != nil {
			return err
		}
		delete(f, table)
	}
	return attribute(ctx, tx, touched)
}

func insertRows(ctx context.Context, tx *sql.Tx, table string, values []any) error {
	width := len(columns[table])
	row := "(" + strings.Repeat("?,", width-1) + "?)"
	chunk := 4000 / width * width // parameters a statement
	for len(values) > 0 {
		n := min(chunk, len(values))
		text := "INSERT INTO " + table + " (" + strings.Join(columns[table], ",") + ") VALUES " + strings.Repeat(row+",", n/width-1) + row + " ON CONFLICT DO NOTHING"
		if _, err := tx.ExecContext(ctx, text, values[:n]...); err != nil {
			return fmt.Errorf("insert into %s: %w", table, err)
		}
		values = values[n:]
	}
	return nil
}

// touched lists the interactions that the batch has facts of.
func (f factRows) touched() (ids []any) {
	seen := map[string]bool{}
	for table, at := range map[string]int{"interactions": 3, "accesses": 5, "redactions": 5} {
		width := len(columns[table])
		for i := 0; i < len(f[table]); i += width {
			id := f[table][i+at].([]byte)
			if !seen[string(id)] {
				seen[string(id)] = true
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// attribute lets facts that name no person themselves be about the people of their interaction,
// whichever of the two was kept first.
func attribute(ctx context.Context, tx *sql.Tx, interactions []any) error {
	for len(interactions) > 0 {
		n := min(500, len(interactions))
		for _, list := range []string{"accesses", "redactions"} {
			text := `INSERT INTO about (tenant, subject, list, occurred, seq, known)
				SELECT f.tenant, a.subject, '` + list + `', f.occurred, f.seq, CASE WHEN f.seq > i.seq THEN f.seq ELSE i.seq END
				FROM interactions i
				JOIN about a ON a.list = 'interactions' AND a.seq = i.seq
				JOIN ` + list + ` f ON f.interaction = i.interaction AND f.tenant = i.tenant
				WHERE i.interaction IN (?` + strings.Repeat(",?", n-1) + `)
				ORDER BY i.seq, f.seq
				ON CONFLICT DO NOTHING`
			if _, err := tx.ExecContext(ctx, text, interactions[:n]...); err != nil {
				return fmt.Errorf("attribute %s: %w", list, err)
			}
		}
		interactions = interactions[n:]
	}
	return nil
}

// body is a view row's details as JSON: our own, never indexed, never compared in SQL.
func body(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs always have a form
	}
	return string(b)
}
