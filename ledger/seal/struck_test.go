package seal

import (
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestStruckAgrees: whatever payloads are struck, sealed or not sealed yet, Tessera's fsck is content with
// the entries, and the sealer goes on.
func TestStruckAgrees(t *testing.T) {
	w := newWorld(t)
	w.mustOpen()
	w.append(700)
	w.seal()
	w.append(20)
	for _, seq := range []int64{0, 255, 256, 300, 699, 705} {
		records, err := w.log.At(t.Context(), []int64{seq})
		if err != nil {
			t.Fatal(err)
		}
		e, err := domain.ParseEnvelope(records[0].Envelope)
		if err != nil {
			t.Fatal(err)
		}
		pay, err := PayloadCommitment(records[0].Payload)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.log.(ledger.Striker).Strike(t.Context(), ledger.Removal{At: ledger.Key{Stream: records[0].Stream, ID: e.ID}, Stub: ledger.Stub(pay), MAC: make([]byte, 16)}); err != nil {
			t.Fatal(err)
		}
	}
	w.mustFsck()
	w.seal()
	w.mustFsck()
	if got := w.sealer.Checkpoint().Size; got != 720 {
		t.Errorf("%d events are sealed", got)
	}
}
