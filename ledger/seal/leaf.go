package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger"
	"muniment/ledger/seal/heads"
)

// Tag stands for a tenant, stream or subject in a leaf. Whoever is told the id can check it; nobody
// else can guess it.
func Tag(kind string, tenant, id domain.ID) Hash {
	return hash("muniment/tag/1", []byte(kind), tenant[:], id[:])
}

// Leaf is the bytes of an event's leaf. prev is the leaf hash of the stream's previous event, nil at
// revision 0.
func Leaf(r ledger.Record, prev *Hash) ([]byte, error) {
	d, err := draftOf(r)
	if err != nil {
		return nil, err
	}
	return d.leaf(prev), nil
}

// draft is a leaf but for prev: what can be made of an event without knowing any other, and so by
// several goroutines at once.
type draft struct {
	env, pay       Hash
	stream, tenant Hash
	subjects       []Hash // sorted, no duplicates
	rev, seq, t    int64
	epoch          *heads.Epoch      // of an epoch.sealed
	withdrawal     *heads.Withdrawal // of an epoch.withdrawn
}

func draftOf(r ledger.Record) (d draft, err error) {
	env, err := EnvelopeFields(r.Envelope)
	if err != nil {
		return d, err
	}
	pay, err := PayloadCommitment(r.Payload)
	if err != nil {
		return d, err
	}
	d = draft{env: commit(env), pay: pay, rev: r.Revision, seq: r.Seq, t: int64(r.LogTime) / 1_000_000}
	if err := d.tag(r.Stream, env); err != nil {
		return d, err
	}
	d.epoch, d.withdrawal, err = ofEpochs(string(valueOf(env, "kind")), r.Payload)
	return d, err
}

var (
	epochKind      = `"` + domain.EpochSealed{}.Kind() + `"`
	withdrawalKind = `"` + domain.EpochWithdrawn{}.Kind() + `"`
)

// ofEpochs is what the payload of an epoch, or of its withdrawal, says, for its leaf to say it openly: so that
// whoever has only the leaves can compare.
func ofEpochs(kind string, payload []byte) (*heads.Epoch, *heads.Withdrawal, error) {
	if kind != epochKind && kind != withdrawalKind {
		return nil, nil, nil
	}
	var plain []byte
	if err := canon.Members(payload, func(name, value []byte) {
		if string(name) == "plain" {
			plain = value
		}
	}); err != nil {
		return nil, nil, fmt.Errorf("payload: %w", err)
	}
	if kind == withdrawalKind {
		w, err := heads.ParseWithdrawal(plain)
		return nil, &w, err
	}
	e, err := heads.ParseEpoch(plain)
	return &e, nil, err
}

func valueOf(fields []Field, name string) []byte {
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return fields[i].Value
}

// tag makes the tags from what the envelope says; the stream must be the one the event lies in.
func (d *draft) tag(stream domain.Stream, env []Field) error {
	value := func(name string) []byte { return valueOf(env, name) }
	tenant, err := domain.ParseID(string(unquoted(value("tenant"), 32)))
	if err != nil {
		return fmt.Errorf("envelope: tenant: %w", err)
	}
	if name := value("stream"); string(name) != `"`+stream.String()+`"` {
		return fmt.Errorf("envelope: the event lies in stream %s, and names another", stream)
	}
	d.stream, d.tenant = Tag("stream/"+stream.Noun, tenant, stream.ID), Tag("tenant", tenant, tenant)
	subjects := value("subjects")
	if subjects == nil {
		return nil
	}
	bad := canon.Elements(subjects, func(subject []byte) {
		id, wrong := domain.ParseID(member(subject, "id"))
		if wrong != nil {
			err = fmt.Errorf("envelope: subjects: %w", wrong)
		}
		d.subjects = append(d.subjects, Tag("subject", tenant, id))
	})
	if bad != nil {
		return fmt.Errorf("envelope: subjects: %w", bad)
	}
	slices.SortFunc(d.subjects, func(a, b Hash) int { return bytes.Compare(a[:], b[:]) })
	d.subjects = slices.Compact(d.subjects)
	return err
}

// leaf is the canonical JSON: docs/formats.md, section 10.
func (d *draft) leaf(prev *Hash) []byte {
	b := make([]byte, 0, 512+66*len(d.subjects))
	digest := func(before string, h Hash) {
		b = append(b, before...)
		b = hex.AppendEncode(b, h[:])
		b = append(b, '"')
	}
	number := func(before string, n int64) {
		b = append(b, before...)
		b = strconv.AppendInt(b, n, 10)
	}
	digest(`{"env":"`, d.env)
	typ := "event"
	if e := d.epoch; e != nil {
		typ = "epoch"
		number(`,"epoch":{"count":`, e.Count)
		b = append(b, `,"map":"`+heads.Map+`"`...)
		digest(`,"root":"`, Hash(e.Root))
		number(`,"size":`, e.Size)
		b = append(b, '}')
	}
	if d.withdrawal != nil {
		typ = "withdrawal"
	}
	digest(`,"pay":"`, d.pay)
	if prev != nil {
		digest(`,"prev":"`, *prev)
	}
	number(`,"rev":`, d.rev)
	number(`,"seq":`, d.seq)
	number(`,"t":`, d.t)
	digest(`,"tags":{"stream":"`, d.stream)
	for i, s := range d.subjects {
		if i == 0 {
			digest(`,"subjects":["`, s)
		} else {
			digest(`,"`, s)
		}
	}
	if len(d.subjects) > 0 {
		b = append(b, ']')
	}
	digest(`,"tenant":"`, d.tenant)
	b = append(b, `},"type":"`+typ+`","v":1`...)
	if w := d.withdrawal; w != nil {
		number(`,"withdrawal":{"position":`, w.Position)
		b = append(b, `,"reason":"`+w.Reason+`"`...)
		number(`,"size":`, w.Size)
		b = append(b, '}')
	}
	return append(b, '}')
}

// LeafHash is RFC 6962's hash of a leaf.
func LeafHash(leaf []byte) Hash {
	var short [1024]byte
	return sha256.Sum256(append(append(short[:0], 0), leaf...))
}
