package bundle_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/bundle"
	"muniment/ledger/seal"
	"muniment/ledger/seal/heads"
)

// of is the question about one person.
func (w *world) of(person domain.ID) bundle.Question {
	return bundle.Question{Of: bundle.OfSubject, Tenant: w.shop, Subject: person}
}

// TestPerson: all of a person is here, opened on request; of an erased one all is said to be gone, by
// the events that say so.
func TestPerson(t *testing.T) {
	w := newWorld(t)
	text := w.make(w.of(w.anna), &reading)
	words := w.holds(text)
	for _, want := range []string{"0 erased", "complete   ok  all that was kept up to event", "according to the operator"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is missing in\n%s", want, words)
		}
	}
	if n := strings.Count(string(w.files(text)[bundle.EventsFile]), `"value":"`+phone(1).Value); n < 6 {
		t.Errorf("the number is opened %d times in 6 calls", n)
	}
	w.erase(w.anna)
	after := w.make(w.of(w.anna), &reading)
	words = w.holds(after)
	if !strings.Contains(words, "0 personal values opened") || strings.Contains(words, " 0 erased") {
		t.Errorf("after the erasure:\n%s", words)
	}
	if bytes.Contains(after, []byte(phone(1).Value)) {
		t.Error("the number of an erased person is in it")
	}
	// In a period that ends before the erasure the event that says so is cited, and the run's own besides.
	q := w.of(w.anna)
	q.Axis, q.To = bundle.Occurred, w.calls[len(w.calls)-1].Recorded/1_000_000*1_000_000
	if words := w.holds(w.make(q, nil)); strings.Contains(words, " 0 erased") {
		t.Errorf("of a period before the erasure:\n%s", words)
	}
	lies(t, w, after, map[string]struct {
		lie  func(*liar)
		says string
	}{
		"erased by an event that says nothing": {func(l *liar) { l.replace(bundle.EventsFile, `"erased":\[\{"by":\d+`, `"erased":[{"by":0`) }, "doesn't say that the key"},
		"erased by another's key": {func(l *liar) {
			l.replace(bundle.EventsFile, `("erased":\[\{"by":\d+,"key":")[0-9a-f]{8}`, `${1}00000000`)
		}, "shows no box of the key"},
	})
}

// TestStranger: of somebody who was never kept it is shown that nothing was.
func TestStranger(t *testing.T) {
	w := newWorld(t)
	text := w.make(w.of(domain.NewID()), nil)
	w.holds(text)
	if n := len(w.files(text)[bundle.EventsFile]); n != 0 {
		t.Errorf("%d bytes of events", n)
	}
	lies(t, w, text, map[string]struct {
		lie  func(*liar)
		says string
	}{
		"of somebody who was kept": {func(l *liar) { l.tell = func(m *bundle.Manifest) { m.Question.Subject = w.anna } }, "complete: head:"},
		"no neighbour":             {func(l *liar) { l.replace(bundle.HeadsFile, `"other":\{[^}]*\},`, ``) }, "complete: head:"},
		"a neighbour's other tag":  {func(l *liar) { l.replace(bundle.HeadsFile, `"tag":"[0-9a-f]{4}`, `"tag":"0000`) }, "complete: head:"},
		"no epoch":                 {func(l *liar) { l.replace(bundle.HeadsFile, `"epoch":\d+`, `"epoch":0`) }, "complete: leaf 0 is no epoch"},
		"a shorter path":           {func(l *liar) { l.replace(bundle.HeadsFile, `"path":\[\{[^}]*\},?`, `"path":[`) }, "complete: head:"},
	})
}

// TestLiesAboutAPerson: whatever of a person is left out is missed.
func TestLiesAboutAPerson(t *testing.T) {
	w := newWorld(t)
	good := w.make(w.of(w.anna), nil)
	berts := w.files(w.make(w.of(w.bert), nil))
	const some = 3
	lies(t, w, good, map[string]struct {
		lie  func(*liar)
		says string
	}{
		"all are left out":       {func(l *liar) { l.nothing() }, "and none is here"},
		"one is left out":        {func(l *liar) { l.leaveOut(some) }, "not as many hashes"},
		"the beginning":          {func(l *liar) { l.only(func(i, _ int) bool { return i > 0 }) }, "no earlier event"},
		"the end":                {func(l *liar) { l.only(func(i, last int) bool { return i < last }) }, "no later event"},
		"one, in a whole proof":  {func(l *liar) { l.only(func(i, _ int) bool { return i != some }) }, "these are not the events of the head"},
		"two leaves swapped":     {func(l *liar) { l.swap(bundle.LeavesFile, 1, 2) }, "duplicated, or out of order"},
		"two events swapped":     {func(l *liar) { l.swap(bundle.EventsFile, 1, 2) }, "duplicated, or out of order"},
		"a smaller count":        {func(l *liar) { l.replace(bundle.HeadsFile, `"head":\{"count":\d+`, `"head":{"count":1`) }, "complete: head:"},
		"another place":          {func(l *liar) { l.replace(bundle.HeadsFile, `"from":0`, `"from":1`) }, "doesn't fit the head"},
		"somebody else's heads":  {func(l *liar) { l.files[bundle.HeadsFile] = berts[bundle.HeadsFile] }, "complete:"},
		"a question about bert":  {func(l *liar) { l.tell = func(m *bundle.Manifest) { m.Question.Subject = w.bert } }, "it counts"},
		"no heads":               {func(l *liar) { delete(l.files, bundle.HeadsFile) }, "complete: a question of this kind"},
		"an event is not shown":  {func(l *liar) { l.hide(1) }, "answers the question, and isn't shown"},
		"heads with more inside": {func(l *liar) { l.replace(bundle.HeadsFile, `^\{`, `{"also":1,`) }, "members that it should not have"},
	})
}

