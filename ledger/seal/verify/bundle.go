package verify

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger/bundle"
	"muniment/ledger/seal"
	"muniment/ledger/seal/heads"
)

// answer is a bundle on its way to a verdict.
type answer struct {
	*bundle.Manifest
	pinned bool // the policy names the key that signed the manifest
	files  map[string][]byte
	tree   tlog.Tree
	leaves []heads.Leaf // by seq
	shown  map[int64]*shown
	cited  map[int64]bool   // leaves that others rest on
	heads  *bundle.HeadFile // nil: the question isn't answered by heads
	counts bundle.Counts    // as they are found
}

// Bundle checks a bundle and writes its verdict to out. The first lie ends it. docs/bundle.md.
func Bundle(text []byte, d Demands, out io.Writer) error {
	a := &answer{shown: map[int64]*shown{}, cited: map[int64]bool{}}
	if err := a.open(text, d); err != nil {
		return err
	}
	c, signed, err := d.signatures(a.files[bundle.CheckpointFile])
	if err != nil {
		return err
	}
	if c.Origin != a.Origin || c.N != a.Size {
		return lie("checkpoint: it is of %s, size %d, and the manifest speaks of %s, size %d", c.Origin, c.N, a.Origin, a.Size)
	}
	if c.N < d.MinSize {
		return lie("size: the checkpoint has size %d, and at least %d is demanded: this is an old state of the log", c.N, d.MinSize)
	}
	a.tree = c.Tree
	for _, check := range []func() error{a.readLeaves, a.readTree, a.readEvents, a.judgeEvents, a.readHeads, a.judgeCounts} {
		if err := check(); err != nil {
			return err
		}
	}
	asked := ""
	if !a.pinned {
		asked = "; whose word its question and counts are is not pinned"
	}
	verdict(out, "intact", "%s, size %d, %s; %d leaves are in its tree, %d events shown, %d fields withheld, %d personal values opened, %d closed, %d erased, %d struck%s",
		c.Origin, c.N, signed, a.counts.Leaves, a.counts.Events, a.counts.Withheld, a.counts.Opened, a.withheld(), a.counts.Erased, a.counts.Struck, asked)
	words, unheard, err := a.complete(d)
	if err != nil {
		return err
	}
	if unheard == nil && a.Question.Of != bundle.OfStream { // which has no head, so its end is the operator's word
		verdict(out, "complete", "%s", words)
	} else {
		fmt.Fprintf(out, "%-10s --  %s\n", "complete", words)
	}
	d.fresh(outcome{size: c.N, signed: signed}, func(check, mark, format string, args ...any) {
		fmt.Fprintf(out, "%-10s %s  %s\n", check, mark, fmt.Sprintf(format, args...))
	})
	if err := errors.Join(unheard, d.unforked(signed, out)); err != nil || d.Page == nil {
		return err
	}
	return d.Page(a.Manifest, a.listed())
}

// withheld is how many personal values lie in boxes here, erased ones aside, and aren't opened.
func (a *answer) withheld() int64 {
	n := -a.counts.Opened
	for _, s := range a.shown {
		for _, f := range s.Pay {
			paths, box := strings.CutPrefix(f.Name, "box/")
			if !box {
				continue
			}
			tree, _ := canon.Parse(f.Value) // nothing of one that is withheld
			shown, _ := tree.(map[string]any)
			if key, _ := shown["key"].(string); slices.ContainsFunc(s.Erased, func(e bundle.Erased) bool { return e.Key.String() == key }) {
				continue
			}
			n += int64(1 + strings.Count(paths, ",/"))
		}
	}
	return n
}

// listed are the events that answer, as they were checked: what a page for people may be made of.
func (a *answer) listed() (all []*bundle.Event) {
	for _, l := range a.run() {
		if answers, err := a.answers(l); err == nil && answers {
			if s := a.shown[l.Seq]; s != nil {
				all = append(all, &s.Event)
			}
		}
	}
	return all
}

func verdict(out io.Writer, name, format string, args ...any) {
	fmt.Fprintf(out, "%-10s ok  %s\n", name, fmt.Sprintf(format, args...))
}

