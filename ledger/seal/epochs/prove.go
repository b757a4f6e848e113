package epochs

import (
	"context"
	"database/sql"
	"errors"
	"sort"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger/seal/heads"
	"muniment/ledger/sqldb"
)

// Proven is a tag's head under the last epoch, and where a period was asked for, which leaves lie in it.
type Proven struct {
	Epoch  heads.Sealed
	Head   heads.HeadProof
	Period *heads.Period // without its leaves' texts
	Seqs   []int64       // of the period's leaves
}

// MaxPeriod is how many leaves the proof of a period may have, one on each side counted.
const MaxPeriod = 2002

// Span is a period by the ledger's order: leaves with From ≤ seq < To.
type Span struct{ From, To int64 }

// Prove proves a tag's head or its absence, and the leaves of a span where one is given, at most so many.
// [ErrBehind]: ask again in a moment.
func (s *Store) Prove(ctx context.Context, tag tlog.Hash, span *Span, most int) (p Proven, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	switch {
	case s.at.last.Seq < 0:
		return p, ErrNone
	case !s.at.settled():
		return p, ErrBehind
	}
	p = Proven{Epoch: s.at.last, Head: heads.HeadProof{Tag: tag}}
	path, reached := s.top.Path(tag)
	if s.at.heads == 0 {
		return p, nil
	}
	b, err := s.bucket(ctx, bucketOf(reached.Tag))
	if err != nil {
		return p, err
	}
	rest, i := heads.Path(b.entries(), tag)
	p.Head.Path = append(path, rest...)
	h := &b.heads[i]
	if h.tag != tag {
		p.Head.Other = &heads.Other{Tag: h.tag, Inner: h.inner}
		return p, nil
	}
	sum := h.sum()
	p.Head.Head = &sum
	if span == nil {
		return p, nil
	}
	return p, s.period(ctx, h, *span, int64(most), &p)
}

func (s *Store) bucket(ctx context.Context, id int64) (*bucket, error) {
	var text []byte
	if err := s.db.Reader().QueryRowContext(ctx, `SELECT heads FROM buckets WHERE bucket = $1`, id).Scan(&text); err != nil {
		return nil, sqldb.Explain(err)
	}
	b, err := parseBucket(text)
	if err == nil && len(b.heads) == 0 {
		err = errDamaged
	}
	return b, err
}

// period finds the span's leaves, with one more on each side, and the sub-trees beside them.
func (s *Store) period(ctx context.Context, h *head, span Span, most int64, p *Proven) error {
	l := &leaves{ctx: ctx, store: s, head: h, runs: map[int64]*run{}}
	n := int(h.count())
	before := func(seq int64) int64 {
		return int64(sort.Search(n, func(i int) bool { return l.at(int64(i)).seq >= seq }))
	}
	from, to := before(span.From), before(span.To)
	r := &heads.Period{From: max(from-1, 0), To: min(to+1, h.count())}
	if l.err == nil && r.To-r.From > most {
		return domain.Malformed("end", "the period has more than %d events: ask for a shorter one", most-2)
	}
	for i := r.From; i < r.To; i++ {
		p.Seqs = append(p.Seqs, l.at(i).seq)
	}
	side := func(from, to int64) (all []tlog.Hash) {
		for _, level := range heads.Pieces(from, to) {
			all = append(all, l.root(level, from>>level))
			from += 1 << level
		}
		return all
	}
	r.Left, r.Right = side(0, r.From), side(r.To, h.count())
	p.Period = r
	return l.err
}

// leaves reads a head's leaves and sub-trees; after an error it answers with nothing.
type leaves struct {
	ctx   context.Context
	store *Store
	head  *head
	runs  map[int64]*run // those read already
	err   error
}

func (l *leaves) at(i int64) place {
	if n := i >> runLevel; n < l.head.full.Count {
		return l.run(n).leaves[i%runLength]
	}
	return l.head.tail[i%runLength]
}

// root is that of the perfect sub-tree of leaves index·2^level to (index+1)·2^level-1.
func (l *leaves) root(level int, index int64) tlog.Hash {
	if level >= runLevel {
		r := l.run((index+1)<<(level-runLevel) - 1)
		if level-runLevel >= len(r.roots) {
			l.err = errors.Join(l.err, errDamaged)
			return tlog.Hash{}
		}
		return r.roots[level-runLevel]
	}
	var part []place
	for i := index << level; i < (index+1)<<level; i++ {
		part = append(part, l.at(i))
	}
	return rootOf(part)
}

func (l *leaves) run(n int64) *run {
	r := l.runs[n]
	if r != nil {
		return r
	}
	r = &run{leaves: make([]place, runLength)}
	l.runs[n] = r
	if l.err != nil {
		return r
	}
	var places, roots []byte
	err := l.store.db.Reader().QueryRowContext(l.ctx, `SELECT leaves, roots FROM runs WHERE tag = $1 AND run = $2`, l.head.tag[:], n).Scan(&places, &roots)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && len(places) != runLength*placeBytes:
		l.err = errDamaged
	case err != nil:
		l.err = sqldb.Explain(err)
	default:
		r.leaves, r.roots = parsePlaces(places), parseHashes(roots)
	}
	return r
}
