package verify

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
	"muniment/ledger/seal/heads"
	"muniment/ledger/seal/sealtest"
)

// prune takes some events out of the log, as the erasure process does, and returns what it would tell.
func (f *found) prune(from, to int64) domain.LogPruned {
	f.t.Helper()
	hashes, err := f.sealer.LeafHashes(f.t.Context(), domain.Range{From: from, To: to})
	if err != nil {
		f.t.Fatal(err)
	}
	records, err := f.Log.Read(f.t.Context(), from, int(to-from))
	if err != nil {
		f.t.Fatal(err)
	}
	var root heads.Stack
	var rests []ledger.Rest
	for i, r := range records {
		root.Add(hashes[i])
		k, err := domain.ParseEnvelope(r.Envelope)
		if err != nil {
			f.t.Fatal(err)
		}
		rests = append(rests, ledger.Rest{Seq: r.Seq, Key: ledger.Key{Stream: r.Stream, ID: k.ID}, Leaf: hashes[i]})
	}
	if _, err := f.Log.(ledger.Pruner).Prune(f.t.Context(), rests); err != nil {
		f.t.Fatal(err)
	}
	sum := root.Root()
	return domain.LogPruned{From: from, To: to, Root: hex.EncodeToString(sum[:]), Events: to - from, Until: records[len(records)-1].LogTime, Final: domain.StrikeGone}
}

// say keeps that a range was pruned.
func (f *found) say(e domain.LogPruned, tenant domain.ID, stream string) {
	f.t.Helper()
	if _, err := f.Once(f.t.Context(), ledger.Command{Name: "prune", Stream: domain.Stream{Noun: stream, ID: f.ID}, Key: fmt.Sprint(e.From, e.To), Principal: "test", Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: tenant, Source: "muniment", Actor: domain.Actor{Kind: domain.System}}}, e); err != nil {
		f.t.Fatal(err)
	}
}

// TestPrunedHolds: a log of which something was pruned holds, whether what tells of it is sealed yet or not,
// and streams that began there go on. Struck events that were pruned since need no stub.
func TestPrunedHolds(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		f := newFound(t)
		f.tell(f.strike(300), 300)
		f.tell(f.strike(600), 600)
		f.say(f.prune(256, 512), domain.Operator, "log")
		sealtest.Append(t, f.Log, 100)
		if sealed {
			f.seal()
		}
		var out bytes.Buffer
		if err := Log(t.Context(), f.kept, f.demands(), &out); err != nil {
			t.Fatalf("sealed %t: %v\n%s", sealed, err, &out)
		}
		for _, want := range []string{"struck     ok  the payloads of 1 events", "pruned     ok  of 256 events (256 to 511) only the hashes are left",
			"intact     ok  the ", "of 256 the tree has the hashes alone", "complete   --  not shown: of events 256 to 511"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("sealed %t: %q is missing in\n%s", sealed, want, &out)
			}
		}
	}
}

