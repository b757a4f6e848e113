package sqlstore

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/sqldb"
)

// rested are some events of a list, in their places, as what is left of them.
func rested(batches []ledger.Batch, from, to int) (rests []ledger.Rest) {
	for i := from; i < to; i++ {
		rests = append(rests, ledger.Rest{Seq: int64(i), Key: keyOf(batches[i]), Leaf: [32]byte{byte(i)}})
	}
	return rests
}

// TestPruneFiles: neither envelope nor payload of a pruned event is in any file; the neighbours' are.
func TestPruneFiles(t *testing.T) {
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
	batches := slipped(string(bytes.Repeat([]byte("Jane-Example-"), 400)))
	batches[21].Entries[0].Envelope = []byte(`{"actor":"` + string(bytes.Repeat([]byte("Lena-Exempel-"), 400)) + `"}`)
	batches[22].Entries[0].Payload = []byte(`{"plain":"Nils-Exempel-"}`)
	mustAppend(t, log, batches...)
	if !holds(t, dir, "Jane-Example-") || !holds(t, dir, "Lena-Exempel-") {
		t.Fatal("the texts are in no file, so looking for them proves nothing")
	}
	if final, err := log.Prune(t.Context(), rested(batches, 20, 22)); err != nil || final != domain.StrikeGone {
		t.Fatal(final, err)
	}
	if holds(t, dir, "Jane-Example-") || holds(t, dir, "Lena-Exempel-") {
		t.Error("a text is still in a file")
	}
	if !holds(t, dir, "Nils-Exempel-") {
		t.Error("another event's text is gone")
	}
}

// TestPruneFails is the pair: after an error all events or all stubs are there, and a second attempt ends
// the same way.
func TestPruneFails(t *testing.T) {
	for name, fault := range map[string]fault{"not kept": failedNotKept, "but kept": failedButKept} {
		t.Run(name, func(t *testing.T) {
			log, f := openFaulty(t)
			batches := slipped("Jane-Example")
			mustAppend(t, log, batches...)
			f.inject(fault)
			rests := rested(batches, 10, 30)
			if _, err := log.Prune(t.Context(), rests); err == nil {
				t.Fatal("no error")
			}
			pruned := func() (n int) {
				records, err := log.Read(t.Context(), 0, 100)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range records {
					if _, _, gone := ledger.Pruned(r); gone {
						n++
					}
				}
				return n
			}
			if n, want := pruned(), map[string]int{"not kept": 0, "but kept": 20}[name]; n != want {
				t.Errorf("after the error %d are pruned, want %d", n, want)
			}
			if _, err := log.Prune(t.Context(), rests); err != nil || pruned() != 20 {
				t.Errorf("%d pruned, %v", pruned(), err)
			}
			log.Close()
			if _, err := log.Prune(t.Context(), rests); !errors.Is(err, ledger.ErrClosed) {
				t.Errorf("on a closed log: %v", err)
			}
		})
	}
}
