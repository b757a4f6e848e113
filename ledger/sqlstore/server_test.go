package sqlstore

import (
	"testing"

	"muniment/ledger"
	"muniment/ledger/logtest"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/pgtest"
)

func TestConformanceOnPostgreSQL(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	logtest.Run(t, func(t *testing.T) func(*testing.T) ledger.Log {
		url := server.Database()
		return func(t *testing.T) ledger.Log { return openServer(t, url) }
	})
}

func openServer(t testing.TB, url string) *Log {
	t.Helper()
	db, err := sqldb.OpenServer(t.Context(), url, "muniment_log")
	if err != nil {
		t.Fatal(err)
	}
	log, err := Open(t.Context(), db)
	if err != nil {
		db.Close()
		t.Fatal(err)
	}
	return log
}
