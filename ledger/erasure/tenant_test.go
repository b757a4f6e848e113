package erasure_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/crashtest"
	"muniment/ledger/ledgertest"
)

// offboard closes the account and orders that what was processed for it is deleted.
func (h *house) offboard() {
	h.t.Helper()
	h.Keep(ledger.Submission{Tenant: shop, Occurred: ledgertest.Day(30), Event: domain.TenantOffboarded{Choice: "DELETE"}})
	_, err := ledger.Do(h.t.Context(), h.Ledger.Ledger, ledger.Command{Name: "test", Stream: domain.Stream{Noun: "tenant", ID: shop}, Input: map[string]any{},
		Envelope: domain.Envelope{Tenant: shop, Source: "test", Actor: domain.Actor{Kind: domain.Person, Role: "DPO"}}},
		domain.Tenant.Apply, func(s domain.Tenant, _ domain.Time) ([]domain.Event, *domain.Refusal) {
			return s.Delete(domain.DeletionRequested{Case: "OFF-1"})
		})
	h.ok(err)
}

// TestOffboarded: what was processed for the account is gone for good, what proves our own duties to
// it is read as before, with each reading kept; nothing is taken in for it again.
func TestOffboarded(t *testing.T) {
	h := newHouse(t)
	stays := h.Tenant("Example Clinic")
	other := call("CA1", phone(1))
	other.Tenant = stays
	kept, elsewhere := h.kept(call("CA1", phone(1))), h.kept(other)
	who := domain.NewID()
	contact := h.Keep(ledger.Submission{Tenant: shop, Occurred: ledgertest.Day(2), Subjects: []ledger.SubjectClaim{{ID: who, Capacity: domain.Controller}},
		Event: domain.ContactDesignated{Contact: who, Role: domain.NoticesContact, Name: domain.Clear("Contact Example"), Email: domain.Clear("notices@example.com")}})
	h.offboard()
	h.ok(h.process.Run(t.Context()))
	check := func(when string) {
		t.Helper()
		if got := h.state(kept.Position, "/number"); got != ledger.StateErased {
			t.Errorf("%s: the caller's number is %s", when, got)
		}
		if got := h.state(elsewhere.Position, "/number"); got != ledger.StateClear {
			t.Errorf("%s: at another account it is %s", when, got)
		}
		read := h.Recorded(ledger.Reading{Actor: domain.Actor{Kind: domain.System}, Source: "test", Purpose: "AUDIT", Case: "A-1"})
		values, err := read(t.Context(), []ledger.Ref{{Seq: contact.Position, Path: "/email"}})
		if err != nil || values[0].State != ledger.StateClear {
			t.Errorf("%s: the contact is %v, %v", when, values, err)
		}
		for name, s := range map[string]*ledger.Submission{"the same record": call("CA1", phone(1)), "a new one": call("CA7", phone(7))} {
			if got := refusedBy(h.take(s).Err); got != "tenant.left" {
				t.Errorf("%s: %s: %s", when, name, got)
			}
		}
		if _, _, err := h.Keys.Find(t.Context(), shop, phone(1)); refusedBy(err) != "tenant.left" {
			t.Errorf("%s: look-up: %v", when, err)
		}
	}
	check("at once")
	history, err := h.History(t.Context(), domain.Stream{Noun: "tenant", ID: shop})
	h.ok(err)
	if e, ok := history[len(history)-1].Event.(domain.DeletionCertified); !ok || e.Pages != 1 || e.Lookups != 1 || e.Claims < 4 {
		t.Errorf("%+v", history[len(history)-1].Event)
	}
	for r, gone := range map[ledger.Receipt]bool{kept: true, contact: true, elsewhere: false} {
		placed, err := h.Log.Prior(t.Context(), []ledger.Key{{Stream: r.Stream, ID: r.ID}})
		h.ok(err)
		if (placed[0].Claim == nil) != gone {
			t.Errorf("event %d: its claim is gone: %v", r.Position, placed[0].Claim == nil)
		}
	}
	var left int
	h.ok(h.DB("vault.db").Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM lookups`).Scan(&left))
	if left != 1 {
		t.Errorf("%d look-up rows are left, one is another account's", left)
	}
	h.ok(h.DB("vault.db").Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM secrets WHERE tenant = $1 AND name IN ('processing', 'naming', 'index', 'suppression')`, shop[:]).Scan(&left))
	if left > 0 {
		t.Errorf("%d of its keys are left", left)
	}
	h.reopen()
	h.ok(h.process.Run(t.Context()))
	check("after a restart")
	_, err = h.Keys.Rotate(t.Context())
	h.ok(err)
	check("in the next key epoch")
}

// TestOffboardingKilled: killed after any step and started again, it comes to the same end, each event
// once.
func TestOffboardingKilled(t *testing.T) {
	for stop := 1; ; stop++ {
		h := newHouse(t)
		r := h.kept(call("CA1", phone(1)))
		h.offboard()
		h.Close()
		h.ok(os.WriteFile(filepath.Join(h.dir, "stop"), fmt.Appendf(nil, "%d %s", stop, h.ID), 0o600))
		e := crashtest.Kill(t, "erase", h.dir, stop)
		last := e.Told[len(e.Told)-1]
		h.reopen()
		if got := h.state(r.Position, "/number"); got != ledger.StateErased {
			t.Fatalf("killed after %q, before it goes on: %s", last, got)
		}
		h.ok(h.process.Run(t.Context()))
		history, err := h.History(t.Context(), domain.Stream{Noun: "tenant", ID: shop})
		h.ok(err)
		kinds := map[string]int{}
		for _, k := range history {
			kinds[k.Kind]++
		}
		if kinds["tenant.keys_destroyed"] != 1 || kinds["tenant.deletion_certified"] != 1 {
			t.Errorf("killed after %q: %v", last, kinds)
		}
		if got := refusedBy(h.take(call("CA1", phone(1))).Err); got != "tenant.left" {
			t.Errorf("killed after %q: the same record: %s", last, got)
		}
		if last == "done" {
			if stop < 4 {
				t.Fatalf("only %d steps", stop)
			}
			return
		}
	}
}
