package epochs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/seal/heads"
	"muniment/ledger/sqldb"
)

// Every is how often an epoch is made while there is something new. Before each, all heads are recomputed, so
// nobody who only reads may ask for one: muniment epoch makes one now.
const Every = time.Hour

// first is how long after its start a keeper makes its first epoch.
const first = time.Minute

// near is how few events an epoch may be behind when it is made; a replay bears [heads.MaxBehind].
const near = 1 << 16

// Keeper makes epochs. One at a time: whoever holds the sealer.
//
// The heads are gathered first, and committed with how far they go; then the event is appended, under an
// id that follows from that size; then it is noted. Killed in between, the next keeper appends the same
// id again, which keeps nothing twice, and notes it.
type Keeper struct {
	Ledger *ledger.Ledger
	Seals  *seal.Sealer
	Store  *Store

	one sync.Mutex
}

// Run makes epochs until ctx ends: a minute after it begins, and each hour after that. What fails is told, and
// tried again.
func (k *Keeper) Run(ctx context.Context, failed func(error)) error {
	next := time.NewTimer(first)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next.C:
			next.Reset(Every)
		}
		switch _, err := k.Seal(ctx); {
		case err == nil || ctx.Err() != nil:
		case sqldb.Outage(err) != nil:
			return err
		default:
			failed(err)
		}
	}
}

// Seal makes an epoch over all that is sealed, unless nothing but epochs is new since the last. It
// returns when the last epoch is sealed itself; nil before the first event.
func (k *Keeper) Seal(ctx context.Context) (*heads.Sealed, error) {
	k.one.Lock()
	defer k.one.Unlock()
	if err := k.gather(ctx); err != nil {
		return nil, fmt.Errorf("gather heads: %w", err)
	}
	k.Store.mu.RLock()
	at := k.Store.at
	k.Store.mu.RUnlock()
	if (!at.settled() || k.Store.unsound.Load()) && at.events > 0 {
		if err := k.Store.sound(ctx); err != nil { // before anything is committed to
			return nil, fmt.Errorf("gather heads: %w", err)
		}
		if err := k.gather(ctx); err != nil { // anew, when it was damaged
			return nil, fmt.Errorf("gather heads: %w", err)
		}
		if err := k.announce(ctx); err != nil {
			return nil, fmt.Errorf("seal an epoch: %w", err)
		}
	}
	return k.Store.Last(), nil
}

// Begin gathers heads that are missing though epochs were made of them, because they were damaged and dropped: else
// it would look as if there were no epoch until the next one is made.
func (k *Keeper) Begin(ctx context.Context) error {
	k.one.Lock()
	defer k.one.Unlock()
	last, err := k.last(ctx)
	if err != nil || last == nil {
		return err
	}
	if k.Store.Size() > k.Seals.Checkpoint().Size { // more than there is to be gathered from
		k.Store.unsound.Store(true)
		err = k.Store.sound(ctx)
	}
	if err != nil || k.Store.Size() > 0 {
		return err
	}
	if err := k.upTo(ctx, last.Size); err != nil {
		return err
	}
	if e, err := k.Store.Sum(ctx); err != nil || e != last.Epoch { // it is the wrong one: the self-check finds it
		return err
	}
	return k.Store.Note(ctx, *last)
}

// last is the last sealed epoch that the log has; nil when there is none, or it was withdrawn.
func (k *Keeper) last(ctx context.Context) (*heads.Sealed, error) {
	var newest ledger.Record
	for from := int64(0); ; {
		records, err := k.Ledger.Log.Stream(ctx, domain.Stream{Noun: "epoch", ID: k.Ledger.ID}, from, 1<<10)
		if err != nil {
			return nil, err
		}
		if len(records) == 0 {
			break
		}
		newest, from = records[len(records)-1], from+int64(len(records))
	}
	if newest.Envelope == nil || newest.Seq >= k.Seals.Checkpoint().Size {
		return nil, nil
	}
	found, err := k.Seals.Places(ctx, newest.Seq, 1)
	if err != nil || len(found) != 1 || found[0].Epoch == nil {
		return nil, err
	}
	return &heads.Sealed{Epoch: *found[0].Epoch, Seq: newest.Seq, Rev: found[0].Rev, Leaf: found[0].Hash}, nil
}

