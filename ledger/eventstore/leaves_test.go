package eventstore

import (
	"bytes"
	"path/filepath"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/eventstore/esdbtest"
	"muniment/ledger/ledgertest"
	"muniment/ledger/seal"
	"muniment/ledger/sqldb"
	"muniment/ledger/sqldb/pgtest"
	"muniment/ledger/sqlstore"
)

// leavesOf is every event's leaf, in the order of the log.
func leavesOf(t *testing.T, log ledger.Log) (leaves [][]byte, records []ledger.Record) {
	t.Helper()
	records, err := log.Read(t.Context(), 0, 10000)
	if err != nil {
		t.Fatal(err)
	}
	last := make(map[domain.Stream]seal.Hash)
	for _, r := range records {
		var prev *seal.Hash
		if h, ok := last[r.Stream]; ok {
			prev = &h
		}
		leaf, err := seal.Leaf(r, prev)
		if err != nil {
			t.Fatal(err)
		}
		last[r.Stream] = seal.LeafHash(leaf)
		leaves = append(leaves, leaf)
	}
	return leaves, records
}

// carry appends the kept bytes of one log to another.
func carry(t *testing.T, records []ledger.Record, to ledger.Log) {
	t.Helper()
	for _, r := range records {
		e, err := domain.ParseEnvelope(r.Envelope)
		if err != nil {
			t.Fatal(err)
		}
		b := ledger.Batch{Stream: r.Stream, Expected: r.Revision - 1, Entries: []ledger.Entry{
			{ID: e.ID, Recorded: e.Recorded, Envelope: r.Envelope, Payload: r.Payload, Claim: make([]byte, 32), MAC: func(int64) []byte { return make([]byte, 16) }}}}
		if got := to.Append(t.Context(), b)[0]; got.Err != nil || got.Placed[0].Seq != r.Seq {
			t.Fatalf("carry event %d: %+v", r.Seq, got)
		}
	}
}

// TestSameLeaves: the same kept bytes give the same leaves on SQLite, on PostgreSQL, on the test
// double, and on a map made anew from what the double holds. Engine positions are in no leaf.
func TestSameLeaves(t *testing.T) {
	l := ledgertest.Open(t)
	for _, name := range []string{"Nordlicht GmbH", "Exempel AB", "Voorbeeld BV"} {
		tenant := l.Tenant(name)
		who := domain.NewID()
		stream := ledger.StreamRef{Name: domain.Stream{Noun: "user", ID: who}}
		l.Keep(ledger.Submission{Tenant: tenant, Stream: stream, Occurred: ledgertest.Day(2), Subjects: []ledger.SubjectClaim{{ID: who, Capacity: domain.Controller}},
			Event: domain.UserEnrolled{Employer: "TENANT", Login: domain.Clear("login-" + name), Name: domain.Clear("A Person"), System: "calls.example"}})
		l.Keep(ledger.Submission{Tenant: tenant, Stream: stream, Occurred: ledgertest.Day(3), Subjects: []ledger.SubjectClaim{{ID: who, Capacity: domain.Controller}}, Event: domain.SignedIn{}})
	}
	want, records := leavesOf(t, l.Log)
	if len(want) < 6 {
		t.Fatalf("only %d events", len(want))
	}
	sql := func(db *sqldb.DB, err error) ledger.Log {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		log, err := sqlstore.Open(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { log.Close() })
		return log
	}
	sqlite := sql(sqldb.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "log.db"), sqldb.Options{}))
	postgres := sql(sqldb.OpenServer(t.Context(), pgtest.Start(t, "fsync=off").URL("postgres"), "muniment_log"))
	g := begin(t, esdbtest.Options{}, nil)
	check := func(name string, log ledger.Log) {
		t.Helper()
		got, _ := leavesOf(t, log)
		if len(got) != len(want) {
			t.Fatalf("%s: %d leaves instead of %d", name, len(got), len(want))
		}
		for i := range want {
			if !bytes.Equal(want[i], got[i]) {
				t.Errorf("%s: leaf %d differs:\n%s\n%s", name, i, want[i], got[i])
			}
		}
	}
	carry(t, records, sqlite)
	check("SQLite", sqlite)
	carry(t, records, postgres)
	check("PostgreSQL", postgres)
	for i := range 5 { // other people's events lie between
		g.server.Put("orders-1", "theirs", domain.ID{byte(i)}, nil, []byte("{}"))
	}
	carry(t, records, g)
	check("the test double", g)
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	g.path += ".fresh"
	g.open(nil)
	check("a fresh map", g)
}