// leaveOut removes the nth event of the run, leaf and line, and whatever gives it away outside the heads.
func (l *liar) leaveOut(n int) {
	l.keep(func(i, last int) bool { return i != n })
}

// only keeps a part of the run, and proves its place in the head as it should be proven.
func (l *liar) only(part func(i, last int) bool) {
	var all, kept []int64
	g := &stored{}
	for i, line := range l.run() {
		more, err := tlog.StoredHashesForRecordHash(int64(i), tlog.RecordHash(line), g)
		l.ok(err)
		g.hashes = append(g.hashes, more...)
		all = append(all, int64(i))
	}
	for _, i := range all {
		if part(int(i), len(all)-1) {
			kept = append(kept, i)
		}
	}
	cover, err := bundle.Cover(int64(len(all)), kept, g)
	l.ok(err)
	f, err := bundle.ParseHeadFile(l.files[bundle.HeadsFile], l.of(l.anna).Heads(), bundle.None)
	l.ok(err)
	f.Heads[0].From, f.Heads[0].Hashes = kept[0], cover
	l.keep(part)
	l.files[bundle.HeadsFile] = f.Text()
}

type stored struct{ hashes []tlog.Hash }

func (s *stored) ReadHashes(indexes []int64) (all []tlog.Hash, err error) {
	for _, i := range indexes {
		all = append(all, s.hashes[i])
	}
	return all, nil
}

// run is the lines of leaves but for the epoch's.
func (l *liar) run() (lines [][]byte) {
	for line := range bytes.Lines(l.files[bundle.LeavesFile]) {
		if bytes.Contains(line, []byte(`"type":"event"`)) {
			lines = append(lines, bytes.TrimSuffix(line, []byte("\n")))
		}
	}
	return lines
}

// keep keeps the leaves and events of some of the run, with the tree's cover, the counts and the run's
// ends as they have to be then.
func (l *liar) keep(part func(i, last int) bool) {
	run := l.run()
	gone, kept := map[int64]bool{}, []int64{}
	for i, line := range run {
		if leaf := l.leaf(line); part(i, len(run)-1) {
			kept = append(kept, leaf.Seq)
		} else {
			gone[leaf.Seq] = true
		}
	}
	var seqs []int64
	var leaves, events []byte
	for line := range bytes.Lines(l.files[bundle.LeavesFile]) {
		if leaf := l.leaf(bytes.TrimSuffix(line, []byte("\n"))); !gone[leaf.Seq] {
			leaves, seqs = append(leaves, line...), append(seqs, leaf.Seq)
		}
	}
	var counts bundle.Counts
	for line := range bytes.Lines(l.files[bundle.EventsFile]) {
		e, err := bundle.ParseEvent(bytes.TrimSuffix(line, []byte("\n")))
		l.ok(err)
		if gone[e.Seq] {
			continue
		}
		events = append(events, line...)
		counts.Events++
		for _, f := range slices.Concat(e.Env, e.Pay) {
			if f.Withheld != nil {
				counts.Withheld++
			} else {
				counts.Shown++
			}
		}
	}
	counts.Leaves, counts.Run = int64(len(seqs)), int64(len(kept))
	m, err := bundle.OpenManifest(l.files[bundle.ManifestFile])
	l.ok(err)
	records, err := l.Log.Read(l.t.Context(), 0, int(m.Size))
	l.ok(err)
	c := l.sealer.Checkpoint()
	if c.Size != m.Size || len(records) != int(m.Size) {
		l.t.Fatal("the log went on meanwhile")
	}
	cover, err := bundle.Cover(m.Size, seqs, l.sealer.Hashes(l.t.Context(), c))
	l.ok(err)
	hashes := make([]string, len(cover))
	for i, h := range cover {
		hashes[i] = `"` + hex.EncodeToString(h[:]) + `"`
	}
	l.files[bundle.TreeFile] = fmt.Appendf(nil, `{"hashes":[%s],"size":%d}`, strings.Join(hashes, ","), m.Size)
	l.files[bundle.LeavesFile], l.files[bundle.EventsFile] = leaves, events
	l.tell = func(m *bundle.Manifest) {
		m.Counts, m.Run = counts, bundle.Span{First: kept[0], Last: kept[len(kept)-1]}
	}
}

