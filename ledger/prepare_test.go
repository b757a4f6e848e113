package ledger_test

import (
	"context"
	"errors"
	"testing"

	"muniment/ledger"
)

func (h *house) prepare(before *ledger.Prepared, list ...*ledger.Submission) *ledger.Prepared {
	return h.Prepare(h.t.Context(), ledger.Own(), list, before)
}

// TestPreparedBehind: a list prepared while the one before it isn't kept yet finds its people.
func TestPreparedBehind(t *testing.T) {
	h := newHouse(t)
	first := h.prepare(nil, call("CA1", phone(1)))
	second := h.prepare(first, call("CA2", phone(1)))
	one, two := first.Keep(t.Context())[0], second.Keep(t.Context())[0]
	if one.Err != nil || two.Err != nil || two.Duplicate {
		t.Fatalf("%+v, %+v", one, two)
	}
	if e := h.events(); e[one.Receipt.Position].Subjects[0].ID != e[two.Receipt.Position].Subjects[0].ID {
		t.Error("one number, two people")
	}
	checkWhole(t, h, two.Receipt)
}

// TestPreparedAgain: an id that is on its way is waited for before anybody is made, so that the
// repetition makes nobody, even when it names another person.
func TestPreparedAgain(t *testing.T) {
	h := newHouse(t)
	first := h.prepare(nil, call("CA1", phone(1)))
	again := make(chan *ledger.Prepared)
	go func() { again <- h.prepare(first, call("CA1", phone(2))) }()
	if o := first.Keep(t.Context())[0]; o.Err != nil || o.Duplicate {
		t.Fatalf("%+v", o)
	}
	checkRefusal(t, (<-again).Keep(t.Context())[0].Err, "CONFLICT", "id")
	if _, ok := h.find(phone(2)); ok {
		t.Error("the repetition made somebody")
	}
}

// TestPreparedBehindFailure: when the people of a list weren't kept, a list that may name them isn't
// kept either, and both can be taken again.
func TestPreparedBehindFailure(t *testing.T) {
	for name, fail := range map[string]func(h *house, p *ledger.Prepared){
		"not kept": func(h *house, p *ledger.Prepared) {
			h.lossy.next = []answer{func(_ context.Context, _ ledger.Log, batches []ledger.Batch) []ledger.Result {
				return all(batches, ledger.ErrFull)
			}}
			if o := p.Keep(t.Context())[0]; !errors.Is(o.Err, ledger.ErrFull) {
				t.Errorf("%+v", o)
			}
		},
		"dropped": func(_ *house, p *ledger.Prepared) { p.Drop(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			first := h.prepare(nil, call("CA1", phone(1)))
			second := h.prepare(first, call("CA2", phone(1)))
			fail(h, first)
			third := h.prepare(second, call("CA3", phone(1)))
			for _, p := range []*ledger.Prepared{second, third} {
				if o := p.Keep(t.Context())[0]; o.Err == nil {
					t.Error("kept though its person was not")
				}
			}
			if n := len(h.events()); n != 0 {
				t.Errorf("%d events", n)
			}
			if _, ok := h.find(phone(1)); ok {
				t.Error("the number leads to somebody of whom nothing was kept")
			}
			checkWhole(t, h, h.kept(call("CA2", phone(1))))
		})
	}
}
