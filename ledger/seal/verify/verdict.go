package verify

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/seal/heads"
)

// outcome is what the checks found, for the verdict.
type outcome struct {
	size    int64
	unheard error // of the replayers whose word is demanded
	signed  signed
	replay  *heads.Replay // nil where entries weren't shown
	bodies  bool          // leaves were made from events, so their tags are those of the events
	words   []word
}

// word is what a replayer says.
type word struct {
	name string
	heads.Replayed
}

// verdict writes the four lines that everything comes to. What isn't shown though it is demanded is an
// error, once all four are written.
func (d Demands) verdict(f outcome, out io.Writer) error {
	line := func(check, mark, format string, args ...any) {
		fmt.Fprintf(out, "%-10s %s  %s\n", check, mark, fmt.Sprintf(format, args...))
	}
	switch {
	case f.replay != nil:
		line("intact", "ok", "the %d events are those that were sealed, unchanged and in their order", f.size)
	default:
		line("intact", "ok", "the tree of %d events is the one that was signed; what its leaves say was not read", f.size)
	}
	missing := d.complete(f, line)
	d.fresh(f, line)
	return errors.Join(missing, d.unforked(f.signed, out))
}

// complete says whether nothing was left out of anybody's head, and on whose word.
func (d Demands) complete(f outcome, line func(check, mark, format string, args ...any)) error {
	switch {
	case f.replay != nil && f.replay.Last != nil:
		of := "the tags that the leaves bear"
		if f.bodies {
			of = "the tenants and subjects that the events name"
		}
		every, last := "every epoch", f.replay.Last
		if n := len(f.replay.Settled.Withdrawn); n > 0 {
			every = fmt.Sprintf("every epoch but %d that the operator has withdrawn", n)
		}
		if slices.Contains(f.replay.Settled.Withdrawn, last.Seq) {
			line("complete", "--", "not shown: the last epoch, at event %d, was withdrawn, and none was made since", last.Seq)
			return nil
		}
		line("complete", "ok", "by our own replay: %s says what the events give, by %s; the last covers %d of %d events", every, of, last.Size, f.size)
	case f.replay != nil:
		line("complete", "--", "not shown: there is no epoch yet, so the ledger has not committed to how many events anybody has")
	case len(f.words) > 0 && f.unheard == nil:
		for _, w := range f.words {
			with := ""
			if w.Bodies {
				with = ", and that tags match bodies"
			}
			line("complete", "ok", "on %s's word: heads replayed to size %d%s; the last epoch covers %d of %d events", w.name, w.Tree.N, with, w.Size, f.size)
		}
	case f.unheard == nil:
		line("complete", "--", "according to the operator: nobody else is known to have replayed the heads")
	}
	if f.replay == nil {
		return f.unheard
	}
	return nil
}

// fresh says whether this is the present, as far as anybody can tell.
func (d Demands) fresh(f outcome, line func(check, mark, format string, args ...any)) {
	var by []string
	if d.MinSize > 0 {
		by = append(by, fmt.Sprintf("size %d, and at least %d was demanded", f.size, d.MinSize))
	}
	if d.MaxAge > 0 {
		by = append(by, fmt.Sprintf("a witness signed at %s, within %s", f.signed.newest.UTC().Format(time.RFC3339), d.MaxAge))
	}
	if len(by) == 0 {
		line("fresh", "--", "not asked: --min-size with a size seen before, or --max-age with witnesses, refuse an old state")
		return
	}
	line("fresh", "ok", "%s", strings.Join(by, "; "))
}

// heard reads the notes of replayers that were given, and checks that they are about this tree.
func (d Demands) heard(origin string, t tlog.Tree, hashes tlog.HashReader, all []heads.Replayer) (words []word, err error) {
	for _, text := range d.Replayed {
		w, err := whose(text, all)
		if err != nil {
			return nil, err
		}
		switch {
		case w.Origin != origin:
			return nil, lie("complete: the note of %s is about the log %s", w.name, w.Origin)
		case w.Tree.N > t.N:
			return nil, lie("complete: %s has replayed %d events, and this checkpoint covers %d: it is an older state", w.name, w.Tree.N, t.N)
		}
		root, err := tlog.TreeHash(w.Tree.N, hashes)
		if err != nil {
			return nil, lie("tree: %w", err)
		}
		if root != w.Tree.Hash {
			return nil, lie("complete: %s has replayed another history: its root over %d events is %s, and this log's is %s", w.name, w.Tree.N, w.Tree.Hash, root)
		}
		words = append(words, w)
	}
	return words, nil
}

// whose finds the replayer who signed a note.
func whose(text []byte, all []heads.Replayer) (w word, err error) {
	if len(all) == 0 {
		return w, errors.New("a replayer's note is given, and the policy names no replayer: add a line #: replayer NAME VKEY")
	}
	for _, p := range all {
		r, bad := p.Open(text)
		if bad == nil {
			return word{p.Name, r}, nil
		}
		err = errors.Join(err, bad)
	}
	return w, lie("complete: %w", err)
}

// unheard names the policy's replayers whose word is missing.
func unheard(all []heads.Replayer, words []word) error {
	var missing []string
	for _, p := range all {
		heard := false
		for _, w := range words {
			heard = heard || w.name == p.Name
		}
		if !heard {
			missing = append(missing, p.Name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("complete: not shown: the policy demands the word of %s: give the note with --replayed FILE, or let this program read the entries (--token)", strings.Join(missing, ", "))
}