func (l *liar) leaf(text []byte) heads.Leaf {
	leaf, err := heads.ParseLeaf(text)
	l.ok(err)
	return leaf
}

// hide leaves the nth line of events out, and counts so.
func (l *liar) hide(n int) {
	line := slices.Collect(bytes.Lines(l.files[bundle.EventsFile]))[n]
	e, err := bundle.ParseEvent(bytes.TrimSuffix(line, []byte("\n")))
	l.ok(err)
	l.drop(bundle.EventsFile, n)
	l.tell = func(m *bundle.Manifest) {
		m.Counts.Events--
		for _, f := range slices.Concat(e.Env, e.Pay) {
			if f.Withheld != nil {
				m.Counts.Withheld--
			} else {
				m.Counts.Shown--
			}
		}
	}
}

// TestTheOtherParty: of a call of two, one party's bundle holds nothing that leads to the other.
func TestTheOtherParty(t *testing.T) {
	w := newWorld(t)
	text := w.make(w.of(w.anna), &reading)
	w.holds(text)
	records, err := w.Log.Read(t.Context(), 0, 1000)
	w.ok(err)
	secrets := map[string]string{"number": phone(2).Value, "id": w.bert.String(), "Bert's id, in bytes": w.bert.Raw()}
	both := 0
	for _, r := range records {
		k, boxes, err := ledger.DecodeBoxes(r)
		w.ok(err)
		if len(k.Subjects) == 2 {
			both++
		}
		for _, b := range boxes {
			if b.Owner == w.bert {
				secrets[fmt.Sprint("the key of event ", r.Seq)] = b.Key.String()
				secrets[fmt.Sprint("the box of event ", r.Seq)] = string(b.Append(nil))
				for _, c := range b.Commitments {
					secrets[fmt.Sprint("a commitment of event ", r.Seq)] = hex.EncodeToString(c.Hash[:])
				}
			}
		}
	}
	if both != 3 || len(secrets) < 8 {
		t.Fatalf("%d calls of two, %d things to look for", both, len(secrets))
	}
	for what, secret := range secrets {
		for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))} {
			if bytes.Contains(text, []byte(form)) {
				t.Errorf("%s is in it", what)
			}
		}
	}
	// What stays, as docs/bundle.md says: a tag, which whoever knows the id can check and nobody else.
	if !bytes.Contains(text, []byte(seal.Tag("subject", w.shop, w.bert).String())) {
		t.Error("the other party's tag isn't in the leaves: then section 8 of docs/bundle.md says too much")
	}
}

// TestPersonsPeriods: by either time, a person's period shows exactly its events.
func TestPersonsPeriods(t *testing.T) {
	w := newWorld(t)
	whole := w.files(w.make(w.of(w.anna), nil))
	const second = domain.Time(1_000_000)
	var times [2][]domain.Time // recorded (log time), occurred
	records, err := w.Log.Read(t.Context(), 0, 1000)
	w.ok(err)
	for line := range bytes.Lines(whole[bundle.EventsFile]) {
		e, err := bundle.ParseEvent(bytes.TrimSuffix(line, []byte("\n")))
		w.ok(err)
		k, err := ledger.Decode(records[e.Seq])
		w.ok(err)
		times[0], times[1] = append(times[0], k.LogTime/second*second), append(times[1], k.Occurred.At)
	}
	for axis, all := range map[bundle.Axis][]domain.Time{bundle.Recorded: times[0], bundle.Occurred: times[1]} {
		for _, from := range []domain.Time{0, all[0] / second * second, all[3] / second * second, all[len(all)-1]/second*second + second} {
			for _, to := range []domain.Time{0, all[2] / second * second, all[len(all)-1]/second*second + second} {
				if from == 0 && to == 0 || to != 0 && from >= to {
					continue
				}
				q := w.of(w.anna)
				q.Axis, q.From, q.To = axis, from, to
				text := w.make(q, nil)
				w.holds(text)
				want := 0
				for _, at := range all {
					if q.Covers(at) {
						want++
					}
				}
				if got := strings.Count(string(w.files(text)[bundle.EventsFile]), `"n":"kind","s"`); got != want {
					t.Errorf("%s from %s to %s: %d events instead of %d", axis, from, to, got, want)
				}
			}
		}
	}
}
