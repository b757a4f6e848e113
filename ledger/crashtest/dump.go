package crashtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"muniment/ledger/sqldb"
)

// Dump is every row of every table of a database, one a line and sorted, without the notes
// about migrations, which say when they were made.
func Dump(t testing.TB, db *sqldb.DB) string {
	t.Helper()
	names := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'`
	if db.Kind() != sqldb.SQLite {
		names = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_name NOT LIKE 'goose%' AND table_name <> 'writers'`
	}
	tables := lines(t, db, names)
	var all []string
	for _, table := range tables {
		name := strings.Trim(table, "[]")
		for _, row := range lines(t, db, `SELECT * FROM "`+name+`"`) {
			all = append(all, name+" "+row)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func lines(t testing.TB, db *sqldb.DB, query string) (all []string) {
	t.Helper()
	rows, err := db.Reader().QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
