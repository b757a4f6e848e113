package sqldb_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/pgtest"
)

// TestPromotedStandby: the primary is lost and a standby that lagged is promoted. Whoever began with the
// primary is told of another history, never of another process, and writes nothing into it; whoever
// begins anew works on what is there.
func TestPromotedStandby(t *testing.T) {
	primary := pgtest.Start(t, "fsync=off")
	const beat = 50 * time.Millisecond
	for name, when := range map[string]string{"lagging from the first row": "early", "lagging from the second row": "late"} {
		t.Run(name, func(t *testing.T) {
			primary := primary
			if when == "late" {
				primary = pgtest.Start(t, "fsync=off")
			}
			standby := primary.Standby(t)
			url := standby.URLOfBoth("postgres")
			if when == "late" { // an ordinary user can ask for the history, too
				primary.Exec("postgres", `CREATE ROLE keeper LOGIN PASSWORD 'p'; GRANT CREATE ON DATABASE postgres TO keeper`)
				standby.CatchUp()
				url = strings.Replace(url, "muniment:"+primary.Password, "keeper:p", 1)
			}
			if when == "early" {
				standby.Lag()
			}
			db := openServer(t, url, "promoted")
			must(t, db, tally)
			held, err := sqldb.OpenServer(t.Context(), url, "muniment_lease")
			if err != nil {
				t.Fatal(err)
			}
			lease, err := sqldb.TakeLease(t.Context(), held, sqldb.Claim{Ledger: "l", Instance: "here", Place: "p", Beat: beat})
			if err != nil {
				t.Fatal(err)
			}
			defer lease.Close()
			must(t, db, kept, 0)
			if when == "late" {
				standby.CatchUp()
				standby.Lag()
			}
			must(t, db, kept, 1)

			primary.Crash()
			standby.Promote()
			err = db.Tx(t.Context(), func(tx *sql.Tx) error {
				_, err := tx.Exec(kept, 2)
				return err
			})
			<-lease.Lost()
			for _, err := range []error{err, lease.Err()} {
				told := fmt.Sprint(err)
				if !errors.Is(err, sqldb.ErrOtherHistory) || sqldb.IsAway(err) || strings.Contains(told, "another process") || strings.Contains(told, "another instance") {
					t.Errorf("told: %v", err)
				}
			}
			if _, err := db.Reader().ExecContext(t.Context(), `SELECT 1`); !errors.Is(err, sqldb.ErrOtherHistory) {
				t.Errorf("a reader is told: %v", err)
			}
			again := openServer(t, url, "promoted")
			want := map[string]string{"early": "", "late": "0"}[when]
			if when == "early" {
				must(t, again, tally)
			}
			if got := column(t, again, `SELECT n FROM tally ORDER BY n`); got != want {
				t.Errorf("the promoted one holds %q instead of %q", got, want)
			}
		})
	}
}

// TestRestoredUnderneath: rows of an older copy are put back while a process works: the holder of the
// lease is told of another history, or of another process if there was one.
func TestRestoredUnderneath(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	const beat = 50 * time.Millisecond
	for name, c := range map[string]struct {
		change string
		want   error
	}{
		"the row is gone":      {`DELETE FROM muniment_lease.lease`, sqldb.ErrOtherHistory},
		"an older holder's":    {`UPDATE muniment_lease.lease SET token = '\x00', term = term - 1`, sqldb.ErrOtherHistory},
		"our own, older":       {`UPDATE muniment_lease.lease SET beat = beat - 100`, sqldb.ErrOtherHistory},
		"another's, taken now": {`UPDATE muniment_lease.lease SET token = '\x00', term = term + 1`, sqldb.ErrTaken},
	} {
		t.Run(name, func(t *testing.T) {
			url := server.Database()
			db, err := sqldb.OpenServer(t.Context(), url, "muniment_lease")
			if err != nil {
				t.Fatal(err)
			}
			lease, err := sqldb.TakeLease(t.Context(), db, sqldb.Claim{Ledger: "l", Instance: "here", Place: "p", Beat: beat})
			if err != nil {
				t.Fatal(err)
			}
			defer lease.Close()
			server.Exec(url[strings.LastIndexByte(url, '/')+1:strings.IndexByte(url, '?')], c.change)
			<-lease.Lost()
			if !errors.Is(lease.Err(), c.want) {
				t.Errorf("told: %v", lease.Err())
			}
		})
	}
}
