package seal

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain/canon"
	"muniment/ledger"
	"muniment/ledger/seal/heads"
)

// Places are sealed events as heads gather them: whose they are, by what the events say, and their leaf
// hashes, as the tree has them. n events from one on, less where fewer are sealed.
func (s *Sealer) Places(ctx context.Context, from int64, n int) ([]heads.Leaf, error) {
	c := s.Checkpoint()
	if n = int(min(int64(n), c.Size-from)); n <= 0 {
		return nil, nil
	}
	records, err := s.config.Log.Read(ctx, from, n)
	if err != nil {
		return nil, err
	}
	if len(records) < n { // one read gives what it likes
		n = len(records)
	}
	all, indexes := make([]heads.Leaf, n), make([]int64, n)
	err = parallel(n, func(i int) (err error) {
		indexes[i] = tlog.StoredHashIndex(0, from+int64(i))
		if all[i], err = placeOf(records[i]); err != nil {
			err = fmt.Errorf("event %d: %w", from+int64(i), err)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	hashes, err := s.at(ctx, c.Size, c.Root).ReadHashes(indexes)
	if err != nil {
		return nil, fmt.Errorf("read leaf hashes: %w", err)
	}
	for i := range all {
		all[i].Hash = hashes[i]
	}
	return all, nil
}

// placeOf is an event's leaf but for its hashes.
func placeOf(r ledger.Record) (l heads.Leaf, err error) {
	if r.Forged {
		return l, ledger.Forged{Seq: r.Seq}
	}
	var env []Field
	if err := canon.Members(r.Envelope, func(name, value []byte) { env = append(env, Field{Name: nameOf(name), Value: value}) }); err != nil {
		return l, fmt.Errorf("envelope: %w", err)
	}
	var d draft
	if err := d.tag(r.Stream, env); err != nil {
		return l, err
	}
	l = heads.Leaf{Seq: r.Seq, Rev: r.Revision, Time: int64(r.LogTime) / 1_000_000, Stream: tlog.Hash(d.stream), Tenant: tlog.Hash(d.tenant)}
	for _, tag := range d.subjects {
		l.Subjects = append(l.Subjects, tlog.Hash(tag))
	}
	l.Epoch, l.Withdraw, err = ofEpochs(string(valueOf(env, "kind")), r.Payload)
	return l, err
}
