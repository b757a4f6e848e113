package sqlstore

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// TestDiskFull: refused, nothing kept; the log can be read meanwhile, and goes on when there is room.
func TestDiskFull(t *testing.T) {
	log := openAt(t, filepath.Join(t.TempDir(), "log.db"), nil)
	defer log.Close()
	mustAppend(t, log, events(100)...)
	pragma := func(text string) (n int64) {
		t.Helper()
		err := log.db.Tx(t.Context(), func(tx *sql.Tx) error { return tx.QueryRow(text).Scan(&n) })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	pragma(fmt.Sprintf("PRAGMA max_page_count = %d", pragma("PRAGMA page_count")+20))
	kept, refused := int64(100), events(1)
	for {
		r := log.Append(t.Context(), refused...)[0]
		if r.Err != nil {
			if !errors.Is(r.Err, ledger.ErrFull) || errors.Is(r.Err, ledger.ErrUnknown) {
				t.Fatal(r.Err)
			}
			break
		}
		kept, refused = kept+1, events(1)
	}
	// A batch that can't be kept as a whole isn't kept in part.
	for _, r := range log.Append(t.Context(), events(100)...) {
		if !errors.Is(r.Err, ledger.ErrFull) {
			t.Fatal(r.Err)
		}
	}
	records, err := log.Read(t.Context(), 0, 10_000)
	if err != nil || int64(len(records)) != kept {
		t.Fatalf("%d events can be read (%v), %d were kept", len(records), err, kept)
	}
	if p, err := log.Prior(t.Context(), []ledger.Key{keyOf(refused[0])}); err != nil || p[0].Seq != -1 {
		t.Fatalf("prior of what was refused: %+v, %v", p, err)
	}
	pragma("PRAGMA max_page_count = 1000000")
	if got := mustAppend(t, log, refused...)[0]; got.Seq != kept || got.Prior {
		t.Fatalf("with room again: %+v, expected seq %d", got, kept)
	}
}

// TestBlank: the digest goes, the key stays.
func TestBlank(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	log := openAt(t, path, nil)
	batches := events(2)
	digest := bytes.Repeat([]byte("digest!?"), 4)
	batches[0].Entries[0].Claim = digest
	placed := mustAppend(t, log, batches...)
	unknown := keyOf(events(1)[0])
	if err := log.Blank(t.Context(), []ledger.Key{keyOf(batches[0]), unknown}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		prior, err := log.Prior(t.Context(), []ledger.Key{keyOf(batches[0]), keyOf(batches[1])})
		if err != nil || prior[0].Seq != placed[0].Seq || prior[0].Claim != nil || prior[1].Claim == nil {
			t.Fatalf("prior: %+v, %v", prior, err)
		}
		if again := mustAppend(t, log, batches[0])[0]; !again.Prior || again.Claim != nil || again.Seq != placed[0].Seq {
			t.Fatalf("the same again: %+v", again)
		}
		log.Close()
		log = openAt(t, path, nil)
	}
	log.Close()
	if err := log.Blank(t.Context(), nil); !errors.Is(err, ledger.ErrClosed) {
		t.Fatalf("blank on a closed log: %v", err)
	}
}

// TestTakenOver: of two who have the log open only the later one writes.
func TestTakenOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	older := openAt(t, path, nil)
	defer older.Close()
	mustAppend(t, older, events(1)...)
	newer := openAt(t, path, nil)
	defer newer.Close()
	for range 2 {
		if r := older.Append(t.Context(), events(1)...)[0]; !errors.Is(r.Err, errTakenOver) {
			t.Fatalf("the older one appended: %+v", r)
		}
		mustAppend(t, newer, events(1)...)
	}
	if n, err := older.Next(t.Context()); err != nil || n != 3 {
		t.Fatalf("the older one reads %d events, %v", n, err)
	}
}

// TestPutBack: given a head row that was changed underneath, when this process appends, then it is told of
// another history where the row is from before what it knows, and of another process only where one took
// the log after it; nothing is kept.
func TestPutBack(t *testing.T) {
	for name, c := range map[string]struct {
		change string
		want   error
	}{
		"our own, before what we kept":    {`UPDATE head SET next = next - 1`, sqldb.ErrOtherHistory},
		"another's, from before us":       {`UPDATE head SET holder = x'00', settled = settled - 1, next = next - 1`, sqldb.ErrOtherHistory},
		"none":                            {`DELETE FROM head`, sqldb.ErrOtherHistory},
		"another's, who came after us":    {`UPDATE head SET holder = x'00', settled = settled + 1`, errTakenOver},
		"another's, who appended as well": {`UPDATE head SET holder = x'00', settled = settled + 1, next = next + 1`, errTakenOver},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log.db")
			log := openAt(t, path, nil)
			defer log.Close()
			mustAppend(t, log, events(3)...)
			execAt(t, path, c.change)
			for range 2 { // the second settles first
				if r := log.Append(t.Context(), events(1)...)[0]; !errors.Is(r.Err, c.want) || errors.Is(r.Err, ledger.ErrUnknown) {
					t.Errorf("told: %v", r.Err)
				}
			}
			if records, err := log.Read(t.Context(), 0, 10); err != nil || len(records) != 3 {
				t.Errorf("%d events, %v", len(records), err)
			}
		})
	}
}

