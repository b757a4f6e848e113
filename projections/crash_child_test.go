package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/ledgertest"
	"muniment/ledger/sqldb"
)

func TestMain(m *testing.M) {
	crashtest.Child(map[string]func(string) error{
		"keep until killed":   keepUntilKilled,
		"take step by step":   takeSteps,
		"follow step by step": followSteps,
	})
	os.Exit(m.Run())
}

var (
	crashLedger = domain.ID{15: 1}
	crashTenant = domain.ID{15: 2}
)

// beginCrash begins a ledger with one account in a new directory.
func beginCrash(t testing.TB) (dir string) {
	t.Helper()
	dir = t.TempDir()
	l := openCrash(t, dir)
	keepAll(t, l, []*ledger.Submission{{Source: "test", ID: domain.NewEventID(time.Now()), Tenant: crashTenant, Occurred: day(1),
		Event: domain.TenantOnboarded{Name: "Example Dental", Role: domain.RoleController, Country: "SE"}, Actor: unknownActor}})
	return dir
}

func openCrash(t testing.TB, dir string) *ledgertest.Ledger {
	t.Helper()
	l, err := ledgertest.OpenIn(context.Background(), dir, crashLedger)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func keepAll(t testing.TB, l *ledgertest.Ledger, facts []*ledger.Submission) {
	t.Helper()
	for _, o := range l.Take(context.Background(), ledger.Own(), facts) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

var unknownActor = ledger.ActorClaim{Actor: domain.Actor{Kind: domain.UnknownActor}}

// everyday is what happens to an account: calls with a number, what is done with them, consents that
// go back and forth, in no order of days; each is new.
func everyday(n int) (all []*ledger.Submission) {
	call := domain.Stream{}
	for i := range n {
		s := &ledger.Submission{Source: "test", ID: domain.NewEventID(time.Now()), Tenant: crashTenant, Occurred: day(2 + rand.IntN(20)), Actor: unknownActor}
		number := fmt.Sprintf("+120255501%02d", rand.IntN(100))
		person := []ledger.SubjectClaim{{Identifiers: []ledger.Identifier{{Type: domain.Phone, Value: number, Country: "US"}}, Capacity: domain.Processor}}
		switch i % 4 {
		case 0:
			call = domain.Stream{Noun: "interaction", ID: domain.NewID()}
			s.Stream.Name, s.Subjects = call, person
			s.Event = domain.InteractionRecorded{Medium: domain.Call, Direction: "INBOUND", Number: domain.Clear(number), Seconds: int64(i)}
		case 1:
			s.Stream.Name = call
			s.Event = domain.InteractionListened{Seconds: 5}
		case 2:
			s.Subjects = person
			s.Event = domain.ConsentGranted{Purpose: "MARKETING", Text: "v1", Channel: "WEB_FORM", Act: domain.BoxTicked, Giver: "SELF"}
		case 3:
			s.Subjects = person
			s.Event = domain.ConsentWithdrawn{Purpose: "MARKETING", Channel: "WEB_FORM"}
		}
		all = append(all, s)
	}
	return all
}

// tell prints what was kept, not before: id, seq and the number that was sealed.
func tell(s *ledger.Submission, o ledger.Outcome) {
	number := "-"
	if e, ok := s.Event.(domain.InteractionRecorded); ok {
		number, _ = e.Number.Reveal()
	}
	fmt.Printf("kept %s %d %s\n", s.ID, o.Receipt.Position, number)
}

// keepUntilKilled is the child: a whole ledger that takes facts in, with vault and views following,
// and rebuilds its views again and again.
func keepUntilKilled(dir string) error {
	ctx := context.Background()
	l, err := ledgertest.OpenIn(ctx, dir, crashLedger)
	if err != nil {
		return err
	}
	v, err := openViews(ctx, l, "views.db", 50)
	if err != nil {
		return err
	}
	fmt.Println("open")
	failed := make(chan error)
	go func() { failed <- l.Keys.Follow(ctx, l.Log) }()
	go func() { failed <- v.Follow(ctx) }()
	for range 4 {
		go func() {
			for {
				facts := everyday(1 + rand.IntN(24))
				for i, o := range l.Take(ctx, ledger.Own(), facts) {
					if o.Err != nil {
						failed <- o.Err
					}
					tell(facts[i], o)
				}
				if rand.IntN(20) == 0 {
					if err := v.Rebuild(ctx); err != nil {
						failed <- err
					}
				}
			}
		}()
	}
	return <-failed
}

func openViews(ctx context.Context, l *ledgertest.Ledger, name string, batch int) (*Views, error) {
	db, err := sqldb.OpenSQLite(ctx, filepath.Join(l.Dir, name), sqldb.Options{})
	if err != nil {
		return nil, err
	}
	v, err := Open(ctx, db, l.Log, make([]byte, 32))
	if err != nil {
		db.Close()
		return nil, err
	}
	v.batch = batch
	return v, nil
}

// backEvery makes the journal of a child's database be written back every few pages, so that this
// happens between its steps, too.
func backEvery(ctx context.Context, db *sqldb.DB) error {
	return db.Tx(ctx, func(tx *sql.Tx) error { _, err := tx.ExecContext(ctx, `PRAGMA wal_autocheckpoint = 60`); return err })
}

// followSteps is the child: views that follow a log which is there, in small batches, and try again
// what failed.
func followSteps(dir string) error {
	ctx := context.Background()
	l, err := ledgertest.OpenIn(ctx, dir, crashLedger)
	if err != nil {
		return err
	}
	v, err := openViews(ctx, l, "views.db", 8)
	if err != nil {
		return err
	}
	if err := backEvery(ctx, v.db); err != nil {
		return err
	}
	for more, failures := true, 0; more; {
		if more, err = v.step(ctx); err != nil {
			fmt.Println("failed", err)
			if failures++; failures > 2 {
				return errors.New("one fault, more than two failures")
			}
			more = true
		}
		fmt.Println("seen", v.Seen())
	}
	return v.db.Close()
}

// takeSteps is the child: facts taken in one append after another, the vault following.
func takeSteps(dir string) error {
	ctx := context.Background()
	l, err := ledgertest.OpenIn(ctx, dir, crashLedger)
	if err != nil {
		return err
	}
	for range 4 {
		facts := everyday(8)
		for range 2 { // what failed is sent again
			for i, o := range l.Take(ctx, ledger.Own(), facts) {
				switch {
				case o.Err != nil:
					fmt.Println("failed", o.Err)
				case !o.Duplicate:
					tell(facts[i], o)
				}
			}
		}
		if err := l.Keys.CatchUp(ctx, l.Log); err != nil {
			fmt.Println("behind", err)
		}
	}
	return l.Close()
}
