package vault

import (
	"fmt"
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// keysOf gathers from kept events which keys seal what, and fails when one key serves two.
func (h *house) keysOf() map[want]map[domain.ID]bool {
	h.t.Helper()
	keys, owners := map[want]map[domain.ID]bool{}, map[domain.ID]want{}
	for _, k := range h.all() {
		for _, b := range k.boxes {
			w := wantOf(k.Tenant, b.Owner, b.Class, k.Stream)
			if before, ok := owners[b.Key]; ok && before != w {
				h.t.Fatalf("event %d: key %s of %v seals for %v too", k.Seq, b.Key, before, w)
			}
			owners[b.Key] = w
			if keys[w] == nil {
				keys[w] = map[domain.ID]bool{}
			}
			keys[w][b.Key] = true
		}
	}
	return keys
}

// TestKeyScope: one key per subject and class, one per subject and interaction; whether the overlay,
// the follower or a restart remembers it.
func TestKeyScope(t *testing.T) {
	h := newHouse(t)
	mail := ledger.Identifier{Type: domain.Email, Value: "person@example.com"}
	again := func(id string) *ledger.Submission {
		s := call(id, phone(1))
		s.Ordinal = 1 // another event of the same interaction
		return s
	}
	h.take(call("CA1", phone(1)))
	h.take(again("CA1"))
	h.follow()
	h.take(call("CA2", phone(1)))
	h.follow()
	h.take(again("CA2"))
	h.restart()
	h.take(call("CA3", phone(1), mail)) // a second CONTACT value
	h.restart()
	third := again("CA3")
	third.Subjects[0] = person(phone(1), mail)
	h.take(third)

	perClass := map[domain.Class]int{}
	for w, ids := range h.keysOf() {
		perClass[w.class]++
		if len(ids) != 1 {
			t.Errorf("%s: %d keys", w.class, len(ids))
		}
	}
	if perClass[domain.Contact] != 1 || perClass[domain.InteractionData] != 3 {
		t.Errorf("one person in three interactions has %v", perClass)
	}
}

// TestBranches: what ends at different times lies under different keys.
func TestBranches(t *testing.T) {
	for _, c := range []struct {
		tenant domain.ID
		class  domain.Class
		branch branch
	}{
		{shop, domain.InteractionData, processing},
		{shop, domain.Staff, processing},
		{shop, domain.BusinessContact, relationship},
		{domain.Operator, domain.BusinessContact, relationship},
		{domain.Operator, domain.Staff, organisation},
	} {
		if got := branchOf(c.tenant, c.class); got != c.branch {
			t.Errorf("%s: %s", c.class, got)
		}
	}
}

// TestSlotsOverRestarts: a run that ends leaves free slots; later runs use them up, never one that
// an event names. Some keys are taken for events that are then never kept: those slots are free too.
func TestSlotsOverRestarts(t *testing.T) {
	h := newHouse(t)
	n := 0
	next := func() *ledger.Submission {
		n++
		s := call(fmt.Sprint("CA", n), phone(n%100))
		if n%5 == 0 {
			s.Tenant = other
		}
		return s
	}
	const runs, each = 20, 37
	for run := range runs {
		for i := range each {
			h.take(next())
			if i == run {
				h.follow() // at another point of each run: the rest is left to CatchUp
			}
		}
		lost := domain.InteractionRecorded{Number: domain.Clear(phone(run).Value)}
		_, fields := domain.Split(lost)
		err := h.vault.Seal(t.Context(), []*ledger.Sealing{{Fields: fields, Fact: &domain.Fact{Event: lost, Envelope: domain.Envelope{
			ID: domain.NewID(), Tenant: shop, Stream: domain.Stream{Noun: "interaction", ID: domain.NewID()}, Subjects: []domain.SubjectRef{{ID: domain.NewID()}}}}}})
		h.ok(err)
		h.restart()
	}
	used := map[domain.ID]int{}
	for w, ids := range h.keysOf() {
		used[w.tenant] += len(ids)
	}
	for tenant, n := range used {
		var pages, free int
		h.ok(h.db.Reader().QueryRowContext(t.Context(), `SELECT COUNT(*), SUM(free) FROM pages WHERE tenant = $1`, tenant[:]).Scan(&pages, &free))
		if pages*pageSlots-free != n {
			t.Errorf("%d keys in use, %d slots marked", n, pages*pageSlots-free)
		}
		if least := (n + runs + pageSlots - 1) / pageSlots; pages > least {
			t.Errorf("%d pages for %d keys: %d would do", pages, n, least)
		}
	}
	if used[shop] < 2*pageSlots {
		t.Fatalf("%d keys: the test must go beyond two pages", used[shop])
	}
	for _, k := range h.all() {
		for _, b := range k.boxes {
			if _, err := h.vault.Open(t.Context(), &k.Envelope, &b); err != nil {
				t.Fatalf("event %d: %v", k.Seq, err)
			}
		}
	}
}

// TestManyKeysAtOnce: one Seal may need more than a page holds.
func TestManyKeysAtOnce(t *testing.T) {
	h := newHouse(t)
	list := make([]*ledger.Submission, ledger.MaxTake)
	for i := range list {
		list[i] = call(fmt.Sprint("CA", i), phone(i%3))
	}
	for i, o := range h.Take(t.Context(), ledger.Own(), list) {
		if o.Err != nil {
			t.Fatalf("%d: %v", i, o.Err)
		}
	}
	if got := len(h.keysOf()); got != ledger.MaxTake+3 {
		t.Errorf("%d keys in use", got)
	}
}

// TestKeyIDs: an id leads back to its page and slot, and neighbours look unrelated.
func TestKeyIDs(t *testing.T) {
	h := newHouse(t)
	seen := map[domain.ID]bool{}
	p := pageID(randomKey())
	for n := range pageSlots {
		id := h.vault.keyID(p, n)
		if gotPage, gotSlot := h.vault.pageOf(id); gotPage != p || gotSlot != n {
			t.Fatalf("slot %d: %x, %d", n, gotPage, gotSlot)
		}
		seen[id] = true
	}
	if len(seen) != pageSlots {
		t.Errorf("%d ids for %d slots", len(seen), pageSlots)
	}
}
