package vault

import (
	"bytes"
	"context"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestOldLogBesideTodaysKeys: with rows of a log from before a rotation, and all the keys that there are
// now, nobody can test a guess of what was claimed.
func TestOldLogBesideTodaysKeys(t *testing.T) {
	h := newHouse(t)
	hears := &claimed{Vault: h.vault}
	h.Ledger.Vault = hears
	r := h.take(call("CA1", phone(1)))
	old := h.prior(r).Claim // lies in every copy of log.db
	guess := hears.claim    // the very words: the best guess there is
	if got := must(h.vault.Claim(t.Context(), shop, guess)); !bytes.Equal(got, old) {
		t.Fatalf("within the epoch the same claim gives %x, not %x", got, old)
	}
	h.rotate()
	for _, tenant := range []domain.ID{shop, other, domain.Operator} {
		secrets, epoch, err := h.vault.newest(t.Context(), tenant)
		h.ok(err)
		if len(secrets) < 7 {
			t.Fatalf("%d secrets", len(secrets))
		}
		for name, key := range secrets {
			for _, e := range []int64{epoch, epoch - 1} {
				if bytes.Equal(claimDigest(e, key, guess), old) {
					t.Errorf("the key %s of today makes the digest of the old log", name)
				}
			}
		}
	}
}

// TestClaimsOfAnEndedEpoch: what comes again after its key epoch ended is a duplicate that isn't compared;
// what was kept since is.
func TestClaimsOfAnEndedEpoch(t *testing.T) {
	h := newHouse(t)
	before := h.take(call("CA1", phone(1)))
	h.rotate()
	since := h.take(call("CA2", phone(2)))
	again := func(id string, n int) ledger.Outcome {
		return h.Take(t.Context(), ledger.Own(), []*ledger.Submission{call(id, phone(n))})[0]
	}
	for _, purged := range []bool{false, true} {
		for _, n := range []int{1, 3} { // the same, and another number
			if o := again("CA1", n); o.Err != nil || !o.Duplicate || !o.Receipt.Uncompared || o.Receipt.Position != before.Position {
				t.Errorf("purged %t: %+v", purged, o)
			}
		}
		if o := again("CA2", 2); o.Err != nil || !o.Duplicate || o.Receipt.Uncompared || o.Receipt.Position != since.Position {
			t.Errorf("purged %t, of this epoch: %+v", purged, o)
		}
		if o := again("CA2", 3); o.Err == nil {
			t.Errorf("purged %t: other content under an id of this epoch was taken for the same", purged)
		}
		h.ok(h.log.BlankBefore(t.Context(), h.vault.Epoch()))
	}
	if h.prior(before).Claim != nil || h.prior(since).Claim == nil {
		t.Error("the purge took another digest than the stale one")
	}
}

// claimed notes the last claim that a vault is asked to digest.
type claimed struct {
	*Vault
	claim []byte
}

func (c *claimed) Claim(ctx context.Context, tenant domain.ID, claim []byte) ([]byte, error) {
	c.claim = bytes.Clone(claim)
	return c.Vault.Claim(ctx, tenant, claim)
}

// prior is what the log knows of a kept event's id.
func (h *house) prior(r ledger.Receipt) ledger.Placed {
	h.t.Helper()
	return must(h.log.Prior(h.t.Context(), []ledger.Key{{Stream: r.Stream, ID: r.ID}}))[0]
}
