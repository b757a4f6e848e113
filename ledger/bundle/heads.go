package bundle

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain/canon"
	"muniment/ledger/seal"
	"muniment/ledger/seal/epochs"
	"muniment/ledger/seal/heads"
)

// HeadFile is heads.json: docs/bundle.md, section 4.
type HeadFile struct {
	Epoch    int64     // seq of its leaf
	Heads    []HeadRun // of each tag asked for, in order
	Replayed []Replayed
}

// HeadRun is a tag's head, and the run that lies in it.
type HeadRun struct {
	Head   heads.HeadProof
	Run    Span        // which the manifest says of the first tag
	From   int64       // index in the head of the run's first leaf
	Hashes []tlog.Hash // that the run is in the head
}

// Replayed is a replayer's note, and that its tree is the beginning of the checkpoint's.
type Replayed struct {
	Note        string
	Consistency []tlog.Hash
}

// Text is the canonical form.
func (f *HeadFile) Text() []byte {
	replayed := make([]any, len(f.Replayed))
	for i, r := range f.Replayed {
		consistency := make([]any, len(r.Consistency))
		for i, h := range r.Consistency {
			consistency[i] = h.String()
		}
		replayed[i] = map[string]any{"consistency": consistency, "note": r.Note}
	}
	o := f.Heads[0].tree()
	o["epoch"], o["replayed"] = f.Epoch, replayed
	var also []any
	for _, h := range f.Heads[1:] {
		one := h.tree()
		if h.Run != None {
			one["run"] = h.Run.tree()
		}
		also = append(also, one)
	}
	if also != nil {
		o["also"] = also
	}
	return canon.Append(nil, o)
}

// tree is the head's part of the file, without its run.
func (h *HeadRun) tree() map[string]any {
	path := make([]any, len(h.Head.Path))
	for i, s := range h.Head.Path {
		path[i] = map[string]any{"bit": int64(s.Bit), "hash": seal.Hash(s.Hash).String()}
	}
	o := map[string]any{"path": path}
	if head := h.Head.Head; head != nil {
		o["head"] = map[string]any{"count": head.Count, "root": seal.Hash(head.Root).String()}
		o["from"], o["hashes"] = h.From, hashList(h.Hashes)
	}
	if other := h.Head.Other; other != nil {
		o["other"] = map[string]any{"inner": seal.Hash(other.Inner).String(), "tag": seal.Hash(other.Tag).String()}
	}
	return o
}

// ParseHeadFile reads the file; tags are those asked for, and run is the manifest's. What it makes gives the same
// text again.
func ParseHeadFile(text []byte, tags []tlog.Hash, run Span) (*HeadFile, error) {
	tree, err := canon.Parse(text)
	if err != nil {
		return nil, err
	}
	o := object{tree}
	f := &HeadFile{Epoch: o.number("epoch")}
	also := o.list("also")
	if len(also) != len(tags)-1 {
		return nil, fmt.Errorf("it has the heads of %d, and %d were asked for", 1+len(also), len(tags))
	}
	for i, tag := range tags {
		from := o
		if i > 0 {
			from = object{also[i-1]}
			run = from.span("run")
		}
		h, err := headRun(from, tag)
		if err != nil {
			return nil, err
		}
		h.Run = run
		f.Heads = append(f.Heads, h)
	}
	for _, r := range o.list("replayed") {
		one := Replayed{Note: object{r}.text("note")}
		for _, h := range (object{r}).list("consistency") {
			s, _ := h.(string)
			hash, err := tlog.ParseHash(s)
			if err != nil {
				return nil, err
			}
			one.Consistency = append(one.Consistency, hash)
		}
		f.Replayed = append(f.Replayed, one)
	}
	if string(f.Text()) != string(text) {
		return nil, errors.New("it has members that it should not have, or lacks some")
	}
	return f, nil
}

// headRun reads the head of a tag.
func headRun(o object, tag tlog.Hash) (h HeadRun, err error) {
	h = HeadRun{From: o.number("from"), Head: heads.HeadProof{Tag: tag}}
	for _, s := range o.list("path") {
		step := object{s}
		h.Head.Path = append(h.Head.Path, heads.Step{Bit: int(step.number("bit")), Hash: step.hash("hash")})
	}
	if other := o.object("other"); other.tree != nil {
		h.Head.Other = &heads.Other{Inner: other.hash("inner"), Tag: other.hash("tag")}
	}
	if head := o.object("head"); head.tree != nil {
		h.Head.Head = &heads.Head{Count: head.number("count"), Root: head.hash("root")}
		h.Hashes, err = ParseHashes(o.member("hashes"))
	}
	return h, err
}

func (o object) hash(name string) (h tlog.Hash) {
	_ = canon.Unhex(h[:], o.text(name))
	return h
}

// headFile shows the heads of the runs, all under one epoch, and who vouches for it.
func (w *making) headFile(ctx context.Context, all []epochs.Proven) ([]byte, error) {
	p := all[0]
	f := &HeadFile{Epoch: p.Epoch.Seq}
	for _, p := range all {
		h, err := headOf(p)
		if err != nil {
			return nil, err
		}
		f.Heads = append(f.Heads, h)
	}
	for _, text := range w.notes {
		said, err := heads.ParseReplayed(heads.Unsigned(text))
		if err != nil || said.Origin != w.Seals.Origin() || said.Tree.N > w.checkpoint.Size || said.Tree.N <= p.Epoch.Seq || said.Size < p.Epoch.Size {
			continue // of no use to anybody
		}
		if root, err := w.Seals.RootAt(ctx, said.Tree.N); err != nil || root != said.Tree.Hash || said.Size == p.Epoch.Size && said.Root != p.Epoch.Root || slices.Contains(said.Withdrawn, p.Epoch.Seq) {
			continue // about something else than this log
		}
		path, err := w.Seals.Consistency(ctx, said.Tree.N, w.checkpoint.Size)
		if err != nil {
			return nil, err
		}
		f.Replayed = append(f.Replayed, Replayed{text, path})
	}
	return f.Text(), nil
}

// headOf shows that a run is in its head.
func headOf(p epochs.Proven) (h HeadRun, err error) {
	h = HeadRun{Head: p.Head, Run: spanOf(p.Seqs)}
	r := p.Period
	if r == nil {
		return h, nil
	}
	h.From = r.From
	shown := make([]int64, r.To-r.From)
	for i := range shown {
		shown[i] = r.From + int64(i)
	}
	beside := pieces{}
	beside.add(0, r.From, r.Left)
	beside.add(r.To, p.Head.Head.Count, r.Right)
	h.Hashes, err = Cover(p.Head.Head.Count, shown, beside)
	return h, err
}

// pieces are the perfect sub-trees beside a run, by their stored hash index.
type pieces map[int64]tlog.Hash

func (p pieces) add(from, to int64, hashes []tlog.Hash) {
	for i, level := range heads.Pieces(from, to) {
		p[tlog.StoredHashIndex(level, from>>level)] = hashes[i]
		from += 1 << level
	}
}

// ReadHashes implements [tlog.HashReader].
func (p pieces) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	all := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		h, ok := p[index]
		if !ok {
			return nil, fmt.Errorf("the head has no hash %d beside the run", index)
		}
		all[i] = h
	}
	return all, nil
}
