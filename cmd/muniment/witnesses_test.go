package main

import (
	"io"
	"path/filepath"
	"testing"
	"time"

	"muniment/ledger/seal/witness"
)

// TestAlarmsAreFindings: what a witness found is one event, however many processes are told of it.
func TestAlarmsAreFindings(t *testing.T) {
	dir := t.TempDir()
	for round := range 2 {
		h, err := openHouse(t.Context(), houseConfig{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Create: true,
			Log: newLogger(io.Discard, true, true), Now: time.Now})
		must(t, err)
		a := alarms{house: h, raised: map[witness.Alarm]bool{}}
		for size := range int64(2) {
			a.raise(t.Context(), witness.Alarm{Kind: witness.Rollback, Witness: "w", Seen: 9, Size: size})
			a.raise(t.Context(), witness.Alarm{Kind: witness.Fork, Witness: "w", Seen: 9, Size: size})
		}
		next, err := h.ledger.Log.Next(t.Context())
		must(t, err)
		if next != 2 {
			t.Errorf("round %d: %d events instead of one for each finding", round, next)
		}
		must(t, h.Close())
	}
}
