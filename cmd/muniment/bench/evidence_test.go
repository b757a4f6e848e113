package bench

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/intake"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
	"muniment/ledger/sqldb"
)

// evidence is what lies beside the log, opened in this process.
type evidence struct {
	seals *seal.Sealer
	heads *epochs.Keeper
	tiles seal.Tiles
}

// openEvidence goes on where the program stopped, but for the heads, which are gathered anew.
func (w *world) openEvidence(t *testing.T) *evidence {
	t.Helper()
	e := &evidence{tiles: seal.Tiles(filepath.Join(w.dir, "ledger", "tiles"))}
	for _, end := range []string{"", "-wal", "-shm"} {
		os.Remove(filepath.Join(w.dir, "ledger", "heads.db"+end))
	}
	var err error
	e.seals, err = seal.Open(t.Context(), seal.Config{Log: w.log, DB: w.database(t, "seal", sqldb.Options{}), Tiles: e.tiles, Ledger: w.ledger.ID,
		Keys: w.keys.LogKeys, Warn: func(what string, err error) { t.Error(what, err) }})
	must(t, err)
	store, err := epochs.Open(t.Context(), w.database(t, "heads", sqldb.Options{}))
	must(t, err)
	e.heads = &epochs.Keeper{Ledger: w.ledger, Seals: e.seals, Store: store}
	return e
}

// prove measures sealing, proving, counting and checking.
func (w *world) prove(t *testing.T, c *column, rounds int) {
	t.Helper()
	e := w.openEvidence(t)
	w.backlog(t, c, e)
	for range rounds {
		w.hashing(t, c)
		w.behind(t, c, e)
	}
	w.receipts(t, c, e)
	w.proofs(t, c, e)
	w.counting(t, c, e)
	tenant := w.customer(t)
	must(t, e.seals.Seal(t.Context()))
	for range rounds {
		w.bundles(t, c, e, tenant)
	}
	for range rounds {
		w.verified(t, c, e)
	}
}

// backlog seals what the rounds before appended without a sealer.
func (w *world) backlog(t *testing.T, c *column, e *evidence) {
	t.Helper()
	next, err := w.log.Next(t.Context())
	must(t, err)
	n, start := next-e.seals.Checkpoint().Size, time.Now()
	must(t, e.seals.Seal(t.Context()))
	c.add(sealBacklog, float64(n)/time.Since(start).Seconds())
}

// sample is how many events a figure of single ones is made of.
const sample = 5000

// hashing makes commitments and leaves and opens boxes, on one core; beside them stands the plain hash of
// the same bytes.
func (w *world) hashing(t *testing.T, c *column) {
	t.Helper()
	records, err := w.log.Read(t.Context(), 20, min(sample, w.size/2))
	must(t, err)
	rate := func(what string, n int, each func(i int)) {
		start := time.Now()
		for i := range n {
			each(i)
		}
		c.add(what, float64(n)/time.Since(start).Seconds())
	}
	rate(hashProbe, len(records), func(i int) { sha256.Sum256(records[i].Envelope); sha256.Sum256(records[i].Payload) })
	rate(commitmentRow, len(records), func(i int) {
		env, err := seal.EnvelopeFields(records[i].Envelope)
		must(t, err)
		pay, err := seal.PayloadFields(records[i].Payload)
		must(t, err)
		committed(env)
		committed(pay)
	})
	rate(leafRow, len(records), func(i int) {
		leaf, err := seal.Leaf(records[i], &seal.Hash{})
		must(t, err)
		seal.LeafHash(leaf)
	})
	type boxed struct {
		envelope domain.Envelope
		box      ledger.Box
	}
	var all []boxed
	for _, r := range records {
		k, boxes, err := ledger.DecodeBoxes(r)
		must(t, err)
		for _, b := range boxes {
			all = append(all, boxed{k.Envelope, b})
		}
	}
	rate(boxRow, len(all), func(i int) {
		_, err := w.ledger.Vault.Open(t.Context(), &all[i].envelope, &all[i].box)
		must(t, err)
	})
}

func committed(fields []seal.Field) seal.Hash {
	list := make([]seal.Listed, len(fields))
	for i, f := range fields {
		list[i] = seal.Listed{Name: f.Name, Commitment: f.Commitment()}
	}
	return seal.List(list)
}

