package bundle_test

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/ledger/bundle"
	"muniment/ledger/seal/verify"
)

// liar changes a bundle as an operator would who has all keys but can't change what was sealed.
type liar struct {
	*world
	files map[string][]byte
	tell  func(*bundle.Manifest)
}

// drop removes a line of a file.
func (l *liar) drop(name string, n int) {
	lines := slices.Collect(bytes.Lines(l.files[name]))
	l.files[name] = bytes.Join(slices.Delete(lines, n, n+1), nil)
}

// swap has two lines of a file change places.
func (l *liar) swap(name string, i, j int) {
	lines := slices.Collect(bytes.Lines(l.files[name]))
	lines[i], lines[j] = lines[j], lines[i]
	l.files[name] = bytes.Join(lines, nil)
}

// replace replaces the first match in a file; there must be one.
func (l *liar) replace(name, pattern, with string) {
	l.t.Helper()
	re := regexp.MustCompile(pattern)
	at := re.FindSubmatchIndex(l.files[name])
	if at == nil {
		l.t.Fatalf("no %s in %s", pattern, name)
	}
	changed := re.Expand(nil, []byte(with), l.files[name], at)
	l.files[name] = slices.Concat(l.files[name][:at[0]], changed, l.files[name][at[1]:])
}

// lies are told about a bundle and caught by name, and by the second verifier.
func lies(t *testing.T, w *world, good []byte, all map[string]struct {
	lie  func(*liar)
	says string
}) {
	w.holds(good)
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			l := &liar{world: w, files: maps.Clone(w.files(good))}
			c.lie(l)
			text := w.resigned(l.files, l.tell)
			words, err := w.verdict(text)
			if err == nil {
				t.Fatalf("it holds:\n%s", words)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %q, expected %q", err, c.says)
			}
			if testing.Short() {
				return
			}
			if verdict, err, ok := w.second(text); ok && err == nil {
				t.Errorf("the second verifier holds it for true:\n%s", verdict)
			}
		})
	}
}