// TestLiesAboutPruning: events that are missing without a word, and words that aren't so.
func TestLiesAboutPruning(t *testing.T) {
	said := func(change func(e *domain.LogPruned)) func(f *found) {
		return func(f *found) { e := f.prune(256, 512); change(&e); f.say(e, domain.Operator, "log") }
	}
	for name, c := range map[string]struct {
		lie  func(f *found)
		says string
	}{
		"nothing says so":   {func(f *found) { f.prune(0, 256) }, "pruned: of event 0 only a hash is left, and no event log.pruned names it"},
		"another is named":  {func(f *found) { f.prune(0, 256); f.say(f.prune(256, 512), domain.Operator, "log") }, "of event 0 only a hash is left"},
		"not whole":         {func(f *found) { f.say(f.prune(0, 200), domain.Operator, "log") }, "which are not whole bundles of 256"},
		"one that is there": {said(func(e *domain.LogPruned) { e.To = 512; e.From = 0 }), "and event 0 is there"},
		"itself":            {said(func(e *domain.LogPruned) { e.To = 768 }), "and doesn't come after them"},
		"another root":      {said(func(e *domain.LogPruned) { e.Root = strings.Repeat("ab", 32) }), "their leaf hashes give"},
		"another count":     {said(func(e *domain.LogPruned) { e.Events = 255 }), "255 of them; of 256 only the hash is left"},
		"another time":      {said(func(e *domain.LogPruned) { e.Until++ }), "the last of them kept at"},
		"not the operator":  {func(f *found) { e := f.prune(256, 512); f.say(e, f.Tenant("Example Shop"), "log") }, "isn't the operator's in the stream of the log"},
		"another stream":    {func(f *found) { e := f.prune(256, 512); f.say(e, domain.Operator, "epoch") }, "isn't the operator's in the stream of the log"},
		"another hash":      {func(f *found) { f.say(f.prune(256, 512), domain.Operator, "log"); f.stub(300, [32]byte{1}) }, "events: event 300 was pruned, and the hash in its place isn't that of its leaf"},
		"nothing in its place": {func(f *found) {
			f.say(f.prune(256, 512), domain.Operator, "log")
			f.rows(`UPDATE events SET envelope = $1 WHERE seq = 300`, []byte(`{"leaf":""}`))
		}, "events: event 300"},
		"another strike": {func(f *found) {
			f.strike(300)
			f.tell(domain.NewID(), 300)
			f.say(f.prune(256, 512), domain.Operator, "log")
		}, "struck: event"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFound(t)
			sealtest.Append(t, f.Log, 10)
			c.lie(f)
			f.seal()
			err := Log(t.Context(), f.kept, f.demands(), &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

// stub puts another hash in a pruned event's place.
func (f *found) stub(seq int64, leaf [32]byte) {
	f.t.Helper()
	r, err := f.Log.At(f.t.Context(), []int64{seq})
	if err != nil {
		f.t.Fatal(err)
	}
	id, _, _ := ledger.Pruned(r[0])
	f.rows(`UPDATE events SET envelope = $1 WHERE seq = $2`, ledger.PrunedStub(id, leaf), seq)
}

// TestPrunedServed: over a URL the hashes are all there is; that they were pruned is the operator's word,
// and leaves that follow on one of them must name it.
func TestPrunedServed(t *testing.T) {
	f := newFound(t)
	f.say(f.prune(256, 512), domain.Operator, "log")
	sealtest.Append(t, f.Log, 100)
	f.seal()
	door := seal.Door{Sealer: f.sealer, MayReadEntries: func(*http.Request) error { return nil }, Internal: func(err error) { t.Error(err) }}
	hidden := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == hidden {
			http.Error(w, "pruned", http.StatusGone)
			return
		}
		door.ServeHTTP(w, r)
	}))
	defer server.Close()
	check := func() (string, error) {
		var out bytes.Buffer
		err := Log(t.Context(), Served{server.URL, "auditor", server.Client()}, f.demands(), &out)
		return out.String(), err
	}
	out, err := check()
	if err != nil || !strings.Contains(out, "pruned     --  of events 256 to 511 only hashes are shown; that they were pruned is the operator's word") || !strings.Contains(out, "of 256 the tree has the hashes alone") {
		t.Errorf("%v\n%s", err, out)
	}
	hidden = "/tile/0/001"
	if out, err := check(); err == nil {
		t.Errorf("without hashes:\n%s", out)
	}
}

// TestChainsAcrossPruned: a leaf whose stream began among pruned ones must name one of these.
func TestChainsAcrossPruned(t *testing.T) {
	tag := heads.Leaf{}.Stream
	gone, other := heads.Leaf{Seq: 0, Pruned: true}.Hash, heads.Leaf{}.Hash
	gone[0], other[0], tag[0] = 1, 2, 3
	for _, c := range []struct {
		name string
		leaf heads.Leaf
		ok   bool
	}{
		{"names it", heads.Leaf{Seq: 1, Rev: 4, Prev: &gone, Stream: tag}, true},
		{"names another", heads.Leaf{Seq: 1, Rev: 4, Prev: &other, Stream: tag}, false},
		{"names none", heads.Leaf{Seq: 1, Rev: 0, Stream: tag}, true},
	} {
		chain := newChains()
		if err := chain.follow(0, &heads.Leaf{Seq: 0, Pruned: true, Hash: gone}); err != nil {
			t.Fatal(err)
		}
		if err := chain.follow(1, &c.leaf); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
