// Package dbtest opens the database that tests keep their rows in: a SQLite file, or, when
// MUNIMENT_TEST_STORE=postgres, a schema of a PostgreSQL that it starts. So every test of a room that
// keeps rows is one of both. It never links into the binary.
package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"

	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/pgtest"
)

// OnServer reports whether the tests run on PostgreSQL.
func OnServer() bool { return os.Getenv("MUNIMENT_TEST_STORE") == "postgres" }

// NeedsFiles skips a test that looks at the database's files.
func NeedsFiles(t testing.TB) {
	if OnServer() {
		t.Skip("this test looks at SQLite's own files")
	}
}

// Ready starts the server, if there is to be one: for tests that open databases in other processes.
func Ready(t testing.TB) {
	t.Helper()
	if OnServer() {
		pgtest.Shared(t)
	}
}

// Open opens the database at path. On PostgreSQL the path only gives it its name: opened again, it is
// the same one.
func Open(t testing.TB, path string, o sqldb.Options) *sqldb.DB {
	t.Helper()
	Ready(t)
	db, err := OpenAt(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// OpenAt is Open where there is no test, or none yet to fail; see [Ready].
func OpenAt(ctx context.Context, path string, o sqldb.Options) (*sqldb.DB, error) {
	if !OnServer() {
		return sqldb.OpenSQLite(ctx, path, o)
	}
	name := sha256.Sum256([]byte(path))
	return sqldb.OpenServer(ctx, os.Getenv(pgtest.SharedVariable), "t"+hex.EncodeToString(name[:12]))
}
