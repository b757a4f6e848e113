package report

import (
	"bytes"
	"context"
	"errors"

	"muniment/domain"
	"muniment/ledger/erasure"
	"muniment/ledger/seal"
)

// Proof shows that an event which a document cites is in the ledger's signed tree: whoever pinned the
// log's key can check it offline, with the leaf and nothing else (docs/verify.md).
type Proof struct {
	Seq         int64
	Kind        string
	*seal.Proof // nil: not sealed yet
}

// ProofEvidence is what a document says of its proof that has some.
const ProofEvidence = "in the JSON form of this document: each cited event’s leaf in the ledger’s signed tree and a C2SP tlog-proof, to be checked with a pinned policy"

func (d *Document) evidence() string {
	if d.Proofs != nil {
		return ProofEvidence
	}
	return Evidence
}

// checkpoint is the newest that a proof rests on, with its signatures; "" when there is none.
func (d *Document) checkpoint() string {
	size, text := int64(0), ""
	for _, p := range d.Proofs {
		if p.Proof != nil && p.Size >= size {
			_, after, _ := bytes.Cut(p.Text, []byte("\n\n"))
			size, text = p.Size, string(after)
		}
	}
	return text
}

func (d *Document) proofsJSON() lines {
	var all lines
	for _, p := range d.Proofs {
		m := object{{"event", p.Seq}, {"kind", p.Kind}, {"state", seal.Durable}, {"size", nil}, {"leaf", nil}, {"proof", nil}}
		if p.Proof != nil {
			m = object{{"event", p.Seq}, {"kind", p.Kind}, {"state", p.State}, {"size", p.Size}, {"leaf", string(p.Leaf)}, {"proof", string(p.Text)}}
		}
		all = append(all, m)
	}
	return all
}

// prove proves the events that the certificate cites: what asked for the erasure, what says that keys
// were destroyed, that it was completed, and that a key epoch ended.
func (m *maker) prove(ctx context.Context, cited []domain.Kept, keys []*sealedBy) error {
	if m.src.Prove == nil {
		return nil
	}
	known := map[int64]bool{}
	for _, k := range cited {
		known[k.Seq] = true
	}
	add := func(k *domain.Kept) {
		if k != nil && !known[k.Seq] {
			known[k.Seq] = true
			cited = append(cited, *k)
		}
	}
	for _, k := range keys {
		add(k.destroyed)
		ended, err := erasure.Ended(ctx, m.src.Ledger, k.epoch, m.at.Known)
		if err != nil {
			return err
		}
		add(ended)
	}
	t := Table{Name: "sealed", Title: "The events that this rests on, in the ledger’s signed tree", Order: "As they are cited.", Columns: []Column{
		{"event", "Event", "Event", Observed, ""}, {"kind", "What it says", "Event", Observed, ""},
		{"state", "State", "Sealed", Observed, ""}, {"size", "Under the checkpoint of size", "Sealed", Observed, "not sealed yet"},
	}}
	for _, k := range cited {
		p := Proof{Seq: k.Seq, Kind: k.Kind}
		made, err := m.src.Prove(ctx, k.Seq)
		row := []Cell{Number(k.Seq), Text(k.Kind), Text(seal.Durable), nil}
		if err == nil {
			p.Proof = &made
			row = append(row[:2], Text(made.State), Number(made.Size))
		} else if !errors.Is(err, seal.ErrNotSealed) {
			return err
		}
		m.doc.Proofs, t.Rows = append(m.doc.Proofs, p), append(t.Rows, row)
	}
	m.doc.table(t)
	return nil
}
