package sqldb_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/pgtest"
)

// TestLease: given who held the lease and what became of them, when a process asks for it, then it gets
// it or hears why not.
func TestLease(t *testing.T) {
	server := pgtest.Start(t, "fsync=off")
	const beat = 50 * time.Millisecond
	mine := sqldb.Claim{Ledger: "ledger-a", Instance: "here", Place: "boot 1, inode 7", Beat: beat}
	copied, moved, nowhere := mine, mine, mine
	copied.Place, moved.Place, nowhere.Place = "boot 1, inode 8", "boot 2, inode 7", ""
	killed := func(t *testing.T, first *sqldb.Lease) { sqldb.StopBeating(first) }
	for name, c := range map[string]struct {
		before func(t *testing.T, first *sqldb.Lease)
		claim  sqldb.Claim
		want   string
		lost   bool // the first holder's lease
	}{
		"given up": {before: func(t *testing.T, first *sqldb.Lease) {
			if err := first.Close(); err != nil {
				t.Error(err)
			}
		}, claim: sqldb.Claim{Ledger: "ledger-a", Instance: "there", Beat: beat}},
		"alive elsewhere":                       {claim: sqldb.Claim{Ledger: "ledger-a", Instance: "there", Beat: beat}, want: "another instance"},
		"the same directory, started again":     {claim: mine, lost: true},
		"a copy of its directory beside it":     {claim: copied, want: "a copy can't work beside its original"},
		"a copy from elsewhere":                 {claim: moved, want: "a copy can't work beside its original"},
		"a copy from nobody knows where":        {claim: nowhere, want: "a copy can't work beside its original"},
		"dead, and a copy goes on":              {before: killed, claim: copied},
		"dead, and its machine was started new": {before: killed, claim: moved},
		"another ledger":                        {claim: sqldb.Claim{Ledger: "ledger-b", Instance: "there", Beat: beat}, want: "holds another ledger (ledger-a"},
		"dead": {before: killed,
			claim: sqldb.Claim{Ledger: "ledger-a", Instance: "there", Beat: beat}},
	} {
		t.Run(name, func(t *testing.T) {
			url := server.Database()
			take := func(c sqldb.Claim) (*sqldb.Lease, error) {
				db, err := sqldb.OpenServer(t.Context(), url, "muniment_lease")
				if err != nil {
					t.Fatal(err)
				}
				l, err := sqldb.TakeLease(t.Context(), db, c)
				if err != nil {
					db.Close()
				}
				return l, err
			}
			first, err := take(mine)
			if err != nil {
				t.Fatal(err)
			}
			if c.before != nil {
				c.before(t, first)
			} else {
				defer first.Close()
			}
			second, err := take(c.claim)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				defer second.Close()
			} else if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q in it", err, c.want)
			}
			if (c.want == "another instance" || c.want == "a copy can't work beside its original") && !errors.Is(err, sqldb.ErrHeld) {
				t.Errorf("got %v", err)
			}
			if c.lost {
				<-first.Lost()
				if !errors.Is(first.Err(), sqldb.ErrTaken) {
					t.Errorf("the first is told: %v", first.Err())
				}
			}
		})
	}
}
