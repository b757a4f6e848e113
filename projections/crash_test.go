package projections

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/ledgertest"
	"muniment/ledger/logtest"
	"muniment/ledger/sqldb/dbtest"
)

// acknowledged is one line of [tell].
type acknowledged struct {
	id     domain.ID
	seq    int64
	number string
}

func acknowledgements(t *testing.T, lines []string) (all []acknowledged) {
	t.Helper()
	for _, line := range lines {
		words := strings.Fields(line)
		if len(words) != 4 || words[0] != "kept" {
			continue // something else, or cut off
		}
		id, err := domain.ParseID(words[1])
		if err != nil {
			t.Fatal(err)
		}
		seq, err := strconv.ParseInt(words[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, acknowledged{id, seq, words[3]})
	}
	return all
}

// checkCrashed opens what a child left behind: the log is sound, every acknowledged event is there
// once, where it was said to be, its number can be opened, and the views become what a rebuild from
// zero gives.
func checkCrashed(t *testing.T, dir string, told []acknowledged) {
	t.Helper()
	l := openCrash(t, dir)
	defer l.Close()
	at := map[domain.ID][]int64{}
	for _, r := range logtest.Sound(t, l.Log) {
		k, err := ledger.Decode(r)
		if err != nil {
			t.Fatal(err)
		}
		at[k.ID] = append(at[k.ID], r.Seq)
	}
	var refs []ledger.Ref
	var numbers []string
	for _, a := range told {
		if seqs := at[a.id]; len(seqs) != 1 || seqs[0] != a.seq {
			t.Errorf("an event was acknowledged at %d, and stands at %v", a.seq, seqs)
		}
		if a.number != "-" {
			refs, numbers = append(refs, ledger.Ref{Seq: a.seq, Path: "/number"}), append(numbers, a.number)
		}
	}
	values, err := l.Reveal(t.Context(), refs)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		if v.State != ledger.StateClear || v.Text != numbers[i] {
			t.Errorf("event %d: its number is %s", refs[i].Seq, v.State)
		}
	}
	checkViews(t, l)
}

// checkViews lets the views of a directory catch up, and compares them with new ones.
func checkViews(t *testing.T, l *ledgertest.Ledger) {
	t.Helper()
	var dumps []string
	for _, name := range []string{"views.db", "rebuilt.db"} {
		v, err := openViews(t.Context(), l, name, mostInBatch)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		dumps = append(dumps, crashtest.Dump(t, v.db))
		if err := v.db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(l.Dir, "rebuilt.db")); err != nil {
		t.Fatal(err)
	}
	if dumps[0] != dumps[1] {
		t.Errorf("the views differ from a rebuild:\n%s\n--- rebuilt\n%s", dumps[0], dumps[1])
	}
}

// TestKill kills a whole ledger at random moments of intake, projection and rebuild.
func TestKill(t *testing.T) {
	dbtest.NeedsFiles(t)
	tally := crashtest.Tally{}
	defer tally.Tell(t)
	dir := ""
	var told []acknowledged
	for range crashtest.Rounds(10) {
		if tally.Rounds%20 == 0 {
			dir, told = beginCrash(t), nil
		}
		e := crashtest.Kill(t, "keep until killed", dir, crashtest.When(tally.Rounds, 500))
		now := acknowledgements(t, e.Told)
		told = append(told, now...)
		tally.Rounds++
		tally.Kills++
		tally.Acknowledged += len(now)
		checkCrashed(t, dir, told)
		if t.Failed() {
			t.FailNow()
		}
	}
	if tally.Acknowledged == 0 {
		t.Error("no event was ever acknowledged")
	}
}

// TestFaultAtEachCall: whichever call on the views' or the vault's files fails, or is the last one,
// nothing acknowledged is lost or can't be opened, and the views become what a rebuild gives.
func TestFaultAtEachCall(t *testing.T) {
	dbtest.NeedsFiles(t)
	empty, full := beginCrash(t), beginCrash(t)
	keepAll(t, openCrash(t, full), everyday(16))
	for _, x := range []crashtest.Traced{
		{Role: "follow step by step", File: "views.db", From: full, Commits: 10},
		{Role: "take step by step", File: "vault.db", From: empty, Commits: 4},
	} {
		t.Run(x.File, func(t *testing.T) {
			x.Sweep(t, 15, func(t *testing.T, dir string, e crashtest.Ended) int {
				told := acknowledgements(t, e.Told)
				checkCrashed(t, dir, told)
				return len(told)
			})
		})
	}
}
