package ledger_test

import (
	"testing"

	"muniment/domain"
	"muniment/ledger"
)

// TestDaysOfAnAccount: a day without a zone is one where its account is, also when the account is opened in
// the same list; a day's own zone stays. What has begun there is not in the future.
func TestDaysOfAnAccount(t *testing.T) {
	h := newHouse(t)
	id := domain.NewID()
	fact := func(day string, e domain.Event, source string) *ledger.Submission {
		m, err := domain.ParseMoment(day)
		if err != nil {
			t.Fatal(err)
		}
		return &ledger.Submission{Tenant: id, Event: e, Occurred: m, Source: "test", SourceID: source}
	}
	policy := domain.PolicySet{Window: domain.Days30, Acknowledged: true}
	opened := fact("2026-01-05", domain.TenantOnboarded{Name: "Example Shop", Role: domain.RoleController, Country: "NZ", Zone: "Pacific/Auckland"}, "1")
	list := []*ledger.Submission{opened, fact("2026-01-06", policy, "2"), fact("2026-07-06", policy, "3"), fact("2026-01-06-05:00", policy, "4"),
		fact("2026-11-02", policy, "5"), fact("2026-11-02-05:00", policy, "6")}
	out := h.Take(t.Context(), ledger.Own(), list)
	want := []string{"2026-01-05", "2026-01-06+13:00", "2026-07-06+12:00", "2026-01-06-05:00", "2026-11-02+13:00", ""} // it is noon of 2026-11-01 in UTC
	for i, o := range out {
		if want[i] == "" {
			checkRefusal(t, o.Err, domain.Invalid, "occurred", "future")
			continue
		}
		if o.Err != nil {
			t.Errorf("%d: %v", i, o.Err)
			continue
		}
		records, err := h.Log.At(t.Context(), []int64{o.Receipt.Position})
		if err != nil {
			t.Fatal(err)
		}
		k, err := ledger.Decode(records[0])
		if err != nil || k.Occurred.Text() != want[i] || k.Occurred.Precision != domain.Day {
			t.Errorf("%d: kept as %s, want %s (%v)", i, k.Occurred.Text(), want[i], err)
		}
	}
	for i, o := range h.Take(t.Context(), ledger.Own(), list[:5]) {
		if o.Err != nil || !o.Duplicate {
			t.Errorf("%d again: %+v", i, o)
		}
	}
}