// TestLiesAboutAStream: whatever is left out, changed, moved or made up in one call's bundle is named.
func TestLiesAboutAStream(t *testing.T) {
	w := newWorld(t)
	good := w.make(bundle.Question{Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[0]}, &reading)
	foreign := w.files(w.make(bundle.Question{Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[1]}, &reading))
	other := newWorld(t) // another log of the same name and key
	forged := other.files(other.make(bundle.Question{Of: bundle.OfStream, Tenant: other.shop, Stream: other.streams[0]}, &reading))
	lies(t, w, good, map[string]struct {
		lie  func(*liar)
		says string
	}{
		"a changed field":      {func(l *liar) { l.replace(bundle.EventsFile, `("n":"plain/seconds","s":"[0-9a-f]*","v":)7`, `${1}8`) }, "the payload of event"},
		"a changed envelope":   {func(l *liar) { l.replace(bundle.EventsFile, `"v":"PROCESSOR"|"v":"ctm"`, `"v":"abc"`) }, "the envelope of event"},
		"a withheld field":     {func(l *liar) { l.replace(bundle.EventsFile, `\{"n":"plain/medium"[^}]*\},`, ``) }, "the payload of event"},
		"a changed opening":    {func(l *liar) { l.replace(bundle.EventsFile, `"value":"\+1202555010.`, `"value":"+12025550177`) }, "opens another value at /number"},
		"another r":            {func(l *liar) { l.replace(bundle.EventsFile, `"r":"[0-9a-f]{8}`, `"r":"00000000`) }, "opens another value at /number"},
		"no event":             {func(l *liar) { l.files[bundle.EventsFile] = []byte{} }, "it counts 1 events, and there are 0"},
		"no event, uncounted":  {func(l *liar) { l.noEvents() }, "complete: event"},
		"no leaf":              {func(l *liar) { l.drop(bundle.LeavesFile, 0) }, "not as many hashes"},
		"a leaf twice":         {func(l *liar) { l.files[bundle.LeavesFile] = bytes.Repeat(l.files[bundle.LeavesFile], 2) }, "duplicated, or out of order"},
		"a changed leaf":       {func(l *liar) { l.replace(bundle.LeavesFile, `"t":\d`, `"t":`) }, "the leaves are not those of the log"},
		"a foreign leaf":       {func(l *liar) { l.files[bundle.LeavesFile] = foreign[bundle.LeavesFile] }, "or is foreign"},
		"foreign events":       {func(l *liar) { l.files[bundle.EventsFile] = foreign[bundle.EventsFile] }, "has no leaf: it is foreign"},
		"another stream":       {func(l *liar) { l.take(foreign) }, "it counts 1 leaves of the run, and there are 0"},
		"a forged checkpoint":  {func(l *liar) { l.files[bundle.CheckpointFile] = forged[bundle.CheckpointFile] }, "the leaves are not those of the log"},
		"a broken signature":   {func(l *liar) { l.replace(bundle.CheckpointFile, `— (\S+) (.{10}).{4}`, `— $1 ${2}AAAA`) }, "signature: the checkpoint isn't signed"},
		"another size":         {func(l *liar) { l.tell = func(m *bundle.Manifest) { m.Size++ } }, "the manifest speaks of"},
		"another origin":       {func(l *liar) { l.tell = renamed(t) }, "the manifest speaks of"},
		"a hash too many":      {func(l *liar) { l.replace(bundle.TreeFile, `\["`, `["`+strings.Repeat("00", 32)+`","`) }, "not as many hashes"},
		"a hash too few":       {func(l *liar) { l.replace(bundle.TreeFile, `\["[0-9a-f]{64}",`, `[`) }, "not as many hashes"},
		"a changed hash":       {func(l *liar) { l.replace(bundle.TreeFile, `\["[0-9a-f]{4}`, `["0000`) }, "the leaves are not those of the log"},
		"miscounted":           {func(l *liar) { l.tell = func(m *bundle.Manifest) { m.Counts.Opened++ } }, "it counts 2 opened values, and there are 1"},
		"a run that is longer": {func(l *liar) { l.tell = func(m *bundle.Manifest) { m.Run.Last++ } }, "run: it doesn't reach"},
		"a question about less": {func(l *liar) {
			l.tell = func(m *bundle.Manifest) { m.Question = bundle.Question{Of: bundle.OfLedger}; m.Counts.Run = 1 }
		}, "complete:"},
		"duplicate keys": {func(l *liar) { l.replace(bundle.TreeFile, `^\{`, `{"size":1,`) }, "tree.json"},
		"trailing data":  {func(l *liar) { l.files[bundle.TreeFile] = append(l.files[bundle.TreeFile], '\n') }, "tree.json"},
		"an open line":   {func(l *liar) { l.files[bundle.EventsFile] = append(l.files[bundle.EventsFile], '{') }, "doesn't end"},
		"said to be erased": {func(l *liar) {
			l.replace(bundle.EventsFile, `"open":\[\{"key":"([0-9a-f]*)".*?\}\]`, `"erased":[{"by":0,"key":"$1"}]`)
		}, "event 0 doesn't say that the key"},
		"said to be struck": {func(l *liar) {
			l.replace(bundle.EventsFile, `"open":.*"pay":\[.*\],"seq":(\d+)`, `"seq":$1,"struck":1`)
		}, "doesn't say that it was struck"},
		"heads for no reason": {func(l *liar) { l.files[bundle.HeadsFile] = []byte("{}") }, "complete: a question of this kind"},
	})
}

// TestStrayEpoch: an epoch's leaf has no business in a bundle but that of the heads that answer it.
func TestStrayEpoch(t *testing.T) {
	w := newWorld(t)
	epoch := epochsIn(w.files(w.make(w.of(w.anna), nil))[bundle.LeavesFile])
	good := w.make(bundle.Question{Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[0]}, nil)
	lies(t, w, good, map[string]struct {
		lie  func(*liar)
		says string
	}{"an epoch for no reason": {func(l *liar) { l.put(epoch) }, "is neither asked for, nor does anything rest on it"}})
	w.call(9, 1)
	lies(t, w, w.make(w.of(w.anna), nil), map[string]struct {
		lie  func(*liar)
		says string
	}{"an earlier epoch": {func(l *liar) { l.put(epoch) }, "is neither the one that the heads are of"}})
}

// epochsIn are the leaves of epochs among some.
func epochsIn(leaves []byte) (all []byte) {
	for line := range bytes.Lines(leaves) {
		if bytes.Contains(line, []byte(`"type":"epoch"`)) {
			all = append(all, line...)
		}
	}
	return all
}

