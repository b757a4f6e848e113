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
	Epoch    int64 // seq of its leaf
	Head     heads.HeadProof
	From     int64       // index in the head of the run's first leaf
	Hashes   []tlog.Hash // that the run is in the head
	Replayed []Replayed
}

// Replayed is a replayer's note, and that its tree is the beginning of the checkpoint's.
type Replayed struct {
	Note        string
	Consistency []tlog.Hash
}

// Text is the canonical form.
func (f *HeadFile) Text() []byte {
	path := make([]any, len(f.Head.Path))
	for i, s := range f.Head.Path {
		path[i] = map[string]any{"bit": int64(s.Bit), "hash": seal.Hash(s.Hash).String()}
	}
	replayed := make([]any, len(f.Replayed))
	for i, r := range f.Replayed {
		consistency := make([]any, len(r.Consistency))
		for i, h := range r.Consistency {
			consistency[i] = h.String()
		}
		replayed[i] = map[string]any{"consistency": consistency, "note": r.Note}
	}
	o := map[string]any{"epoch": f.Epoch, "path": path, "replayed": replayed}
	if h := f.Head.Head; h != nil {
		o["head"] = map[string]any{"count": h.Count, "root": seal.Hash(h.Root).String()}
		o["from"], o["hashes"] = f.From, hashList(f.Hashes)
	}
	if other := f.Head.Other; other != nil {
		o["other"] = map[string]any{"inner": seal.Hash(other.Inner).String(), "tag": seal.Hash(other.Tag).String()}
	}
	return canon.Append(nil, o)
}

// ParseHeadFile reads the file; tag is the one asked for. What it makes gives the same text again.
func ParseHeadFile(text []byte, tag tlog.Hash) (*HeadFile, error) {
	tree, err := canon.Parse(text)
	if err != nil {
		return nil, err
	}
	o := object{tree}
	f := &HeadFile{Epoch: o.number("epoch"), From: o.number("from"), Head: heads.HeadProof{Tag: tag}}
	for _, s := range o.list("path") {
		step := object{s}
		f.Head.Path = append(f.Head.Path, heads.Step{Bit: int(step.number("bit")), Hash: step.hash("hash")})
	}
	if h := o.object("head"); h.tree != nil {
		f.Head.Head = &heads.Head{Count: h.number("count"), Root: h.hash("root")}
		if f.Hashes, err = ParseHashes(o.member("hashes")); err != nil {
			return nil, err
		}
	}
	if other := o.object("other"); other.tree != nil {
		f.Head.Other = &heads.Other{Inner: other.hash("inner"), Tag: other.hash("tag")}
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

func (o object) hash(name string) (h tlog.Hash) {
	_ = canon.Unhex(h[:], o.text(name))
	return h
}

// headFile shows the head of the run, and who vouches for it.
func (w *making) headFile(ctx context.Context, p *epochs.Proven) ([]byte, error) {
	f := &HeadFile{Epoch: p.Epoch.Seq, Head: p.Head}
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
	if r := p.Period; r != nil {
		f.From = r.From
		shown := make([]int64, r.To-r.From)
		for i := range shown {
			shown[i] = r.From + int64(i)
		}
		beside := pieces{}
		beside.add(0, r.From, r.Left)
		beside.add(r.To, p.Head.Head.Count, r.Right)
		var err error
		if f.Hashes, err = Cover(p.Head.Head.Count, shown, beside); err != nil {
			return nil, err
		}
	}
	return f.Text(), nil
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