// upTo brings the heads up to so many sealed leaves.
func (k *Keeper) upTo(ctx context.Context, sealed int64) error {
	const page = 1 << 12
	for from := k.Store.Size(); from < sealed; {
		var batch []heads.Leaf
		for len(batch) < batchLeaves && from < sealed {
			part, err := k.Seals.Places(ctx, from, int(min(page, sealed-from)))
			if err != nil {
				return err
			}
			batch, from = append(batch, part...), from+int64(len(part))
		}
		if err := k.Store.Apply(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// gather brings the heads up to what is sealed, and to most of what is kept meanwhile.
func (k *Keeper) gather(ctx context.Context) error {
	for {
		if err := k.upTo(ctx, k.Seals.Checkpoint().Size); err != nil {
			return err
		}
		next, err := k.Ledger.Log.Next(ctx)
		if err != nil || next-k.Store.Size() < near {
			return err
		}
		if err := k.Seals.Wait(ctx, next-1); err != nil { // so much came meanwhile: once more
			return err
		}
	}
}

// announce appends the epoch over what is gathered, and notes it when it is sealed.
func (k *Keeper) announce(ctx context.Context) error {
	e, err := k.Store.Sum(ctx)
	if err != nil {
		return err
	}
	r, err := k.Ledger.Once(ctx, ledger.Command{
		Name: "sealEpoch", Stream: domain.Stream{Noun: "epoch", ID: k.Ledger.ID}, Key: strconv.FormatInt(e.Size, 10), Principal: "epochs", Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "muniment", Actor: domain.Actor{Kind: domain.System}},
	}, domain.EpochSealed{Size: e.Size, Count: e.Count, Root: fmt.Sprintf("%x", e.Root[:]), Map: domain.HeadsMap1})
	if err != nil {
		return err
	}
	if err := k.Seals.Seal(ctx); err != nil {
		return err
	}
	found, err := k.Seals.Places(ctx, r.Position, 1)
	if err != nil {
		return err
	}
	if len(found) != 1 || found[0].Epoch == nil || *found[0].Epoch != e {
		return fmt.Errorf("the epoch over %d events was kept before and says something else: run muniment verify", e.Size)
	}
	return k.Store.Note(ctx, heads.Sealed{Epoch: e, Seq: r.Position, Rev: found[0].Rev, Leaf: found[0].Hash})
}

// Withdraw says that the epoch at a position counts no more, and makes another in its place.
func (k *Keeper) Withdraw(ctx context.Context, position int64, reason domain.EpochReason, by domain.Actor) (*heads.Sealed, error) {
	if position < 0 || position >= k.Seals.Checkpoint().Size {
		return nil, errNoEpoch(position)
	}
	found, err := k.Seals.Places(ctx, position, 1)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 || found[0].Epoch == nil {
		return nil, errNoEpoch(position)
	}
	if !slices.Contains(reason.Values(), string(reason)) {
		return nil, domain.Malformed("reason", "expected one of %s", strings.Join(reason.Values(), ", "))
	}
	if _, err := k.Ledger.Once(ctx, ledger.Command{
		Name: "withdrawEpoch", Stream: domain.Stream{Noun: "epoch", ID: k.Ledger.ID}, Key: strconv.FormatInt(position, 10), Principal: "epochs", Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: domain.Operator, Source: "cli", Actor: by},
	}, domain.EpochWithdrawn{Position: position, Size: found[0].Epoch.Size, Reason: reason}); err != nil {
		return nil, err
	}
	if err := k.Seals.Seal(ctx); err != nil {
		return nil, err
	}
	return k.Seal(ctx)
}

func errNoEpoch(position int64) error {
	return domain.Refuse("epoch.known", "Art. 5(2) GDPR", "event %d is no epoch that is sealed: muniment epoch --check says where one is wrong", position)
}

// Made is an epoch as the log has it.
type Made struct {
	domain.EpochSealed
	Recorded domain.Time
}

// Newest lists the last n epochs, the newest first.
func (k *Keeper) Newest(ctx context.Context, n int64) (list []Made, err error) {
	last := k.Store.Last()
	if last == nil {
		return nil, nil
	}
	begin := max(last.Rev-n+1, 0)
	records, err := k.Ledger.Log.Stream(ctx, domain.Stream{Noun: "epoch", ID: k.Ledger.ID}, begin, int(last.Rev-begin+1))
	if err != nil {
		return nil, err
	}
	if len(records) == 0 { // there was a last one
		return nil, k.Store.damaged()
	}
	for i := len(records) - 1; i >= 0; i-- {
		event, err := ledger.Decode(records[i])
		if err != nil {
			return nil, err
		}
		if e, ok := event.Event.(domain.EpochSealed); ok {
			list = append(list, Made{e, event.Recorded})
		}
	}
	return list, nil
}

// Prove proves what a tag's head is under the last epoch, and the leaves of a period of recorded time
// where one is given. Errors are those of [Store.Prove].
func (k *Keeper) Prove(ctx context.Context, tag seal.Hash, start, end domain.Time) (heads.Proof, heads.Sealed, error) {
	var span *Span
	if end > 0 {
		var err error
		if span, err = k.span(ctx, start, end); err != nil {
			return heads.Proof{}, heads.Sealed{}, err
		}
	}
	found, err := k.Store.Prove(ctx, tlog.Hash(tag), span, MaxPeriod)
	if errors.Is(err, errDamaged) {
		return heads.Proof{}, heads.Sealed{}, k.Store.damaged()
	}
	if err != nil {
		return heads.Proof{}, heads.Sealed{}, err
	}
	p := heads.Proof{Head: found.Head, Period: found.Period}
	if p.Period != nil {
		p.Period.Start, p.Period.End = seconds(start), seconds(end)
		if p.Period.Leaves, err = k.Seals.Leaves(ctx, found.Seqs); err != nil {
			return p, found.Epoch, err
		}
	}
	if found.Epoch.Seq >= k.Seals.Checkpoint().Size { // no epoch is noted that isn't sealed
		return heads.Proof{}, heads.Sealed{}, k.Store.damaged()
	}
	epoch, err := k.Seals.Proof(ctx, found.Epoch.Seq)
	p.Leaf, p.Log = epoch.Leaf, epoch.Text
	if err != nil {
		return p, found.Epoch, err
	}
	if !holds(p, found.Epoch) {
		return heads.Proof{}, heads.Sealed{}, k.Store.damaged()
	}
	return p, found.Epoch, nil
}

// Proven is [Store.Prove] of several tags under one epoch, and holds by the one that was signed; a period's leaves are
// for the caller to check.
func (k *Keeper) Proven(ctx context.Context, tags []tlog.Hash, span *Span, most int) (all []Proven, err error) {
	for i := 0; i < len(tags); i++ {
		p, err := k.Store.Prove(ctx, tags[i], span, most)
		switch {
		case errors.Is(err, errDamaged) || err == nil && p.Head.Check(p.Epoch.Root) != nil:
			return nil, k.Store.damaged()
		case err != nil:
			return nil, err
		case i > 0 && p.Epoch.Seq != all[0].Epoch.Seq: // another was sealed meanwhile
			all, i = nil, -1
			continue
		}
		all = append(all, p)
	}
	return all, nil
}

// holds checks a proof against the epoch that was signed, before anybody sees it.
func holds(p heads.Proof, e heads.Sealed) bool {
	l, err := heads.ParseLeaf(p.Leaf)
	if err != nil || l.Epoch == nil || *l.Epoch != e.Epoch || p.Head.Check(l.Epoch.Root) != nil {
		return false
	}
	if p.Period == nil {
		return true
	}
	_, err = p.Period.Check(p.Head.Tag, *p.Head.Head)
	return err == nil
}

// span is where a period lies in the ledger's order. Recorded time has whole seconds in leaves.
func (k *Keeper) span(ctx context.Context, start, end domain.Time) (*Span, error) {
	var s Span
	for at, t := range map[*int64]domain.Time{&s.From: start, &s.To: end} {
		seq, err := k.Ledger.Log.Known(ctx, domain.Time(seconds(t)*1_000_000)-1)
		if err != nil {
			return nil, err
		}
		*at = seq + 1
	}
	return &s, nil
}

func seconds(t domain.Time) int64 { return int64(t) / 1_000_000 }