// TestRefused: what the tables couldn't hold is refused before it reaches the writer.
func TestRefused(t *testing.T) {
	log := openAt(t, filepath.Join(t.TempDir(), "log.db"), nil)
	defer log.Close()
	for name, spoil := range map[string]func(*ledger.Batch){
		"a stream": func(b *ledger.Batch) { b.Stream.Noun = "No-Noun" },
		"payload":  func(b *ledger.Batch) { b.Entries[0].Payload = nil },
		"envelope": func(b *ledger.Batch) { b.Entries[0].Envelope = []byte{} },
		"31":       func(b *ledger.Batch) { b.Entries[0].Claim = digest[:31] },
		"0 bytes":  func(b *ledger.Batch) { b.Entries[0].Claim = nil },
	} {
		b := events(2)
		spoil(&b[0])
		r := log.Append(t.Context(), b...)
		if r[0].Err == nil || !strings.Contains(r[0].Err.Error(), name) || r[1].Err != nil {
			t.Errorf("%s: %v; the neighbour: %v", name, r[0].Err, r[1].Err)
		}
	}
}

// TestDamaged: every damage is refused with where, what and what to do, and without a change.
func TestDamaged(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, path string)
		says   []string
	}{
		{"header", func(t *testing.T, path string) { overwrite(t, path, 0) }, []string{"log.db", "no database", "restore a backup"}},
		{"schema page", func(t *testing.T, path string) { overwrite(t, path, 100) }, []string{"damaged", "restore a backup"}},
		{"lost tail", func(t *testing.T, path string) { execAt(t, path, `DELETE FROM events WHERE seq = 99`) },
			[]string{"100 events", "99", "restore a backup"}},
		{"lost head", func(t *testing.T, path string) { execAt(t, path, `DELETE FROM head`) }, []string{"head row", "restore a backup"}},
		{"other file", func(t *testing.T, path string) {
			if err := os.WriteFile(path, bytes.Repeat([]byte("text\n"), 1000), 0o600); err != nil {
				t.Fatal(err)
			}
		}, []string{"log.db", "no database"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log.db")
			log := openAt(t, path, nil)
			mustAppend(t, log, events(100)...)
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			c.damage(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			err = openError(t, path)
			if err == nil {
				t.Fatal("it was opened")
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q doesn't say %q", err, s)
				}
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

// TestDamagedPage: a page in the middle; what lies elsewhere can still be read.
func TestDamagedPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	log := openAt(t, path, nil)
	mustAppend(t, log, events(2000)...)
	log.Close()
	for page := int64(50); page < 60; page++ {
		overwrite(t, path, page*4096)
	}
	log = openAt(t, path, nil)
	defer log.Close()
	for from := int64(0); ; {
		records, err := log.Read(t.Context(), from, 10)
		if err != nil {
			if !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), fmt.Sprintf("seq %d", from)) {
				t.Error(err)
			}
			return
		}
		if from += int64(len(records)); len(records) == 0 {
			t.Fatalf("%d events were read from a damaged file", from)
		}
	}
}

func TestNoDirectory(t *testing.T) {
	err := openError(t, filepath.Join(t.TempDir(), "missing", "log.db"))
	if err == nil || !strings.Contains(err.Error(), "missing/log.db") || !strings.Contains(err.Error(), "check that the directory exists") {
		t.Errorf("got %v", err)
	}
}

func openError(t *testing.T, path string) error {
	db, err := sqldb.OpenSQLite(t.Context(), path, sqldb.Options{})
	if err != nil {
		return err
	}
	log, err := Open(t.Context(), db)
	if err != nil {
		db.Close()
		return err
	}
	return log.Close()
}

func overwrite(t *testing.T, path string, offset int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, 512), offset); err != nil {
		t.Fatal(err)
	}
}

func execAt(t *testing.T, path, text string) {
	t.Helper()
	db, err := sqldb.OpenSQLite(t.Context(), path, sqldb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Tx(t.Context(), func(tx *sql.Tx) error { _, err := tx.Exec(text); return err }); err != nil {
		t.Fatal(err)
	}
}
