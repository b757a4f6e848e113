package verify

import (
	"io"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/ledgertest"
	"muniment/ledger/seal"
	"muniment/ledger/seal/sealtest"
)

// BenchmarkLog verifies a directory of 100,000 events: the tree alone, and with every event.
//
//	go test -run '^$' -bench . ./ledger/seal/verify
func BenchmarkLog(b *testing.B) {
	const events = 100_000
	l := ledgertest.Open(b)
	tiles := seal.Tiles(filepath.Join(l.Dir, "tiles"))
	s, err := seal.Open(b.Context(), seal.Config{Log: l.Log, DB: l.DB("seal.db"), Tiles: tiles, Ledger: l.ID,
		Keys: func(bool) ([][]byte, error) { return [][]byte{make([]byte, 32)}, nil }, Warn: func(what string, err error) { b.Error(what, err) }})
	if err != nil {
		b.Fatal(err)
	}
	sealtest.Append(b, l.Log, events)
	if err := s.Seal(b.Context()); err != nil {
		b.Fatal(err)
	}
	c := s.Checkpoint()
	rate := func(b *testing.B) { b.ReportMetric(float64(b.N*events)/b.Elapsed().Seconds(), "ev/s") }
	b.Run("tree", func(b *testing.B) {
		for b.Loop() {
			if _, err := walk(b.Context(), &Kept{Log: l.Log, Tiles: tiles}, tlog.Tree{N: c.Size, Hash: c.Root}); err != nil {
				b.Fatal(err)
			}
		}
		rate(b)
	})
	b.Run("events", func(b *testing.B) {
		for b.Loop() {
			k := &Kept{Log: l.Log, Tiles: tiles, Last: c.Text}
			if err := Log(b.Context(), k, Demands{Policy: KeyPolicy(s.VKey()), Now: time.Now(), AcceptUnwitnessed: true}, io.Discard); err != nil {
				b.Fatal(err)
			}
		}
		rate(b)
	})
}
