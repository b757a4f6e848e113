package seal

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	"muniment/domain"
	"muniment/ledger/seal/sealtest"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/dbtest"
)

// exchange puts a copy of the log, or a new one, in its place and writes n events to it.
func (w *world) exchange(copied string, n int) {
	w.t.Helper()
	w.log.Close()
	path := filepath.Join(w.dir, "log.db")
	for _, more := range []string{"", "-wal", "-shm"} {
		os.Remove(path + more)
	}
	if copied != "" {
		text, err := os.ReadFile(copied)
		if err == nil {
			err = os.WriteFile(path, text, 0o600)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	w.openLog()
	w.append(n)
}

// tilesOfLostEvents leaves tiles of events that were never signed, and other events in their places.
func (w *world) tilesOfLostEvents() {
	w.t.Helper()
	w.log.Close()
	before := filepath.Join(w.t.TempDir(), "log.db")
	text, err := os.ReadFile(filepath.Join(w.dir, "log.db"))
	if err == nil {
		err = os.WriteFile(before, text, 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.openLog()
	if err := w.open(failing("swap", notKept, 0)); err != nil {
		w.t.Fatal(err)
	}
	w.append(5)
	if err := w.sealer.Seal(context.Background()); !errors.Is(err, errInjected) {
		w.t.Fatalf("got %v", err)
	}
	w.exchange(before, 5)
}

// change rewrites the payload of a kept event past the log.
func (w *world) change(seq int64) {
	w.t.Helper()
	w.log.Close()
	db := dbtest.Open(w.t, filepath.Join(w.dir, "log.db"), sqldb.Options{})
	s := domain.Stream{Noun: "interaction", ID: domain.NewID()}
	w.exec(db, `UPDATE events SET payload = $1 WHERE seq = $2`, sealtest.Entry(s).Payload, seq)
	db.Close()
	w.openLog()
}

func (w *world) exec(db *sqldb.DB, text string, args ...any) {
	w.t.Helper()
	err := db.Tx(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(text, args...)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
