package vault

import (
	"errors"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// What destroyed keys leave behind, whoever destroyed them.

// dropPage deletes the whole page that a key lies in.
func (h *house) dropPage(key domain.ID) {
	h.t.Helper()
	p, _ := h.vault.pageOf(key)
	h.exec(`DELETE FROM pages WHERE page = $1`, p[:])
}

// zeroSlot destroys one key of a page.
func (h *house) zeroSlot(key domain.ID) {
	h.t.Helper()
	p, n := h.vault.pageOf(key)
	keys := *must(h.vault.page(h.t.Context(), p))
	keys[n] = [32]byte{}
	var flat []byte
	for _, k := range keys {
		flat = append(flat, k[:]...)
	}
	s := must(h.vault.of(h.t.Context(), shop))
	pageKey := randomKey()
	h.exec(`UPDATE pages SET wrapped = $2, keys = $3 WHERE page = $1`, p[:],
		wrap(s.branches[processing], pageKey, "page", string(p[:])), wrap(pageKey, flat, "keys", string(p[:])))
}

// TestErased: a value whose key is gone is ERASED, for good, and sending it again neither fails nor
// brings anybody back.
func TestErased(t *testing.T) {
	for _, c := range []struct {
		name  string
		erase func(*house, domain.ID)
		other ledger.State // of another value whose key lay in the same page
	}{
		{"page deleted", (*house).dropPage, ledger.StateErased},
		{"slot zeroed", (*house).zeroSlot, ledger.StateClear},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			seq := h.take(call("CA1", phone(1))).Position
			second := h.take(call("CA2", phone(2))).Position
			h.follow()
			k := h.at(seq)
			c.erase(h, k.boxes[0].Key)
			h.restart() // opened pages are remembered
			state := func(seq int64, want ledger.State) {
				t.Helper()
				values, err := h.Reveal(t.Context(), []ledger.Ref{{Seq: seq, Path: "/number"}})
				if err != nil || values[0].State != want || want == ledger.StateErased && values[0].Text != "" {
					t.Errorf("event %d: %+v, %v", seq, values, err)
				}
			}
			if got, err := h.vault.Open(t.Context(), &k.Envelope, &k.boxes[0]); !errors.Is(err, ledger.ErrErased) || got != nil {
				t.Errorf("opened: %v, %v", got, err)
			}
			state(seq, ledger.StateErased)
			state(second, c.other)

			events, pages, lookups := len(h.all()), h.count("pages"), h.count("lookups")
			if out := h.Take(t.Context(), ledger.Own(), []*ledger.Submission{call("CA1", phone(1))})[0]; out.Err != nil || !out.Duplicate {
				t.Errorf("sent again: %+v", out)
			}
			if len(h.all()) != events || h.count("pages") != pages || h.count("lookups") != lookups {
				t.Error("sending it again made something")
			}

			fresh := call("CA1", phone(1))
			fresh.SourceID = "CA1 again" // another event of the same interaction
			var no *domain.Refusal
			if out := h.Take(t.Context(), ledger.Own(), []*ledger.Submission{fresh})[0]; !errors.As(out.Err, &no) || no.Rule != "subject.erased" {
				t.Errorf("beside a destroyed key a second one: %v", out.Err)
			}
		})
	}
}

// TestReplayOfErased: following the log from its start again gives no look-up row of somebody whose
// key is gone, and fails on nothing.
func TestReplayOfErased(t *testing.T) {
	h := newHouse(t)
	seq := h.take(call("CA1", phone(1))).Position
	h.follow()
	for _, k := range h.all()[:seq] {
		h.dropPage(k.boxes[0].Key)
	}
	for _, table := range []string{"checkpoint", "lookups", "owners"} {
		h.exec(`DELETE FROM ` + table)
	}
	h.restart()
	if _, ok := h.find(shop, phone(1)); ok || h.count("lookups") != 0 {
		t.Error("the number still leads to the erased person")
	}
}

// TestDamagedPage: keys that can't be read are not destroyed ones: nothing is called ERASED, and no
// second key is made beside the first.
func TestDamagedPage(t *testing.T) {
	h := newHouse(t)
	seq := h.take(call("CA1", phone(1))).Position
	h.follow()
	h.exec(`UPDATE pages SET keys = ?, free = 0`, make([]byte, 8192)) // full, or its damage would show anyway
	h.restart()
	if v, err := h.Reveal(t.Context(), []ledger.Ref{{Seq: seq, Path: "/number"}}); err != nil || v[0].State != ledger.StateDamaged || v[0].Text != "" {
		t.Errorf("revealed %+v (%v)", v, err)
	}
	again := call("CA1", phone(1))
	again.Ordinal = 1 // another event of the same interaction
	if o := h.Take(t.Context(), ledger.Own(), []*ledger.Submission{again})[0]; o.Err == nil {
		t.Error("sealed with another key")
	}
	if n := h.count("pages"); n != 1 {
		t.Errorf("%d pages", n)
	}
}
