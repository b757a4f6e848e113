package bundle_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"muniment/domain"
	"muniment/ledger/bundle"
)

// several is the question about some people at once, as of somebody who was merged.
func (w *world) several(first domain.ID, also ...domain.ID) bundle.Question {
	q := w.of(first)
	q.Also = bundle.Rising(also)
	return q
}

// seqsIn are the events that a bundle shows as an answer.
func (w *world) seqsIn(text []byte) (seqs []int64) {
	for line := range bytes.Lines(w.files(text)[bundle.EventsFile]) {
		e, err := bundle.ParseEvent(bytes.TrimSuffix(line, []byte("\n")))
		w.ok(err)
		seqs = append(seqs, e.Seq)
	}
	return seqs
}

// TestSeveral: given a question of several people or accounts, then the bundle shows what those of each would, each
// event once, and both verifiers find each one's run complete, by any period, and when one of them is erased.
func TestSeveral(t *testing.T) {
	w := newWorld(t)
	shop := w.shop
	w.shop = w.Tenant("Example Branch")
	w.call(20, 3)
	branch := w.shop
	w.shop = shop
	stranger := domain.ID{9}
	recorded := w.calls[3].Recorded / 1_000_000 * 1_000_000
	of := func(tenant, also domain.ID) bundle.Question {
		return bundle.Question{Of: bundle.OfTenant, Tenant: tenant, Also: []domain.ID{also}}
	}
	period := func(q bundle.Question, axis bundle.Axis) bundle.Question {
		q.Axis, q.From, q.To = axis, recorded, recorded+3600*1_000_000
		return q
	}
	people := w.several(w.anna, w.bert, stranger)
	for name, q := range map[string]bundle.Question{
		"people": people, "a stranger first": w.several(stranger, w.bert), "strangers": w.several(stranger, domain.ID{8}), "recorded": period(people, bundle.Recorded), "occurred": period(people, bundle.Occurred),
		"accounts": of(w.shop, branch), "the later account first": of(branch, w.shop), "accounts, recorded": period(of(w.shop, branch), bundle.Recorded),
	} {
		t.Run(name, func(t *testing.T) {
			var want []int64
			for i := range len(q.Also) + 1 {
				one := q
				one.Also = nil
				if i > 0 && q.Of == bundle.OfSubject {
					one.Subject = q.Also[i-1]
				} else if i > 0 {
					one.Tenant = q.Also[i-1]
				}
				want = append(want, w.seqsIn(w.make(one, nil))...)
			}
			slices.Sort(want)
			text := w.make(q, &reading)
			w.both(t, text, w.demands(), true, "complete   ok")
			if got := w.seqsIn(text); !slices.Equal(got, slices.Compact(want)) || len(want) == 0 && name != "strangers" {
				t.Errorf("events %v instead of %v", got, want)
			}
		})
	}
	w.erase(w.bert)
	w.both(t, w.make(people, &reading), w.demands(), true, "complete   ok")
}

// TestSeveralAreOneEach: a question that names somebody twice, out of order, or several of what can't be, is none.
func TestSeveralAreOneEach(t *testing.T) {
	a, b, c := domain.ID{1}, domain.ID{2}, domain.ID{3}
	for says, q := range map[string]bundle.Question{
		"name each once, those":                     {Of: bundle.OfSubject, Tenant: a, Subject: b, Also: []domain.ID{b}},
		"name each once, those beside":              {Of: bundle.OfTenant, Tenant: a, Also: []domain.ID{c, b}},
		"name each once":                            {Of: bundle.OfTenant, Tenant: a, Also: []domain.ID{b, b}},
		"name each once, those beside the first in": {Of: bundle.OfTenant, Tenant: a, Also: []domain.ID{{}}},
		"only tenants and subjects can be several":  {Of: bundle.OfLedger, Also: []domain.ID{b}},
		"only tenants and subjects can":             {Of: bundle.OfStream, Tenant: a, Stream: domain.Stream{Noun: "notice", ID: c}, Also: []domain.ID{b}},
		"at most 255 more":                          {Of: bundle.OfTenant, Tenant: a, Also: make([]domain.ID, 256)},
	} {
		if err := q.Check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// TestLiesAboutSeveral: of several, nobody's event can be left out, and nobody is left out of the answer.
func TestLiesAboutSeveral(t *testing.T) {
	w := newWorld(t)
	q := w.several(w.anna, w.bert)
	good := w.make(q, nil)
	w.both(t, good, w.demands(), true, "complete   ok")
	lies(t, w, good, map[string]struct {
		lie  func(*liar)
		says string
	}{
		"one of the second's":         {func(l *liar) { l.without(q, func(i int) bool { return i != 3 }) }, "these are not the events of the head"},
		"the second's first":          {func(l *liar) { l.without(q, func(i int) bool { return i > 0 }) }, "no earlier event"},
		"the second's end":            {func(l *liar) { l.without(q, func(i int) bool { return i < 2 }) }, "no later event"},
		"all of the second's":         {func(l *liar) { l.without(q, func(int) bool { return false }) }, "and none is here"},
		"the question is of one":      {func(l *liar) { l.tell = func(m *bundle.Manifest) { m.Question.Also = nil } }, "the heads of 2, and 1 were asked for"},
		"the question is of one more": {func(l *liar) { l.tell = func(m *bundle.Manifest) { m.Question.Also = []domain.ID{w.bert, {0xff}} } }, "the heads of 2, and 3"},
		"of somebody else":            {func(l *liar) { l.tell = func(m *bundle.Manifest) { m.Question.Also = []domain.ID{{0xff}} } }, "it counts"},
		"the second has no head":      {func(l *liar) { l.replace(bundle.HeadsFile, `"also":\[\{.*?\}\],"epoch"`, `"epoch"`) }, "the heads of 1, and 2 were asked for"},
		"the second's head is smaller": {func(l *liar) {
			l.replace(bundle.HeadsFile, `"also":\[\{"from":0,"hashes":\[\],"head":\{"count":\d`, `"also":[{"from":0,"hashes":[],"head":{"count":1`)
		}, "complete: head"},
	})
}

// without shortens the second one's run to some of its events, leaves the others out but for those that are the first
// one's, too, and fits all that nobody else signs.
func (l *liar) without(q bundle.Question, in func(i int) bool) {
	tags := q.Heads()
	f, err := bundle.ParseHeadFile(l.files[bundle.HeadsFile], tags, bundle.None)
	l.ok(err)
	var kept, seqs []int64
	gone := map[int]bool{} // places among all of the bundle's
	g, n := &stored{}, 0
	for i, line := range l.run() {
		leaf := l.leaf(line)
		if !slices.Contains(leaf.Tags(), tags[1]) {
			continue
		}
		more, err := tlog.StoredHashesForRecordHash(int64(n), tlog.RecordHash(line), g)
		l.ok(err)
		g.hashes = append(g.hashes, more...)
		if in(n) {
			kept, seqs = append(kept, int64(n)), append(seqs, leaf.Seq)
		} else {
			gone[i] = !slices.Contains(leaf.Tags(), tags[0])
		}
		n++
	}
	h := &f.Heads[1]
	h.Run = bundle.None
	if len(kept) > 0 {
		h.Run, h.From = bundle.Span{First: seqs[0], Last: seqs[len(seqs)-1]}, kept[0]
		h.Hashes, err = bundle.Cover(int64(n), kept, g)
		l.ok(err)
	}
	l.keep(func(i, _ int) bool { return !gone[i] })
	l.files[bundle.HeadsFile] = f.Text()
}