// put adds leaves to those that are there.
func (l *liar) put(leaves []byte) {
	lines := slices.Collect(bytes.Lines(append(l.files[bundle.LeavesFile], leaves...)))
	seqOf := func(line []byte) int64 { return l.leaf(bytes.TrimSuffix(line, []byte("\n"))).Seq }
	slices.SortFunc(lines, func(a, b []byte) int { return cmp.Compare(seqOf(a), seqOf(b)) })
	l.files[bundle.LeavesFile] = bytes.Join(lines, nil)
	var seqs []int64
	for _, line := range lines {
		seqs = append(seqs, seqOf(line))
	}
	cover, err := bundle.Cover(l.sealer.Checkpoint().Size, seqs, l.sealer.Hashes(l.t.Context(), l.sealer.Checkpoint()))
	l.ok(err)
	hashes := make([]string, len(cover))
	for i, h := range cover {
		hashes[i] = `"` + hex.EncodeToString(h[:]) + `"`
	}
	l.files[bundle.TreeFile] = fmt.Appendf(nil, `{"hashes":[%s],"size":%d}`, strings.Join(hashes, ","), l.sealer.Checkpoint().Size)
	l.tell = func(m *bundle.Manifest) { m.Counts.Leaves = int64(len(seqs)) }
}

// nothing shows a person's head, and none of its events.
func (l *liar) nothing() {
	leaves := epochsIn(l.files[bundle.LeavesFile])
	l.files[bundle.LeavesFile], l.files[bundle.EventsFile] = nil, nil
	l.put(leaves)
	f, err := bundle.ParseHeadFile(l.files[bundle.HeadsFile], l.of(l.anna).Heads(), bundle.None)
	l.ok(err)
	f.Heads[0].From, f.Heads[0].Hashes = 0, []tlog.Hash{f.Heads[0].Head.Head.Root}
	l.files[bundle.HeadsFile] = f.Text()
	n := int64(bytes.Count(leaves, []byte("\n")))
	l.tell = func(m *bundle.Manifest) { m.Counts, m.Run = bundle.Counts{Leaves: n}, bundle.None }
}

// noEvents leaves the events out, and counts so.
func (l *liar) noEvents() {
	l.files[bundle.EventsFile] = []byte{}
	l.tell = func(m *bundle.Manifest) { m.Counts = bundle.Counts{Leaves: m.Counts.Leaves, Run: m.Counts.Run} }
}

// take shows another bundle's files under this one's question.
func (l *liar) take(files map[string][]byte) {
	m, err := bundle.OpenManifest(files[bundle.ManifestFile])
	l.ok(err)
	l.files = maps.Clone(files)
	was := l.streams[0]
	l.tell = func(n *bundle.Manifest) {
		*n = bundle.Manifest{}
		*n = *m
		n.Question.Stream = was
		n.Files = filesOf(files)
	}
}

func filesOf(files map[string][]byte) map[string]bundle.File {
	all := map[string]bundle.File{}
	for name, text := range files {
		if name != bundle.ManifestFile {
			all[name] = bundle.FileOf(text)
		}
	}
	return all
}

func renamed(t *testing.T) func(*bundle.Manifest) {
	return func(m *bundle.Manifest) {
		_, vkey, err := bundle.NewSigner("other.example.com", testKey)
		if err != nil {
			t.Fatal(err)
		}
		m.Origin, m.Key = "other.example.com", vkey
	}
}

// TestEveryByte: there is no byte in a small bundle that can be changed.
func TestEveryByte(t *testing.T) {
	w := newWorld(t)
	good := w.make(bundle.Question{Of: bundle.OfStream, Tenant: w.shop, Stream: w.streams[0]}, &reading)
	w.holds(good)
	step := 1
	if testing.Short() { // beside the race detector, which has nothing to find in it
		step = 37
	}
	for i := 0; i < len(good); i += step {
		changed := bytes.Clone(good)
		changed[i] ^= 1 << (i % 8)
		if words, err := w.verdict(changed); err == nil {
			t.Fatalf("byte %d can be changed:\n%s", i, words)
		}
	}
}

// TestPinnedBundleKey: whoever pins the key of bundles refuses those that somebody else signed.
func TestPinnedBundleKey(t *testing.T) {
	w := newWorld(t)
	good := w.make(bundle.Question{Of: bundle.OfLedger}, nil)
	for seed, holds := range map[byte]bool{3: true, 4: false} {
		_, vkey, err := bundle.NewSigner(w.sealer.Origin(), bytes.Repeat([]byte{seed}, 32))
		w.ok(err)
		d := w.demands()
		d.Policy = append(d.Policy, "#: bundle "+vkey+"\n"...)
		var out strings.Builder
		if err := verify.Bundle(good, d, &out); (err == nil) != holds {
			t.Errorf("%v\n%s", err, &out)
		}
	}
}
