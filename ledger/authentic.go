package ledger

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"slices"
	"sync"
	"sync/atomic"

	"muniment/domain"
)

// A RowKey authenticates kept records: docs/formats.md, section 9. It lies in the keys directory, so
// whoever can write the log's database alone can't make a record.
type RowKey struct {
	Number uint32
	Key    [32]byte
	// Until is where a key ends that another has taken over from: it vouches for no record from this seq
	// on. 0: it hasn't ended.
	Until int64
}

// ErrForged: the log holds a record that Muniment didn't write.
var ErrForged = errors.New("the log holds an event that Muniment didn't write: its authentication code is missing or wrong")

// Forged is [ErrForged] of one record.
type Forged struct{ Seq int64 }

func (f Forged) Error() string { return fmt.Sprintf("event %d: %s", f.Seq, ErrForged) }

// Shown says it to whoever asked for the event.
func (f Forged) Shown() string {
	return fmt.Sprintf("event %d in the log isn't the one that was kept and signed: nothing of it is shown, a finding says so, and a backup has it", f.Seq)
}

// Is makes it an [ErrForged].
func (Forged) Is(target error) bool { return target == ErrForged }

const (
	macLabel  = "muniment/row/1"
	macLength = 4 + 1 + sha256.Size
)

// Authentic is a log whose records are all authenticated: what is appended gets its code here, and what is
// read is checked here, before anybody acts on it. A record that fails comes as [Record.Forged], without
// its bytes, so that nobody can obey it.
type Authentic struct {
	Log
	ledger domain.ID
	keys   atomic.Pointer[[]rowKey] // the last one writes
	watch  atomic.Pointer[Watch]    // nil: nobody watches
}

// rowKey keeps prepared states of its MAC: preparing one takes longer than a short record.
type rowKey struct {
	RowKey
	states *sync.Pool
}

// Authenticate wraps a ledger's log. keys are all that were ever used, the newest last.
func Authenticate(log Log, ledger domain.ID, keys ...RowKey) (Log, error) {
	a := &Authentic{Log: log, ledger: ledger}
	if err := a.Rekey(keys...); err != nil {
		return nil, err
	}
	blanker, blanks := log.(Blanker)
	striker, strikes := log.(Striker)
	switch {
	case blanks && strikes:
		return &removing{blanking{a, blanker}, striker}, nil
	case blanks:
		return &blanking{a, blanker}, nil
	}
	return a, nil
}

// Rekeyer is a log that other row keys can be given.
type Rekeyer interface{ Rekey(keys ...RowKey) error }

// Rekey has other keys used from now on, the newest to write.
func (a *Authentic) Rekey(keys ...RowKey) error {
	if len(keys) == 0 || keys[len(keys)-1].Until != 0 {
		return errors.New("row keys: expected one at least that hasn't ended")
	}
	all := make([]rowKey, len(keys))
	for i, k := range keys {
		all[i] = rowKey{k, &sync.Pool{New: func() any { return hmac.New(sha256.New, k.Key[:]) }}}
	}
	a.keys.Store(&all)
	return nil
}

// Append implements [Log].
func (a *Authentic) Append(ctx context.Context, batches ...Batch) []Result {
	keys := *a.keys.Load()
	key := keys[len(keys)-1]
	for _, b := range batches {
		for i := range b.Entries {
			e := &b.Entries[i]
			e.MAC = func(revision int64) []byte { return a.code(key, b.Stream, revision, e.Envelope, e.Payload) }
		}
	}
	return a.Log.Append(ctx, batches...)
}

// code is a record's authentication code: the key's number, whether the revision is in it, the MAC.
func (a *Authentic) code(k rowKey, s domain.Stream, revision int64, envelope, payload []byte) []byte {
	mac := make([]byte, 5, macLength)
	binary.BigEndian.PutUint32(mac, k.Number)
	if revision >= 0 {
		mac[4] = 1
	}
	h := k.states.Get().(hash.Hash)
	defer k.states.Put(h)
	h.Reset()
	var head []byte
	head = domain.LP(macLabel, a.ledger.Raw(), s.String(), string(mac[4:5]))
	if revision >= 0 {
		head = append(head, domain.LP(string(binary.BigEndian.AppendUint64(nil, uint64(revision))))...)
	}
	head = binary.BigEndian.AppendUint32(head, uint32(len(envelope)))
	h.Write(head)
	h.Write(envelope)
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(payload))))
	h.Write(payload)
	return h.Sum(mac)
}

