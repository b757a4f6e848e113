package verify

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
)

// ranges are parts of a log, in order, as few as it takes.
type ranges []domain.Range

func (r *ranges) add(seq int64) {
	if n := len(*r); n > 0 && (*r)[n-1].To == seq {
		(*r)[n-1].To++
		return
	}
	*r = append(*r, domain.Range{From: seq, To: seq + 1})
}

func (r ranges) count() (n int64) {
	for _, x := range r {
		n += x.To - x.From
	}
	return n
}

// mostNamed is how many ranges a line names one by one.
const mostNamed = 8

func (r ranges) String() string {
	var parts []string
	for i, x := range r {
		if i == mostNamed {
			parts = append(parts, fmt.Sprintf("%d more ranges up to event %d", len(r)-i, r[len(r)-1].To-1))
			break
		}
		parts = append(parts, fmt.Sprintf("%d to %d", x.From, x.To-1))
	}
	return strings.Join(parts, ", ")
}

// prunings are the events of which only hashes are left, and the events that say so.
type prunings struct {
	gone ranges
	told []domain.Kept // of type LogPruned
}

// note takes down what a record has to do with pruning; nearly all have nothing.
func (p *prunings) note(r ledger.Record, kind string) error {
	if _, _, pruned := ledger.Pruned(r); pruned {
		p.gone.add(r.Seq)
		return nil
	}
	if kind != (domain.LogPruned{}).Kind() {
		return nil
	}
	k, err := ledger.Decode(r)
	if err != nil {
		return lie("pruned: %w", err)
	}
	if _, ok := k.Event.(domain.LogPruned); ok {
		p.told = append(p.told, k)
	}
	return nil
}

// judge demands for each event of which only the hash is left a later event that says so of its whole
// range, and that what is said is so.
func (p *prunings) judge(ctx context.Context, log ledger.Log, t tlog.Tree, sealed tlog.HashReader) error {
	for _, k := range p.told {
		if err := judgePruning(ctx, log, t, sealed, k); err != nil {
			return err
		}
	}
	for _, g := range p.gone {
		for seq := g.From; seq < g.To; {
			next := seq
			for _, k := range p.told {
				if e := k.Event.(domain.LogPruned); e.From <= seq && seq < e.To {
					next = e.To
				}
			}
			if next == seq {
				return lie("pruned: of event %d only a hash is left, and no event log.pruned names it. If a pruning was cut off, the next start of muniment serve carries it to its end", seq)
			}
			seq = next
		}
	}
	return nil
}

func judgePruning(ctx context.Context, log ledger.Log, t tlog.Tree, sealed tlog.HashReader, k domain.Kept) error {
	e := k.Event.(domain.LogPruned)
	says := fmt.Sprintf("event %d says that events %d to %d were pruned", k.Seq, e.From, e.To-1)
	switch {
	case k.Tenant != domain.Operator || k.Stream.Noun != "log":
		return lie("pruned: %s, and isn't the operator's in the stream of the log", says)
	case (domain.Range{From: e.From, To: e.To}).Check() != nil:
		return lie("pruned: %s, which are not whole bundles of %d", says, domain.BundleWidth)
	case k.Seq < e.To:
		return lie("pruned: %s, and doesn't come after them", says)
	case e.To > t.N:
		return lie("pruned: %s, and %d are sealed", says, t.N)
	}
	count := int64(0)
	var root roots
	for from := e.From; from < e.To; {
		records, err := log.Read(ctx, from, int(min(PageSize, e.To-from)))
		if err != nil {
			return lie("events: %w", err)
		}
		hashes, err := leafHashes(sealed, from, len(records))
		if err != nil {
			return err
		}
		for i, r := range records {
			root.add(hashes[i])
			kind, _ := domain.Lookup(ledger.KindOf(r))
			if _, _, pruned := ledger.Pruned(r); pruned {
				count++
			} else if kind.Passing {
				return lie("pruned: %s, and event %d is there", says, r.Seq)
			}
			if r.Seq == e.To-1 && r.LogTime != e.Until {
				return lie("pruned: %s, the last of them kept at %s; it was at %s", says, e.Until, r.LogTime)
			}
		}
		from += int64(len(records))
	}
	sum := root.root()
	switch got := hex.EncodeToString(sum[:]); {
	case got != e.Root:
		return lie("pruned: %s, with the root %s; their leaf hashes give %s", says, e.Root, got)
	case count != e.Events:
		return lie("pruned: %s, %d of them; of %d only the hash is left", says, e.Events, count)
	}
	return nil
}

// leafHashes reads the hashes of n leaves from one on.
func leafHashes(sealed tlog.HashReader, from int64, n int) ([]tlog.Hash, error) {
	indexes := make([]int64, n)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, from+int64(i))
	}
	hashes, err := sealed.ReadHashes(indexes)
	if err != nil {
		return nil, lie("tree: %w", err)
	}
	return hashes, nil
}
