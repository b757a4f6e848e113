package projections

import (
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestFailedCalls: given an event of each kind, when one call of the database fails while the views take it in, then
// that is told; taken in again, the views have the rows of a rebuild.
func TestFailedCalls(t *testing.T) {
	h := newHouse(t)
	ctx, someTenant := t.Context(), domain.NewID()
	caughtUp := func() {
		if err := h.views.CatchUp(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range domain.Catalogue {
		e := golden(t, k)
		h.Faults.EachAfter(t, k.Kind, func() {
			s := domain.Stream{Noun: k.Noun, ID: domain.NewID()}
			tenant := someTenant
			if k.Noun == "tenant" {
				tenant = s.ID
			}
			h.place(e, tenant, s, 39)
			caughtUp() // with this, and with what failed
			h.place(e, tenant, s, 40)
		}, func() error { return h.views.CatchUp(ctx) })
	}
	caughtUp()
	before := h.dump()
	if err := h.views.Rebuild(ctx); err != nil {
		t.Fatal(err)
	}
	if after := h.dump(); before != after {
		t.Errorf("a rebuild has other rows than were there:\n%s", differing(before, after))
	}
}

// TestFailedQuestions: the same of a rebuild, and of what erasures and disposals ask of the views.
func TestFailedQuestions(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	tenant := domain.NewID()
	var last ledger.Key
	for _, k := range domain.Catalogue {
		last = h.place(golden(t, k), tenant, domain.Stream{Noun: k.Noun, ID: tenant}, 40)
	}
	if err := h.views.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	placed, err := h.Log.Prior(ctx, []ledger.Key{last})
	if err != nil {
		t.Fatal(err)
	}
	records, err := h.Log.At(ctx, []int64{placed[0].Seq})
	if err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func() error{
		"about": func() error { _, err := h.views.About(ctx, tenant, domain.ID{15: 5}); return err },
		"by":    func() error { _, err := h.views.By(ctx, tenant, domain.ID{15: 4}); return err },
		"of":    func() error { _, err := h.views.Of(ctx, tenant, 0, 10); return err },
		"aged": func() error {
			_, _, err := h.views.Aged(ctx, domain.Cut{Kinds: []string{"interaction.recorded"}, OccurredBefore: 1 << 60}, 1<<60, false, 0)
			return err
		},
		"call":      func() error { _, _, err := h.views.InteractionNamed(ctx, tenant, []byte("1234")); return err },
		"restate":   func() error { return h.views.Restate(ctx, records...) },
		"open them": func() error { _, err := Open(ctx, h.DB("views.db"), h.Log, make([]byte, 32)); return err },
	} {
		h.Faults.Each(t, name, do)
	}
	whole := h.dump()
	h.Faults.Each(t, "rebuild", func() error { return h.views.Rebuild(ctx) })
	if after := h.dump(); whole != after {
		t.Errorf("a rebuild has other rows than were there:\n%s", differing(whole, after))
	}
}