// behind imports at full speed while the sealer follows, and asks every ten milliseconds how long the
// newest event then waits for its checkpoint.
func (w *world) behind(t *testing.T, c *column, e *evidence) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	sealing := make(chan error, 1)
	go func() { sealing <- e.seals.Run(ctx) }()
	n, name := w.portion(), w.next()
	over := make(chan struct{})
	var waiting sync.WaitGroup
	var mu sync.Mutex
	var lags []time.Duration
	waiting.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for last := int64(0); ; {
			select {
			case <-over:
				return
			case <-tick.C:
			}
			next, err := w.log.Next(ctx)
			if err != nil || next == last {
				continue
			}
			last = next
			kept := time.Now()
			waiting.Go(func() {
				if e.seals.Wait(ctx, next-1) == nil {
					mu.Lock()
					lags = append(lags, time.Since(kept))
					mu.Unlock()
				}
			})
		}
	})
	start := time.Now()
	s, err := intake.Run(ctx, w.ledger, intake.Events(&lines{n: n, piece: func(i int) string { return w.call(name, i, year.to) }}, intake.EventOptions{}), intake.RunOptions{By: ledger.Own()})
	took := time.Since(start)
	close(over)
	waiting.Wait()
	if err != nil || s.Kept != n {
		t.Fatal(s, err)
	}
	stop()
	<-sealing
	c.add(sealedImport, float64(n)/took.Seconds())
	c.add(sealLag, quantile(lags, 0.99))
	w.follow(t)
}

// receipts keeps single events, four at a time, and waits for each one's proof.
func (w *world) receipts(t *testing.T, c *column, e *evidence) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	sealing := make(chan error, 1)
	go func() { sealing <- e.seals.Run(ctx) }()
	name := w.next()
	var mu sync.Mutex
	var took []time.Duration
	together(t, 4, 400, func(i int) error {
		o := w.ledger.Take(ctx, ledger.Own(), []*ledger.Submission{w.submission(fmt.Sprint(name, i))})[0]
		if o.Err != nil {
			return o.Err
		}
		start := time.Now()
		if err := e.seals.Wait(ctx, o.Receipt.Position); err != nil {
			return err
		}
		_, err := e.seals.Proof(ctx, o.Receipt.Position)
		mu.Lock()
		defer mu.Unlock()
		took = append(took, time.Since(start))
		return err
	})
	stop()
	<-sealing
	c.add(receiptRow, quantile(took, 0.99))
	w.follow(t)
}

// proofs proves events all over the log, each found by its id.
func (w *world) proofs(t *testing.T, c *column, e *evidence) {
	t.Helper()
	size := e.seals.Checkpoint().Size
	var seqs []int64
	for i := range int64(300) {
		seqs = append(seqs, i*7919*131%size)
	}
	records, err := w.log.At(t.Context(), seqs)
	must(t, err)
	var took []time.Duration
	for _, r := range records {
		envelope, err := domain.ParseEnvelope(r.Envelope)
		must(t, err)
		start := time.Now()
		placed, err := w.log.Prior(t.Context(), []ledger.Key{{ID: envelope.ID}})
		must(t, err)
		_, err = e.seals.Proof(t.Context(), placed[0].Seq)
		must(t, err)
		took = append(took, time.Since(start))
	}
	c.add(proofRow, quantile(took, 0.50))
	c.add(proofRow99, quantile(took, 0.99))
}

// counting gathers the heads of everything, then again after a hundred more events, and proves some.
func (w *world) counting(t *testing.T, c *column, e *evidence) {
	t.Helper()
	ctx := t.Context()
	start := time.Now()
	first, err := e.heads.Seal(ctx)
	must(t, err)
	c.add(epochFirst, float64(first.Size)/time.Since(start).Seconds())
	c.add(headCount, float64(first.Count))
	name := w.next()
	w.imported(t, 100, intake.Events(&lines{n: 100, piece: func(i int) string { return w.call(name, i*7, year.to) }}, intake.EventOptions{}))
	must(t, e.seals.Seal(ctx))
	start = time.Now()
	_, err = e.heads.Seal(ctx)
	must(t, err)
	c.add(epochNext, time.Since(start).Seconds()*1000)
	var took []time.Duration
	for _, id := range tenants {
		for range 25 {
			start := time.Now()
			_, _, err := e.heads.Prove(ctx, seal.Tag("tenant", id, id), 0, 0)
			must(t, err)
			took = append(took, time.Since(start))
		}
	}
	c.add(headProof, quantile(took, 0.99))
}
