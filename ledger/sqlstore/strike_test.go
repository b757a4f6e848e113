package sqlstore

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// slipped is an event with a text that is to be removed, among others.
func slipped(text string) []ledger.Batch {
	batches := events(40)
	batches[20].Entries[0].Payload = []byte(`{"plain":{"case":"` + text + `"},"salt":"` + text + `"}`)
	return batches
}

// TestStrike: the payload is in no file, its event in its place, its claim blank; all others are as they
// were.
func TestStrike(t *testing.T) {
	dir := t.TempDir()
	db, err := sqldb.OpenSQLite(t.Context(), filepath.Join(dir, "log.db"), sqldb.Options{SecureDelete: true})
	if err != nil {
		t.Fatal(err)
	}
	log, err := Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	text := string(bytes.Repeat([]byte("Jane-Example-"), 400)) // over several pages of the file
	batches := slipped(text)
	placed := mustAppend(t, log, batches...)
	before, err := log.Read(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	if !holds(t, dir, "Jane-Example-") {
		t.Fatal("the text is in no file, so looking for it proves nothing")
	}
	stub := ledger.Stub([32]byte{7})
	for range 2 {
		final, err := log.Strike(t.Context(), ledger.Removal{At: keyOf(batches[20]), Stub: stub, MAC: make([]byte, 16)})
		if err != nil || final != domain.StrikeGone {
			t.Fatal(final, err)
		}
		if holds(t, dir, "Jane-Example-") {
			t.Error("the text is still in a file")
		}
	}
	before[20].Payload = stub
	after, err := log.Read(t.Context(), 0, 100)
	if err != nil || len(after) != len(before) {
		t.Fatal(len(after), err)
	}
	for i := range after {
		if !bytes.Equal(after[i].Payload, before[i].Payload) || !bytes.Equal(after[i].Envelope, before[i].Envelope) || after[i].Revision != before[i].Revision {
			t.Errorf("event %d: %s", i, after[i].Payload)
		}
	}
	if again := mustAppend(t, log, batches[20])[0]; !again.Prior || again.Claim != nil || again.Seq != placed[20].Seq {
		t.Errorf("the same again: %+v", again)
	}
	if _, err := log.Strike(t.Context(), ledger.Removal{At: keyOf(events(1)[0]), Stub: stub, MAC: make([]byte, 16)}); err == nil {
		t.Error("an event that isn't there was struck")
	}
	if _, err := log.Strike(t.Context(), ledger.Removal{At: keyOf(batches[0]), Stub: []byte("{}")}); err == nil {
		t.Error("what is no stub took a payload's place")
	}
}

// TestStrikeFails is the pair: after an error payload or stub is there, whole, and a second attempt ends
// the same way.
func TestStrikeFails(t *testing.T) {
	for name, fault := range map[string]fault{"not kept": failedNotKept, "but kept": failedButKept} {
		t.Run(name, func(t *testing.T) {
			log, f := openFaulty(t)
			batches := slipped("Jane-Example")
			mustAppend(t, log, batches...)
			f.inject(fault)
			stub := ledger.Stub([32]byte{7})
			if _, err := log.Strike(t.Context(), ledger.Removal{At: keyOf(batches[20]), Stub: stub, MAC: make([]byte, 16)}); err == nil {
				t.Fatal("no error")
			}
			r, err := log.At(t.Context(), []int64{20})
			if want := map[string][]byte{"not kept": batches[20].Entries[0].Payload, "but kept": stub}[name]; err != nil || !bytes.Equal(r[0].Payload, want) {
				t.Errorf("%s, %v", r[0].Payload, err)
			}
			if _, err := log.Strike(t.Context(), ledger.Removal{At: keyOf(batches[20]), Stub: stub, MAC: make([]byte, 16)}); err != nil {
				t.Fatal(err)
			}
			if r, err = log.At(t.Context(), []int64{20}); err != nil || !bytes.Equal(r[0].Payload, stub) {
				t.Errorf("%s, %v", r[0].Payload, err)
			}
			log.Close()
			if _, err := log.Strike(t.Context(), ledger.Removal{At: keyOf(batches[20]), Stub: stub, MAC: make([]byte, 16)}); !errors.Is(err, ledger.ErrClosed) {
				t.Errorf("on a closed log: %v", err)
			}
		})
	}
}

func holds(t *testing.T, dir, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(text)) {
			return true
		}
	}
	return false
}
