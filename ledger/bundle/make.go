package bundle

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	// Report makes the page for people.
	Report func(*Manifest, []*Event) ([]byte, error)
}

// chunk is how many events are read at once.
const chunk = 1024

// making is a bundle that is being made.
type making struct {
	*Maker
	showing
	checkpoint seal.Checkpoint
	run        []int64
	events     map[int64]*Event
	beside     map[int64]bool // of the run's, those that show only when they occurred
	cited      map[int64]bool // leaves beside the run
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
	head, err := w.begin(ctx)
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
	return w.pack(ctx, head)
}

// show shows the events of the run.
func (w *making) show(ctx context.Context) error {
	for part := range slices.Chunk(w.run, chunk) {
		records, err := w.Ledger.Log.At(ctx, part)
		if err != nil {
			return err
		}
		if err := w.refusePruned(ctx, records); err != nil {
			return err
		}
		for _, r := range records {
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

// ends finds for each box without a key the event that says that it was destroyed.
func (w *making) ends(ctx context.Context) error {
	found := map[domain.Stream]map[string]int64{}
	for _, g := range w.gone {
		by := int64(-1)
		for _, s := range []domain.Stream{{Noun: "subject", ID: g.owner}, g.kept.Stream, {Noun: "tenant", ID: g.kept.Tenant}} {
			if found[s] == nil {
				var err error
				if found[s], err = w.destroyed(ctx, s); err != nil {
					return err
				}
			}
			for _, key := range []string{g.key.String(), wholeTenant} {
				if seq, ok := found[s][key]; ok && seq > g.event.Seq && by < 0 {
					by = seq
				}
			}
		}
		if by < 0 || by >= w.checkpoint.Size {
			return &domain.Refusal{Code: domain.Unavailable, Rule: "bundle.erasing",
				Message: fmt.Sprintf("a key of event %d was destroyed, and the ledger doesn't say so yet: make the bundle again when the erasure is done", g.event.Seq)}
		}
		if err := w.cite(ctx, by); err != nil {
			return err
		}
		g.event.Erased = append(g.event.Erased, Erased{by, g.key})
	}
	for _, e := range w.events {
		slices.SortFunc(e.Erased, func(a, b Erased) int { return strings.Compare(a.Key.String(), b.Key.String()) })
	}
	return nil
}

// strikes finds for each payload that is gone the event that says so.
func (w *making) strikes(ctx context.Context) error {
	for _, e := range w.struck {
		i := slices.IndexFunc(e.Env, func(f Field) bool { return f.Name == "id" })
		id, err := domain.ParseID(parsed(e.Env[i].Value).string())
		if err != nil {
			return fmt.Errorf("event %d: %w", e.Seq, err)
		}
		history, err := w.Ledger.History(ctx, domain.Stream{Noun: "strike", ID: id})
		if err != nil {
			return err
		}
		for _, k := range history {
			if _, done := k.Event.(domain.StrikeCompleted); done && e.Struck < 0 {
				e.Struck, e.Pay = k.Seq, nil
			}
		}
		if e.Struck < 0 || e.Struck >= w.checkpoint.Size {
			return &domain.Refusal{Code: domain.Unavailable, Rule: "bundle.striking",
				Message: fmt.Sprintf("the payload of event %d was removed, and the ledger doesn't say so under a checkpoint yet: make the bundle again when the strike is done", e.Seq)}
		}
		if err := w.cite(ctx, e.Struck); err != nil {
			return err
		}
	}
	return nil
}

// wholeTenant stands for all keys of a tenant.
const wholeTenant = "*"

// destroyed lists the keys that a stream says are gone, with the event that says so.
func (w *making) destroyed(ctx context.Context, s domain.Stream) (map[string]int64, error) {
	keys := map[string]int64{}
	for from := int64(0); ; from += chunk {
		records, err := w.Ledger.Log.Stream(ctx, s, from, chunk)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			switch kind := ledger.KindOf(r); {
			case kind == "tenant.keys_destroyed":
				keys[wholeTenant] = r.Seq
			case strings.HasSuffix(kind, ".keys_destroyed"):
				_, pay, err := fieldsOf(r)
				if err != nil {
					return nil, err
				}
				for _, key := range keysOf(pay) {
					keys[key] = r.Seq
				}
			}
		}
		if len(records) < chunk {
			return keys, nil
		}
	}
}

// cite adds an event that says what became of another.
func (w *making) cite(ctx context.Context, seq int64) error {
	if w.cited[seq] || w.events[seq] != nil && !w.beside[seq] { // shown already
		return nil
	}
	records, err := w.Ledger.Log.At(ctx, []int64{seq})
	if err != nil {
		return err
	}
	e, err := w.only(records[0], "id", "kind", "occurred", "recorded", "tenant", "plain/keys", "plain/epoch", "plain/final", "plain/pages", "plain/event", "plain/position")
	w.events[seq], w.cited[seq] = e, true
	return err
}

// pack writes and signs the files.
func (w *making) pack(ctx context.Context, head *epochs.Proven) ([]byte, *Manifest, error) {
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
	if head != nil {
		if files[HeadsFile], err = w.headFile(ctx, head); err != nil {
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
	manifest := &Manifest{Ledger: w.Ledger.ID, Origin: w.Seals.Origin(), Made: domain.TimeOf(w.Ledger.Now()), Question: w.question, Run: None, Size: w.checkpoint.Size,
		Counts: w.counts, Limits: limits(w.question), Files: map[string]File{}, Key: vkey}
	if len(w.run) > 0 {
		manifest.Run = Span{w.run[0], w.run[len(w.run)-1]}
	}
	if files[ReportFile], err = w.Report(manifest, w.listed(seqs)); err != nil {
		return nil, nil, err
	}
	for name, text := range files {
		manifest.Files[name] = FileOf(text)
	}
	if files[ManifestFile], err = manifest.Sign(signer); err != nil {
		return nil, nil, err
	}
	text, err := Pack(files)
	return text, manifest, err
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

// listed are the events that answer, for the report.
func (w *making) listed(seqs []int64) (all []*Event) {
	for _, seq := range seqs {
		if e := w.events[seq]; e != nil && !w.cited[seq] && !w.beside[seq] {
			all = append(all, e)
		}
	}
	return all
}

func hashList(hashes []tlog.Hash) []any {
	list := make([]any, len(hashes))
	for i, h := range hashes {
		list[i] = seal.Hash(h).String()
	}
	return list
}