// open checks container, manifest and the hashes of the files.
func (a *answer) open(text []byte, d Demands) (err error) {
	if a.files, err = bundle.Unpack(text); err != nil {
		return lie("container: %w", err)
	}
	if a.Manifest, err = bundle.OpenManifest(a.files[bundle.ManifestFile]); err != nil {
		return lie("manifest: %w", err)
	}
	ours, err := heads.ReadPolicy(d.Policy)
	if err != nil {
		return err
	}
	if a.pinned = len(ours.Bundles) > 0; a.pinned && !slices.Contains(ours.Bundles, a.Key) {
		return lie("manifest: it is signed by %s, and the policy names %s", a.Key, strings.Join(ours.Bundles, ", "))
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(a.files)), func(n string) bool { return n == bundle.ManifestFile })
	if listed := slices.Sorted(maps.Keys(a.Files)); !slices.Equal(listed, names) {
		return lie("manifest: it lists the files %s, and there are %s", strings.Join(listed, ", "), strings.Join(names, ", "))
	}
	for _, name := range names {
		if bundle.FileOf(a.files[name]) != a.Files[name] {
			return lie("manifest: %s isn't the file that was signed", name)
		}
	}
	return nil
}

// maxText is how long a line can be, and heads.json. docs/bundle.md, section 1.
const maxText = 4 << 20

// lines calls each for the lines of a file, without their newlines.
func (a *answer) lines(name string, each func(n int, line []byte) error) error {
	n := 0
	for line := range bytes.Lines(a.files[name]) {
		if n++; line[len(line)-1] != '\n' {
			return lie("%s: line %d doesn't end", name, n)
		}
		if len(line) > maxText {
			return lie("%s: line %d is longer than any", name, n)
		}
		if err := each(n, line[:len(line)-1]); err != nil {
			return err
		}
	}
	return nil
}

func (a *answer) readLeaves() error {
	streams := map[tlog.Hash]heads.Leaf{} // the last leaf of each
	return a.lines(bundle.LeavesFile, func(n int, line []byte) error {
		l, err := heads.ParseLeaf(line)
		switch {
		case err != nil:
			return lie("%s: line %d: %w", bundle.LeavesFile, n, err)
		case n > 1 && l.Seq <= a.leaves[n-2].Seq:
			return lie("%s: line %d: leaf %d stands after leaf %d: duplicated, or out of order", bundle.LeavesFile, n, l.Seq, a.leaves[n-2].Seq)
		case l.Seq >= a.Size:
			return lie("%s: line %d: leaf %d is not in a log of size %d", bundle.LeavesFile, n, l.Seq, a.Size)
		}
		if l.Time > int64(a.Made)/1_000_000+skew {
			return lie("%s: line %d: leaf %d is of a later time than the bundle", bundle.LeavesFile, n, l.Seq)
		}
		if n > 1 && l.Time < a.leaves[n-2].Time {
			return lie("%s: line %d: the time of leaf %d lies before that of leaf %d", bundle.LeavesFile, n, l.Seq, a.leaves[n-2].Seq)
		}
		if err := a.judgeEpochLeaf(&l); err != nil {
			return err
		}
		before, known := streams[l.Stream]
		if known && (l.Rev <= before.Rev || l.Rev == before.Rev+1 && *l.Prev != before.Hash) {
			return lie("%s: line %d: leaf %d doesn't follow leaf %d in its stream", bundle.LeavesFile, n, l.Seq, before.Seq)
		}
		streams[l.Stream] = l
		a.leaves = append(a.leaves, l)
		a.counts.Leaves++
		return nil
	})
}

// judgeEpochLeaf: an epoch and its withdrawal lie in the ledger's stream of epochs, and are of what came before.
func (a *answer) judgeEpochLeaf(l *heads.Leaf) error {
	switch {
	case !l.OfEpochs():
		return nil
	case l.Tenant != tlog.Hash(seal.Tag("tenant", domain.Operator, domain.Operator)) || l.Stream != tlog.Hash(seal.Tag("stream/epoch", domain.Operator, a.Ledger)):
		return lie("complete: the epoch at event %d is not one of the ledger %s", l.Seq, a.Ledger)
	case l.Epoch != nil && (l.Epoch.Size > l.Seq || l.Epoch.Size < l.Seq-heads.MaxBehind), l.Withdraw != nil && l.Withdraw.Position >= l.Seq:
		return lie("complete: the epoch at event %d, or its withdrawal, can't cover what it says", l.Seq)
	}
	return nil
}