// Genuine reports whether a record has the code that its bytes and place demand.
func (a *Authentic) Genuine(r Record) bool {
	if len(r.MAC) != macLength || r.MAC[4] > 1 {
		return false
	}
	keys := *a.keys.Load()
	number := binary.BigEndian.Uint32(r.MAC)
	i := slices.IndexFunc(keys, func(k rowKey) bool { return k.Number == number })
	if i < 0 || keys[i].Until != 0 && r.Seq >= keys[i].Until {
		return false
	}
	revision := int64(-1)
	if r.MAC[4] == 1 {
		revision = r.Revision
	}
	return hmac.Equal(r.MAC, a.code(keys[i], r.Stream, revision, r.Envelope, r.Payload))
}

// check takes the bytes away from what isn't genuine.
func (a *Authentic) check(records []Record, err error) ([]Record, error) {
	for i := range records {
		if r := &records[i]; !a.Genuine(*r) {
			a.damaged(r)
		}
	}
	return records, err
}

// Stream implements [Log].
func (a *Authentic) Stream(ctx context.Context, s domain.Stream, from int64, limit int) ([]Record, error) {
	return a.check(a.Log.Stream(ctx, s, from, limit))
}

// Read implements [Log].
func (a *Authentic) Read(ctx context.Context, from int64, limit int) ([]Record, error) {
	return a.check(a.Log.Read(ctx, from, limit))
}

// At implements [Log].
func (a *Authentic) At(ctx context.Context, seqs []int64) ([]Record, error) {
	return a.check(a.Log.At(ctx, seqs))
}

// Blanker is a log that can forget claim digests: those of some keys, or all of the key epochs before one.
type Blanker interface {
	Blank(ctx context.Context, keys []Key) error
	BlankBefore(ctx context.Context, epoch int64) error
}

// blanking is an authentic log that can forget claim digests.
type blanking struct {
	*Authentic
	blanker Blanker
}

// Blank implements [Blanker].
func (b *blanking) Blank(ctx context.Context, keys []Key) error { return b.blanker.Blank(ctx, keys) }

// BlankBefore implements [Blanker].
func (b *blanking) BlankBefore(ctx context.Context, epoch int64) error {
	return b.blanker.BlankBefore(ctx, epoch)
}

// removing is one that can remove payloads, too.
type removing struct {
	blanking
	striker Striker
}

// Strike implements [Striker]: what takes the payload's place gets a code of its own.
func (r *removing) Strike(ctx context.Context, removals ...Removal) (domain.StrikeFinality, error) {
	keys := make([]Key, len(removals))
	for i := range removals {
		keys[i] = removals[i].At
	}
	placed, err := r.Prior(ctx, keys)
	if err != nil {
		return "", err
	}
	seqs := make([]int64, len(placed))
	for i, p := range placed {
		if seqs[i] = p.Seq; p.Seq < 0 {
			return "", fmt.Errorf("strike: event %s: there is no such event", keys[i].ID)
		}
	}
	records, err := r.At(ctx, seqs)
	if err != nil {
		return "", err
	}
	all := *r.keys.Load()
	marked := slices.Clone(removals)
	for i, record := range records {
		if record.Forged {
			return "", fmt.Errorf("strike: %w", Forged{record.Seq})
		}
		revision := int64(-1)
		if record.MAC[4] == 1 {
			revision = record.Revision
		}
		key := all[slices.IndexFunc(all, func(k rowKey) bool { return k.Number == binary.BigEndian.Uint32(record.MAC) })]
		marked[i].MAC = r.code(key, record.Stream, revision, record.Envelope, marked[i].Stub)
	}
	return r.striker.Strike(ctx, marked...)
}
