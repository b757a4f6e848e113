package seal

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
)

// prune takes the events of a range out of the log, whatever they are.
func (w *world) prune(r domain.Range) {
	w.t.Helper()
	hashes, err := w.sealer.LeafHashes(w.t.Context(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	records, err := w.log.Read(w.t.Context(), r.From, int(r.To-r.From))
	if err != nil {
		w.t.Fatal(err)
	}
	var rests []ledger.Rest
	for i, r := range records {
		e, err := domain.ParseEnvelope(r.Envelope)
		if err != nil {
			w.t.Fatal(err)
		}
		rests = append(rests, ledger.Rest{Seq: r.Seq, Key: ledger.Key{Stream: r.Stream, ID: e.ID}, Leaf: hashes[i]})
	}
	if _, err := w.log.(ledger.Pruner).Prune(w.t.Context(), rests); err != nil {
		w.t.Fatal(err)
	}
}

// TestSealsOnPruned: a log goes on over pruned events, in streams that began among them; its tiles can be
// made anew; all roots are those of the log before.
func TestSealsOnPruned(t *testing.T) {
	w := newWorld(t)
	w.mustOpen()
	w.append(700)
	w.seal()
	before := w.sealer.Checkpoint()
	w.prune(domain.Range{From: 0, To: 512})
	w.mustOpen() // remembers no stream
	w.append(300)
	w.seal()
	if root, err := w.sealer.RootAt(t.Context(), before.Size); err != nil || root != before.Root {
		t.Errorf("the root of then is %s, %v", root, err)
	}
	after := w.sealer.Checkpoint()
	if err := os.RemoveAll(string(w.tiles())); err != nil {
		t.Fatal(err)
	}
	w.mustOpen()
	if c := w.sealer.Checkpoint(); c.Root != after.Root || c.Size != 1000 {
		t.Errorf("made anew: size %d, root %s", c.Size, c.Root)
	}
	if root, err := w.sealer.RootAt(t.Context(), before.Size); err != nil || root != before.Root {
		t.Errorf("made anew, the root of then is %s, %v", root, err)
	}
}

// TestPrunedChanged: a hash in a pruned event's place that isn't its leaf's gives no tiles.
func TestPrunedChanged(t *testing.T) {
	w := newWorld(t)
	w.mustOpen()
	w.append(700)
	w.seal()
	w.prune(domain.Range{From: 0, To: 256})
	records, err := w.log.Read(t.Context(), 9, 1)
	if err != nil {
		t.Fatal(err)
	}
	id, leaf, _ := ledger.Pruned(records[0])
	leaf[0] ^= 1
	if _, err := w.log.(ledger.Pruner).Prune(t.Context(), []ledger.Rest{{Seq: 9, Key: ledger.Key{Stream: records[0].Stream, ID: id}, Leaf: leaf}}); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(string(w.tiles())); err != nil {
		t.Fatal(err)
	}
	if err := w.open(nil); !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
}

// TestPrunedProofs: nobody is given a leaf that can't be made any more; proofs of all others hold, as do a
// pruned leaf's place and the log's continuity by the programs of others.
func TestPrunedProofs(t *testing.T) {
	w := newWorld(t)
	w.mustOpen()
	w.append(700)
	w.seal()
	kept, err := w.sealer.Proof(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	w.prune(domain.Range{From: 0, To: 256})
	w.append(100)
	w.seal()
	if _, err := w.sealer.Proof(t.Context(), 100); !errors.Is(err, ledger.ErrPruned) {
		t.Errorf("proof: %v", err)
	}
	if _, err := w.sealer.Leaves(t.Context(), []int64{300, 100}); !errors.Is(err, ledger.ErrPruned) {
		t.Errorf("leaves: %v", err)
	}
	if _, err := w.sealer.Places(t.Context(), 250, 10); !errors.Is(err, ledger.ErrPruned) {
		t.Errorf("places: %v", err)
	}
	policy, err := torchwood.ParsePolicy([]byte("log " + w.sealer.VKey() + "\nquorum none\n"))
	if err != nil {
		t.Fatal(err)
	}
	for seq := int64(256); seq < 800; seq += 7 { // many in streams whose leaf before was pruned
		p, err := w.sealer.Proof(t.Context(), seq)
		if err == nil {
			err = torchwood.VerifyProof(policy, tlog.RecordHash(p.Leaf), p.Text)
		}
		if err != nil {
			t.Fatalf("event %d: %v", seq, err)
		}
	}
	if err := torchwood.VerifyProof(policy, tlog.RecordHash(kept.Leaf), kept.Text); err != nil {
		t.Errorf("a proof that was kept from before: %v", err)
	}
	c := w.sealer.Checkpoint()
	at := w.sealer.Hashes(t.Context(), c)
	path, err := tlog.ProveRecord(c.Size, 100, at)
	if err != nil {
		t.Fatal(err)
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, 100, uint64(c.Size), rfc6962.DefaultHasher.HashLeaf(kept.Leaf), raw(path), c.Root[:]); err != nil {
		t.Errorf("the place of a leaf kept from before: %v", err)
	}
	old, err := w.sealer.RootAt(t.Context(), 130)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := w.sealer.Consistency(t.Context(), 130, c.Size)
	if err != nil {
		t.Fatal(err)
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, 130, uint64(c.Size), raw(tree), old[:], c.Root[:]); err != nil {
		t.Errorf("consistency: %v", err)
	}
}

// TestPrunedServed: a pruned bundle is gone, with words; everything else is served as before. Tessera's
// check isn't asked: it ends at the first bundle that it doesn't get, and leaves goroutines behind
// (docs/verify.md).
func TestPrunedServed(t *testing.T) {
	w := newWorld(t)
	w.mustOpen()
	w.append(700)
	w.seal()
	w.prune(domain.Range{From: 256, To: 512})
	s := w.served()
	get := func(path string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer auditor")
		a, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		body, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		return a.StatusCode, string(body)
	}
	if code, body := get("/tile/entries/001"); code != http.StatusGone || !strings.HasPrefix(body, "Events 256 to 511 were pruned, by an order that is being carried out") || !strings.Contains(body, "hashes stay in tile/0") {
		t.Errorf("%d: %s", code, body)
	}
	for _, path := range []string{"/tile/entries/000", "/tile/entries/002.p/188", "/tile/0/001", "/tile/1/000.p/2", "/checkpoint"} {
		if code, body := get(path); code != http.StatusOK {
			t.Errorf("%s: %d: %s", path, code, body)
		}
	}
}