// readTree checks that the leaves are those of the signed tree.
func (a *answer) readTree() error {
	text := a.files[bundle.TreeFile]
	tree, err := canon.Parse(text)
	if err != nil {
		return lie("%s: %w", bundle.TreeFile, err)
	}
	o, _ := tree.(map[string]any)
	hashes, err := bundle.ParseHashes(o["hashes"])
	if err != nil || len(o) != 2 || o["size"] != a.Size {
		return lie("%s: expected hashes and the checkpoint's size", bundle.TreeFile)
	}
	if a.Size == 0 {
		return nil // it has no leaves, so none were read
	}
	seqs, leaves := make([]int64, len(a.leaves)), make([]tlog.Hash, len(a.leaves))
	for i, l := range a.leaves {
		seqs[i], leaves[i] = l.Seq, l.Hash
	}
	root, err := bundle.Root(a.Size, seqs, leaves, hashes)
	if err != nil {
		return lie("%s: %w", bundle.TreeFile, err)
	}
	if root != a.tree.Hash {
		return lie("tree: the leaves are not those of the log that was signed: one was changed, left out or is foreign")
	}
	return nil
}

// leaf finds a leaf by its seq.
func (a *answer) leaf(seq int64) (*heads.Leaf, bool) {
	i, ok := slices.BinarySearchFunc(a.leaves, seq, func(l heads.Leaf, seq int64) int { return cmp.Compare(l.Seq, seq) })
	if !ok {
		return nil, false
	}
	return &a.leaves[i], true
}

func (a *answer) judgeCounts() error {
	run := a.run()
	a.counts.Run = int64(len(run))
	said, found := a.Counts.Named(), a.counts.Named()
	for i, c := range said {
		if c != found[i] {
			return lie("manifest: it counts %d %s, and there are %d", c.N, c.What, found[i].N)
		}
	}
	inRun := map[int64]bool{}
	for _, l := range run {
		inRun[l.Seq] = true
	}
	for _, l := range a.leaves {
		ofHeads := l.OfEpochs() && a.heads != nil // judged with them
		if !inRun[l.Seq] && !a.cited[l.Seq] && !ofHeads {
			return lie("run: event %d is neither asked for, nor does anything rest on it", l.Seq)
		}
	}
	for i, span := range a.spans() {
		run := a.runOf(i, span)
		if (span == bundle.None) != (len(run) == 0) || len(run) > 0 && (run[0].Seq != span.First || run[len(run)-1].Seq != span.Last) {
			return lie("run: it doesn't reach from event %d to event %d as it says", span.First, span.Last)
		}
	}
	return nil
}

// readHeads reads heads.json, which is there where the question is answered by heads.
func (a *answer) readHeads() (err error) {
	text, there := a.files[bundle.HeadsFile]
	tags := a.Question.Heads()
	if there != (len(tags) > 0) {
		return lie("complete: a question of this kind has no such heads, or needs some")
	}
	if there {
		if a.heads, err = bundle.ParseHeadFile(text, tags, a.Run); err != nil {
			return lie("%s: %w", bundle.HeadsFile, err)
		}
	}
	return nil
}

// spans are how far the run of each one asked about reaches.
func (a *answer) spans() []bundle.Span {
	if a.heads == nil {
		return []bundle.Span{a.Run}
	}
	spans := make([]bundle.Span, len(a.heads.Heads))
	for i, h := range a.heads.Heads {
		spans[i] = h.Run
	}
	return spans
}

// runOf lists the leaves of the run of the nth one asked about.
func (a *answer) runOf(n int, span bundle.Span) (run []*heads.Leaf) {
	for i := range a.leaves {
		if l := &a.leaves[i]; span.First <= l.Seq && l.Seq <= span.Last && a.about(l, n) {
			run = append(run, l)
		}
	}
	return run
}

// run lists the leaves of all runs: those that answer, with those on each side.
func (a *answer) run() (run []*heads.Leaf) {
	spans := a.spans()
	for i := range a.leaves {
		l := &a.leaves[i]
		for n, span := range spans {
			if span.First <= l.Seq && l.Seq <= span.Last && a.about(l, n) {
				run = append(run, l)
				break
			}
		}
	}
	return run
}

// about tells whether a leaf is of the nth one that the question is about.
func (a *answer) about(l *heads.Leaf, n int) bool {
	if a.heads != nil {
		return slices.Contains(l.Tags(), a.heads.Heads[n].Head.Tag)
	}
	q := a.Question
	return q.Of == bundle.OfLedger || l.Stream == tlog.Hash(seal.Tag("stream/"+q.Stream.Noun, q.Tenant, q.Stream.ID))
}
