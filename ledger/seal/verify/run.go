package verify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/bundle"
	"muniment/ledger/seal/heads"
)

// complete checks that nothing is missing that the question asked for, and says on whose word.
// docs/bundle.md, sections 4 and 5.
func (a *answer) complete(d Demands) (words string, unheard, err error) {
	first := true // the runs begin with the first of all
	run := a.run()
	switch a.Question.Of {
	case bundle.OfLedger:
		for i, l := range run {
			if l.Seq != run[0].Seq+int64(i) {
				return "", nil, lie("complete: event %d is missing", run[0].Seq+int64(i))
			}
		}
		if len(run) == 0 && a.Size > 0 {
			return "", nil, lie("complete: nothing of the log is here")
		}
		first = len(run) == 0 || run[0].Seq == 0
		err = a.covers(run, first, len(run) == 0 || run[len(run)-1].Seq == a.Size-1)
		words = "by the tree itself, in which every event has its number"
	case bundle.OfStream:
		first, err = true, chained(run)
		words = "not shown: from the stream's first event on nothing is missing; that none came after the last one here, and that there is no other chain, is the operator's word"
	default:
		first, words, unheard, err = a.inHeads(d)
	}
	if err != nil {
		return "", nil, err
	}
	if a.Question.Axis == bundle.Occurred && !first {
		words += fmt.Sprintf("; that nothing before it was recorded more than %d seconds before it occurred, is the operator's word", skew)
	}
	return words, unheard, a.answered(run)
}

// chained checks a whole stream.
func chained(run []*heads.Leaf) error {
	if len(run) == 0 {
		return lie("complete: there is nothing of the stream here")
	}
	for i, l := range run {
		if l.Rev != int64(i) || i > 0 && *l.Prev != run[i-1].Hash {
			return lie("complete: event %d is not the next of its stream: one before it is missing", l.Seq)
		}
	}
	return nil
}

// inHeads checks the epoch, the head of each one asked about, and that its run is in it.
func (a *answer) inHeads(d Demands) (first bool, words string, unheard, err error) {
	e, err := a.epoch(d)
	if err != nil {
		return false, "", nil, err
	}
	first = true
	for i := range a.heads.Heads {
		h := &a.heads.Heads[i]
		run := a.runOf(i, h.Run)
		if err := inHead(h, run, e.Epoch); err != nil {
			return false, "", nil, err
		}
		if err := a.covers(run, h.From == 0, h.Head.Head == nil || h.From+int64(len(run)) == h.Head.Head.Count); err != nil {
			return false, "", nil, err
		}
		first = first && h.From == 0
	}
	words, unheard, err = a.word(d, a.heads, e)
	return first, fmt.Sprintf("all that was kept up to event %d of %d, an epoch of %s, %s", e.Epoch.Size, a.Size, time.Unix(e.Time, 0).UTC().Format(time.DateTime+"Z"), words), unheard, err
}

// epoch finds the epoch that the heads are of.
func (a *answer) epoch(d Demands) (*heads.Leaf, error) {
	f := a.heads
	e, ok := a.leaf(f.Epoch)
	if !ok || e.Epoch == nil {
		return nil, lie("complete: leaf %d is no epoch, or isn't here", f.Epoch)
	}
	for _, l := range a.leaves {
		if w := l.Withdraw; w != nil && w.Position == f.Epoch && w.Size == e.Epoch.Size {
			return nil, lie("complete: the epoch at event %d was withdrawn, says event %d", f.Epoch, l.Seq)
		}
		if l.OfEpochs() && l.Seq != f.Epoch && !a.cited[l.Seq] {
			return nil, lie("run: epoch at event %d is neither the one that the heads are of, nor does anything rest on it", l.Seq)
		}
	}
	if e.Epoch.Size < d.MinSize {
		return nil, lie("complete: the epoch covers %d events, and at least %d are demanded", e.Epoch.Size, d.MinSize)
	}
	return e, nil
}

// inHead checks a head by the epoch, and that the run is in it.
func inHead(f *bundle.HeadRun, run []*heads.Leaf, e *heads.Epoch) error {
	if err := f.Head.Check(e.Root); err != nil {
		return lie("complete: %w", err)
	}
	if len(run) > 0 && run[len(run)-1].Seq >= e.Size {
		return lie("complete: event %d lies after the epoch", run[len(run)-1].Seq)
	}
	h := f.Head.Head
	switch {
	case h == nil && len(run) > 0:
		return lie("complete: nothing was kept, as the map says, and event %d is here", run[0].Seq)
	case h == nil:
		return nil
	case len(run) == 0:
		return lie("complete: %d events were kept, as the head says, and none is here", h.Count)
	case f.From < 0 || f.From > h.Count-int64(len(run)):
		return lie("complete: the run doesn't fit the head: it has %d events, and %d are shown from number %d on", h.Count, len(run), f.From)
	}
	shown, hashes := make([]int64, len(run)), make([]tlog.Hash, len(run))
	for i, l := range run {
		shown[i], hashes[i] = f.From+int64(i), l.Hash
	}
	root, err := bundle.Root(h.Count, shown, hashes, f.Hashes)
	if err != nil {
		return lie("%s: %w", bundle.HeadsFile, err)
	}
	if root != h.Root {
		return lie("complete: these are not the events of the head: one was left out, added or is at another place")
	}
	return nil
}

