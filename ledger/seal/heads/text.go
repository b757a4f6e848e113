package heads

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain/canon"
)

// Proof shows what one tag's head is under an epoch: how many events, or that there is none; and, where
// a period was asked for, its leaves.
type Proof struct {
	Leaf   []byte // the epoch's, exact
	Log    []byte // C2SP tlog-proof of it
	Head   HeadProof
	Period *Period // nil when none was asked for
}

// Check checks all of it by a policy (C2SP tlog-policy), and returns the epoch, its seq, and the
// period's leaves.
func (p Proof) Check(policy torchwood.Policy) (e Sealed, leaves []Leaf, err error) {
	l, err := ParseLeaf(p.Leaf)
	if err != nil || l.Epoch == nil {
		return e, nil, errors.Join(errors.New("epoch: its leaf is none of an epoch"), err)
	}
	e = Sealed{*l.Epoch, l.Seq, l.Rev, l.Hash}
	if err := torchwood.VerifyProof(policy, l.Hash, p.Log); err != nil {
		return e, nil, fmt.Errorf("epoch: its leaf isn't shown to be in the log: %w", err)
	}
	if err := p.Head.Check(e.Root); err != nil {
		return e, nil, err
	}
	if p.Period == nil {
		return e, nil, nil
	}
	if p.Head.Head == nil {
		return e, nil, errSpan
	}
	leaves, err = p.Period.Check(p.Head.Tag, *p.Head.Head)
	return e, leaves, err
}

// Text is the proof in canonical JSON: docs/formats.md, section 12.
func (p Proof) Text() []byte {
	path := make([]any, len(p.Head.Path))
	for i, s := range p.Head.Path {
		path[i] = map[string]any{"bit": int64(s.Bit), "hash": digest(s.Hash).String()}
	}
	o := map[string]any{"epoch": map[string]any{"leaf": string(p.Leaf), "log": string(p.Log)}, "path": path, "tag": digest(p.Head.Tag).String(), "v": int64(1)}
	if h := p.Head.Head; h != nil {
		o["head"] = map[string]any{"count": h.Count, "root": digest(h.Root).String()}
	}
	if other := p.Head.Other; other != nil {
		o["other"] = map[string]any{"inner": digest(other.Inner).String(), "tag": digest(other.Tag).String()}
	}
	if r := p.Period; r != nil {
		leaves := make([]any, len(r.Leaves))
		for i, l := range r.Leaves {
			leaves[i] = string(l)
		}
		o["period"] = map[string]any{"end": r.End, "from": r.From, "leaves": leaves, "left": digests(r.Left), "right": digests(r.Right), "start": r.Start, "to": r.To}
	}
	return canon.Append(nil, o)
}

// digest is a hash as the text has it: 64 lower-case hex digits.
type digest tlog.Hash

func (d digest) String() string { return hex.EncodeToString(d[:]) }

// UnmarshalText reads it.
func (d *digest) UnmarshalText(text []byte) error {
	return canon.Unhex(d[:], text)
}

func digests(all []tlog.Hash) []any {
	list := make([]any, len(all))
	for i, h := range all {
		list[i] = digest(h).String()
	}
	return list
}

func hashes(all []digest) []tlog.Hash {
	list := make([]tlog.Hash, len(all))
	for i, d := range all {
		list[i] = tlog.Hash(d)
	}
	return list
}

// wire is the text's shape.
type wire struct {
	Epoch struct{ Leaf, Log string }
	Head  *struct {
		Count int64
		Root  digest
	}
	Other *struct{ Tag, Inner digest }
	Path  []struct {
		Bit  int
		Hash digest
	}
	Period *struct {
		Start, End, From, To int64
		Left, Right          []digest
		Leaves               []string
	}
	Tag digest
}

// ParseProof reads a proof's text. It says nothing of whether the proof holds.
func ParseProof(text []byte) (p Proof, err error) {
	var w wire
	if err := json.Unmarshal(text, &w); err != nil {
		return p, errText
	}
	p = Proof{Leaf: []byte(w.Epoch.Leaf), Log: []byte(w.Epoch.Log), Head: HeadProof{Tag: tlog.Hash(w.Tag)}}
	if w.Head != nil {
		if w.Head.Count < 0 || w.Head.Count > canon.MaxInteger {
			return p, errText
		}
		p.Head.Head = &Head{w.Head.Count, tlog.Hash(w.Head.Root)}
	}
	if w.Other != nil {
		p.Head.Other = &Other{tlog.Hash(w.Other.Tag), tlog.Hash(w.Other.Inner)}
	}
	for _, s := range w.Path {
		if s.Bit < 0 || s.Bit > 255 {
			return p, errText
		}
		p.Head.Path = append(p.Head.Path, Step{s.Bit, tlog.Hash(s.Hash)})
	}
	if r := w.Period; r != nil {
		for _, n := range []int64{r.Start, r.End, r.From, r.To} {
			if n < 0 || n > canon.MaxInteger {
				return p, errText
			}
		}
		p.Period = &Period{Start: r.Start, End: r.End, From: r.From, To: r.To, Left: hashes(r.Left), Right: hashes(r.Right)}
		for _, l := range r.Leaves {
			p.Period.Leaves = append(p.Period.Leaves, []byte(l))
		}
	}
	if !bytes.Equal(p.Text(), text) { // so that a proof has one text: no member more, none less, none twice
		return p, errText
	}
	return p, nil
}

var errText = errors.New("this is no proof of completeness in its canonical form: take it exactly as the ledger gave it, without a line break at its end")
