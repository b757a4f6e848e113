package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/fstest"

	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/pgtest"
)

func openServer(t *testing.T, url, schema string) *sqldb.DB {
	t.Helper()
	db, err := sqldb.OpenServer(t.Context(), url, schema)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// TestOpenServer: given a URL that doesn't lead to a database, then an error says what is wrong and what
// to do, and never the password.
func TestOpenServer(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	server.Exec("postgres", "CREATE ROLE reader LOGIN PASSWORD 'secret-word'")
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	at := func(addr, user, database string) string {
		return fmt.Sprintf("postgres://%s:secret-word@%s/%s?sslmode=disable&connect_timeout=1", user, addr, database)
	}
	for name, c := range map[string]struct{ url, want string }{
		"nothing listens":     {at(nobody.Addr().String(), "muniment", "postgres"), "nothing listens there"},
		"never answers":       {at(silent.Addr().String(), "muniment", "postgres"), "didn't answer in time"},
		"wrong password":      {at(server.Addr, "muniment", "postgres"), "check user and password"},
		"no such database":    {server.URL("absent"), "make the database first"},
		"may make no schema":  {at(server.Addr, "reader", "postgres"), "needs CREATE on the database"},
		"no TLS there":        {strings.Replace(server.URL("postgres"), "disable", "require", 1), "sslmode"},
		"not a URL":           {"postgres://muniment:secret-word%zz@h/d", "can't be read"},
		"another kind of URL": {"mysql://muniment:secret-word@h/d", "expected postgres://"},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := sqldb.OpenServer(t.Context(), c.url, "muniment_log")
			if err == nil {
				db.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret-word") || strings.Contains(err.Error(), server.Password) {
				t.Errorf("got %q, want %q in it and no password", err, c.want)
			}
		})
	}
}

// TestTextSortsByItsBytes on every store, whatever the server's locale, and a schema holds its tables
// apart from another's.
func TestTextSortsByItsBytes(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	server.Exec("postgres", "CREATE DATABASE swedish TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'sv-SE'")
	migrations := fstest.MapFS{"00001_words.sql": {Data: []byte("-- +goose Up\nCREATE TABLE IF NOT EXISTS words (word TEXT NOT NULL PRIMARY KEY);\n")}}
	words := []string{"Z", "a", "ä", "Å", "b"}
	for _, schema := range []string{"one", "two"} {
		db := openServer(t, server.URL("swedish"), schema)
		for range 2 { // the second finds everything done
			if err := db.Migrate(t.Context(), migrations); err != nil {
				t.Fatal(err)
			}
		}
		var args []any
		for _, w := range words {
			args = append(args, w)
		}
		if err := db.Tx(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.ExecContext(t.Context(), `INSERT INTO words (word) VALUES `+db.Rows(len(words), 1), args...)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got := column(t, db, `SELECT word FROM words WHERE word <> '?' ORDER BY word`); got != "Z a b Å ä" {
			t.Errorf("got %s", got)
		}
	}
}

func column(t *testing.T, db *sqldb.DB, text string) string {
	t.Helper()
	rows, err := db.Reader().QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

// TestOutcomes: whatever fn returns comes back as it was, and nothing of it is kept.
func TestOutcomes(t *testing.T) {
	db := openServer(t, pgtest.Start(t, "fsync=off").URL("postgres"), "outcomes")
	must(t, db, `CREATE TABLE numbers (n BIGINT NOT NULL PRIMARY KEY)`)
	refused := errors.New("refused")
	if err := db.Tx(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO numbers (n) VALUES (1)`); err != nil {
			return err
		}
		return refused
	}); err != refused {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := db.Tx(ctx, func(tx *sql.Tx) error {
		cancel()
		_, err := tx.ExecContext(ctx, `INSERT INTO numbers (n) VALUES (2)`)
		return err
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := column(t, db, `SELECT n FROM numbers`); got != "" {
		t.Errorf("kept %s", got)
	}
}

func must(t *testing.T, db *sqldb.DB, text string, args ...any) {
	t.Helper()
	if err := db.Tx(t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(text, args...); return err }); err != nil {
		t.Fatal(err)
	}
}