// word says on whose word the map of heads is right; unheard names those whose word is demanded and missing.
func (a *answer) word(d Demands, f *bundle.HeadFile, e *heads.Leaf) (words string, unheard, err error) {
	ours, err := heads.ReadPolicy(d.Policy)
	if err != nil {
		return "", nil, err
	}
	said, err := a.notes(f, e)
	if err != nil {
		return "", nil, err
	}
	var heard, missing []string
	unread := ""
	for _, p := range ours.Replayers {
		known, bodies := false, false
		for _, n := range said {
			if _, err := p.Open([]byte(n.text)); err == nil && n.Tree.N > e.Seq {
				known, bodies = true, bodies || n.Bodies
			}
		}
		for _, text := range d.Replayed { // newer than the bundle, perhaps: about more than its tree
			if n, err := p.Open(text); err == nil && n.Origin == a.Origin && slices.Contains(n.Withdrawn, e.Seq) {
				return "", nil, lie("complete: %s says that the epoch at event %d was withdrawn: ask for another bundle", p.Name, e.Seq)
			}
		}
		switch {
		case !known:
			missing = append(missing, p.Name)
		case !bodies:
			unread = ", who compared no tags with the events themselves"
			fallthrough
		default:
			heard = append(heard, p.Name)
		}
	}
	switch {
	case len(missing) > 0:
		unheard = fmt.Errorf("complete: not shown: the policy demands the word of %s, and the bundle has none that covers its epoch: ask for one that waited for it (muniment bundle --wait)", strings.Join(missing, ", "))
		return "according to the operator", unheard, nil
	case len(heard) > 0:
		return "on the word of " + strings.Join(heard, " and ") + unread, nil, nil
	}
	return "according to the operator", nil, nil
}

// said is a note, and what it says.
type said struct {
	text string
	heads.Replayed
}

// notes reads the notes of replayers, and holds each to what is known of the log, whoever signed it: a bundle
// holds none that speaks of another history or another map, or against its epoch.
func (a *answer) notes(f *bundle.HeadFile, e *heads.Leaf) (all []said, err error) {
	for i, r := range f.Replayed {
		n, err := heads.ParseReplayed(heads.Unsigned(r.Note))
		where := fmt.Sprintf("complete: note %d of a replayer", i)
		switch {
		case err != nil:
			return nil, lie("%s: %w", where, err)
		case n.Origin != a.Origin || n.Tree.N > a.Size:
			return nil, lie("%s is of another log, or of more events than there are", where)
		case n.Tree.N == 0 && len(r.Consistency) > 0 || n.Tree.N > 0 && tlog.CheckTree(r.Consistency, a.Size, a.tree.Hash, n.Tree.N, n.Tree.Hash) != nil:
			return nil, lie("%s: its tree is not the beginning of the checkpoint's", where)
		case slices.Contains(n.Withdrawn, e.Seq):
			return nil, lie("%s says that the epoch at event %d was withdrawn", where, e.Seq)
		case n.Tree.N > e.Seq && n.Size < e.Epoch.Size, n.Size == e.Epoch.Size && n.Root != e.Epoch.Root:
			return nil, lie("%s knows another map than the epoch at event %d", where, e.Seq)
		}
		all = append(all, said{r.Note, n})
	}
	return all, nil
}

// covers checks that the run reaches over the period on both sides.
func (a *answer) covers(run []*heads.Leaf, first, last bool) error {
	q := a.Question
	if len(run) == 0 {
		return nil
	}
	from, to := int64(q.From)/1_000_000, int64(q.To)/1_000_000
	if q.Axis == bundle.Occurred {
		from -= skew
	}
	if !first && (q.From == 0 || run[0].Time >= from) {
		return lie("complete: no earlier event than event %d is here, so some of the period may be missing", run[0].Seq)
	}
	if n := len(run); q.Axis == bundle.Recorded && n > 1 && (run[1].Time < from || q.To != 0 && run[n-2].Time >= to) {
		return lie("complete: more than one event is here that lies beside the period, on a side of it")
	}
	if end := run[len(run)-1]; !last && (q.Axis != bundle.Recorded || q.To == 0 || end.Time < to) {
		return lie("complete: no later event than event %d is here, so some of the period may be missing", end.Seq)
	}
	return nil
}

// named reports whether an event shows at least which it is, what it is and when it was.
func (s *shown) named() bool {
	for _, name := range []string{"id", "kind", "occurred", "recorded", "tenant"} {
		if _, there := s.fields[name]; !there {
			return false
		}
	}
	return true
}

// answered checks that whatever was asked for is shown.
func (a *answer) answered(run []*heads.Leaf) error {
	for _, l := range run {
		answers, err := a.answers(l)
		if err != nil {
			return err
		}
		if s, ok := a.shown[l.Seq]; answers && (!ok || !s.named()) {
			return lie("complete: event %d answers the question, and isn't shown", l.Seq)
		}
	}
	return nil
}
