package bundle

import (
	"context"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
)

// Maker makes bundles of one ledger.
type Maker struct {
	Ledger *ledger.Ledger
	Seals  *seal.Sealer
	Epochs *epochs.Keeper
	Vault  Vault
	Policy []byte // the operator's, as a convenience
	Key    []byte // 32 bytes, see [NewSigner]
	Most   int    // events that a bundle may take to answer; its maker holds them in memory
	// Notes gives the notes of replayers about trees of more leaves than so many; nil: there are none.
	Notes func(ctx context.Context, leaves int64) ([]string, error)
}

// chunk is how many events are read at once.
const chunk = 1024

// making is a bundle that is being made.
type making struct {
	*Maker
	showing
	checkpoint seal.Checkpoint
	run        []int64 // all that answers, with those on each side
	first      Span    // the run of the first asked about
	events     map[int64]*Event
	beside     map[int64]bool // of the run's, those that show only when they occurred
	cited      map[int64]bool // leaves beside the run
	disposals  []domain.Kept  // of the ledger, read once
	notes      []string       // of replayers
	counts     Counts
}

// Make answers a question, and returns the bundle and its manifest. With a reading, personal values are
// opened, and that is recorded first; without one they stay closed.
func (m *Maker) Make(ctx context.Context, q Question, reading *ledger.Reading) ([]byte, *Manifest, error) {
	if err := q.Check(); err != nil {
		return nil, nil, domain.Malformed("question", "%s", err)
	}
	w := &making{Maker: m, showing: showing{question: q, vault: m.Vault, open: reading != nil}, events: map[int64]*Event{}, beside: map[int64]bool{}, cited: map[int64]bool{}}
	heads, err := w.begin(ctx)
	if err != nil {
		return nil, nil, err
	}
	if len(w.run) > m.Most {
		return nil, nil, domain.Malformed("question", "it takes %d events to answer this, and this bundle may hold %d: ask for a shorter period", len(w.run), m.Most)
	}
	if err := w.show(ctx); err != nil {
		return nil, nil, err
	}
	if err := w.ends(ctx); err != nil {
		return nil, nil, err
	}
	if err := w.strikes(ctx); err != nil {
		return nil, nil, err
	}
	if reading != nil {
		if err := m.Ledger.Record(ctx, *reading, w.opened); err != nil {
			return nil, nil, err
		}
	}
	return w.pack(ctx, heads)
}

// show shows the events of the run.
func (w *making) show(ctx context.Context) error {
	for part := range slices.Chunk(w.run, chunk) {
		records, err := w.Ledger.Log.At(ctx, part)
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.Forged {
				return ledger.Forged{Seq: r.Seq}
			}
			answers, needed, err := w.answers(r)
			if err != nil {
				return err
			}
			var e *Event
			switch {
			case answers:
				e, err = w.answer(ctx, r)
			case needed:
				e, err = w.only(r, "occurred")
				w.beside[r.Seq] = true
			default:
				continue
			}
			if err != nil {
				return err
			}
			w.events[r.Seq] = e
		}
	}
	return nil
}

// skew is how long before it occurs an event may be recorded. docs/formats.md, section 4.
const skew = 300 * second

// answers tells whether an event was asked for, and whether it has to show that it wasn't.
func (w *making) answers(r ledger.Record) (answers, needed bool, err error) {
	q := w.question
	switch q.Axis {
	case Recorded:
		return q.Covers(r.LogTime / second * second), false, nil
	case Occurred:
		if q.From != 0 && r.LogTime/second*second < q.From-skew {
			return false, false, nil
		}
		k, err := ledger.Decode(r)
		return err == nil && q.Covers(k.Occurred.At), true, err
	}
	return true, true, nil
}

// pack writes and signs the files.
func (w *making) pack(ctx context.Context, heads []epochs.Proven) ([]byte, *Manifest, error) {
	files := map[string][]byte{CheckpointFile: w.checkpoint.Text, PolicyFile: w.Policy}
	seqs := slices.Clone(w.run)
	for seq := range w.cited {
		seqs = append(seqs, seq)
	}
	slices.Sort(seqs)
	seqs = slices.Compact(seqs)
	leaves, err := w.Seals.Leaves(ctx, seqs)
	if err != nil {
		return nil, nil, err
	}
	files[LeavesFile] = []byte{}
	for _, leaf := range leaves {
		files[LeavesFile] = append(append(files[LeavesFile], leaf...), '\n')
	}
	cover := []tlog.Hash{}
	if w.checkpoint.Size > 0 {
		if cover, err = Cover(w.checkpoint.Size, seqs, w.Seals.Hashes(ctx, w.checkpoint)); err != nil {
			return nil, nil, err
		}
	}
	files[TreeFile] = canon.Append(nil, map[string]any{"hashes": hashList(cover), "size": w.checkpoint.Size})
	if heads != nil {
		if files[HeadsFile], err = w.headFile(ctx, heads); err != nil {
			return nil, nil, err
		}
	}
	files[EventsFile] = []byte{}
	for _, seq := range seqs {
		if e := w.events[seq]; e != nil {
			files[EventsFile] = append(files[EventsFile], e.Line()...)
			w.count(e)
		}
	}
	w.counts.Leaves, w.counts.Run = int64(len(seqs)), int64(len(w.run))
	signer, vkey, err := NewSigner(w.Seals.Origin(), w.Key)
	if err != nil {
		return nil, nil, err
	}
	made, err := w.made(ctx, seqs)
	if err != nil {
		return nil, nil, err
	}
	manifest := &Manifest{Ledger: w.Ledger.ID, Origin: w.Seals.Origin(), Made: made, Question: w.question, Run: w.first, Size: w.checkpoint.Size,
		Counts: w.counts, Limits: limits(w.question), Files: map[string]File{}, Key: vkey}
	for name, text := range files {
		manifest.Files[name] = FileOf(text)
	}
	if files[ManifestFile], err = manifest.Sign(signer); err != nil {
		return nil, nil, err
	}
	text, err := Pack(files)
	return text, manifest, err
}

// made is the present, or the time of the newest event in it: a clock that ran ahead once left times in the log
// that are still to come, and what was kept then can be handed out all the same.
func (w *making) made(ctx context.Context, seqs []int64) (domain.Time, error) {
	now := domain.TimeOf(w.Ledger.Now())
	if len(seqs) == 0 {
		return now, nil
	}
	last, err := w.Ledger.Log.At(ctx, seqs[len(seqs)-1:])
	if err != nil {
		return 0, err
	}
	return max(now, last[0].LogTime), nil
}

func (w *making) count(e *Event) {
	w.counts.Events++
	for _, f := range slices.Concat(e.Env, e.Pay) {
		if f.Withheld != nil {
			w.counts.Withheld++
		} else {
			w.counts.Shown++
		}
	}
	w.counts.Opened += int64(len(e.Open))
	w.counts.Erased += int64(len(e.Erased))
	if e.Struck >= 0 {
		w.counts.Struck++
	}
}

func hashList(hashes []tlog.Hash) []any {
	list := make([]any, len(hashes))
	for i, h := range hashes {
		list[i] = seal.Hash(h).String()
	}
	return list
}
