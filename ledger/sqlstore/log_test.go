package sqlstore

import (
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/logtest"
	"muniment/ledger/sqldb"
)

func TestMain(m *testing.M) {
	crashtest.Child(map[string]func(string) error{"append until killed": appendUntilKilled, "append step by step": appendSteps})
	goleak.VerifyTestMain(m)
}

func TestConformance(t *testing.T) {
	logtest.Run(t, func(t *testing.T) func(*testing.T) ledger.Log {
		path := filepath.Join(t.TempDir(), "log.db")
		return func(t *testing.T) ledger.Log { return openAt(t, path, nil) }
	})
}

// openAt opens the log at path; wrap, if given, stands between the log and its transactions.
func openAt(t testing.TB, path string, wrap func(transact) transact) *Log {
	t.Helper()
	db, err := sqldb.OpenSQLite(t.Context(), path, sqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tx := transact(db.Tx)
	if wrap != nil {
		tx = wrap(tx)
	}
	log, err := open(t.Context(), db, tx)
	if err != nil {
		db.Close()
		t.Fatal(err)
	}
	return log
}
