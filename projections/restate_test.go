package projections

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muniment/domain"
	"muniment/domain/canon"
	"muniment/ledger"
	"muniment/ledger/seal"
)

// golden is the sample payload of a kind, as domain/testdata has it.
func golden(t *testing.T, k domain.Type) domain.Event {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "domain", "testdata", "golden", fmt.Sprintf("%s.v%d.json", k.Kind, k.Version)))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := canon.Parse([]byte(strings.TrimSpace(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	e, err := k.Decode(k.Version, tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// place keeps an event of any kind as it is, decided or not.
func (h *house) place(e domain.Event, tenant domain.ID, s domain.Stream, on int) ledger.Key {
	h.t.Helper()
	f := &domain.Fact{Event: e}
	f.ID, f.Tenant, f.Stream, f.Source, f.Occurred = domain.NewEventID(h.Clock()), tenant, s, "test", day(on)
	f.Actor = domain.Actor{Kind: domain.Person, ID: domain.ID{15: 4}}
	f.Subjects = []domain.SubjectRef{{ID: domain.ID{15: 5}, Capacity: domain.Processor}}
	plain, _ := domain.Split(e)
	entry, err := ledger.Encode(f, domain.TimeOf(h.Clock()), plain, nil, make([]byte, 32))
	if err != nil {
		h.t.Fatal(err)
	}
	if r := h.Log.Append(h.t.Context(), ledger.Batch{Stream: s, Expected: ledger.Any, Entries: []ledger.Entry{entry}})[0]; r.Err != nil {
		h.t.Fatal(r.Err)
	}
	return ledger.Key{Stream: s, ID: f.ID}
}

// TestRestated: an event of each kind is struck, one after the other, the first or a late one of its
// stream; each time the views that saw it have the rows of a rebuild, and fewer texts.
func TestRestated(t *testing.T) {
	h := newHouse(t)
	streams := map[string]domain.Stream{}
	var keys []ledger.Key
	tenant := domain.NewID()
	for n, k := range domain.Catalogue {
		s, there := streams[k.Noun]
		if !there {
			s = domain.Stream{Noun: k.Noun, ID: domain.NewID()}
			streams[k.Noun] = s
		}
		if e := golden(t, k); k.Writable() {
			keys = append(keys, h.place(e, tenant, s, 100-n%7), h.place(e, tenant, s, 50+n))
		} else {
			h.place(e, tenant, s, 60)
		}
	}
	if err := h.views.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n, key := range keys {
		placed, err := h.Log.Prior(t.Context(), []ledger.Key{key})
		if err != nil {
			t.Fatal(err)
		}
		records, err := h.Log.At(t.Context(), []int64{placed[0].Seq})
		if err != nil {
			t.Fatal(err)
		}
		pay, err := seal.PayloadCommitment(records[0].Payload)
		if err != nil {
			t.Fatal(err)
		}
		kind := ledger.KindOf(records[0])
		if _, err := h.Log.(ledger.Striker).Strike(t.Context(), ledger.Removal{At: key, Stub: ledger.Stub(pay)}); err != nil {
			t.Fatal(err)
		}
		if err := h.views.Restate(t.Context(), records[0]); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if n%2 == 0 { // half of them, of every kind one
			continue
		}
		live := h.dump()
		if err := h.views.Rebuild(t.Context()); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if rebuilt := h.dump(); live != rebuilt {
			t.Fatalf("%s was struck: the views differ from a rebuild:\n%s", kind, differing(live, rebuilt))
		}
	}
	for _, text := range []string{"Exempel AB", "sends text messages", "DSR-2026-014", "RECORDING"} {
		if dump := h.dump(); strings.Contains(dump, text) {
			t.Errorf("%q is still in the views", text)
		}
	}
	r := h.all()
	if s, err := r.Tenant(t.Context(), streams["tenant"].ID, h.at(300, 1<<40)); err != nil || s == nil || !s.State.Exists() || s.State.Name != domain.StruckText {
		t.Errorf("an account whose onboarding was struck: %+v, %v", s, err)
	}
}

// differing are the lines that only one of two dumps has.
func differing(a, b string) string {
	in := func(text string) map[string]bool {
		set := map[string]bool{}
		for _, line := range strings.Split(text, "\n") {
			set[line] = true
		}
		return set
	}
	var out strings.Builder
	for _, x := range []struct {
		name    string
		mine    string
		another map[string]bool
	}{{"live   ", a, in(b)}, {"rebuilt", b, in(a)}} {
		for _, line := range strings.Split(x.mine, "\n") {
			if !x.another[line] {
				fmt.Fprintf(&out, "%s %.400s\n", x.name, line)
			}
		}
	}
	return out.String()
}
