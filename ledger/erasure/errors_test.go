package erasure_test

import (
	"context"
	"errors"
	"testing"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/erasure"
	"muniment/ledger/ledgertest"
	"muniment/ledger/sqldb/dbtest"
	"muniment/ledger/vault"
)

// errInjected is what one call answers instead of doing what it is asked to do.
var errInjected = errors.New("injected")

// nth lets one call fail: the one with that number, from 1.
type nth struct{ calls, fails int }

func (n *nth) now() bool {
	n.calls++
	return n.calls == n.fails
}

// failing is everything that the process stands on, each call of which can fail.
type failing struct {
	*nth
	erasure.Keys
	erasure.Claims
	erasure.Views
}

type failingKeys struct{ failing }

type failingLog struct {
	ledger.Log
	ledger.Striker
	*nth
}

func (f failingKeys) CatchUp(ctx context.Context, log ledger.Log) error {
	if f.now() {
		return errInjected
	}
	return f.Keys.CatchUp(ctx, log)
}

func (f failingKeys) Orders(ctx context.Context) ([]vault.Order, error) {
	if f.now() {
		return nil, errInjected
	}
	return f.Keys.Orders(ctx)
}

func (f failingKeys) Ordered() <-chan struct{} { return f.Keys.Ordered() }

func (f failingKeys) Postpone(ctx context.Context, orders []vault.Order) ([]vault.Order, error) {
	if f.now() {
		return nil, errInjected
	}
	return f.Keys.Postpone(ctx, orders)
}

func (f failingKeys) KeysOf(ctx context.Context, o vault.Order) ([]domain.ID, error) {
	if f.now() {
		return nil, errInjected
	}
	return f.Keys.KeysOf(ctx, o)
}

func (f failingKeys) Destroy(ctx context.Context, keys []domain.ID, orders ...vault.Order) (int64, domain.Finality, error) {
	if f.now() {
		return 0, "", errInjected
	}
	return f.Keys.Destroy(ctx, keys, orders...)
}

func (f failingKeys) DestroyBranch(ctx context.Context, o vault.Order) (int64, int64, domain.Finality, error) {
	if f.now() {
		return 0, 0, "", errInjected
	}
	return f.Keys.DestroyBranch(ctx, o)
}

func (f failingKeys) Leave(ctx context.Context, tenant domain.ID) error {
	if f.now() {
		return errInjected
	}
	return f.Keys.Leave(ctx, tenant)
}

func (f failingKeys) Forget(ctx context.Context, o vault.Order, identifiers []domain.ID) error {
	if f.now() {
		return errInjected
	}
	return f.Keys.Forget(ctx, o, identifiers)
}

func (f failingKeys) OpenCondemned(ctx context.Context, e *domain.Envelope, b *ledger.Box) (map[string]string, error) {
	if f.now() {
		return nil, errInjected
	}
	return f.Keys.OpenCondemned(ctx, e, b)
}

func (f failingKeys) Suppress(ctx context.Context, tenant domain.ID, ground domain.SuppressionGround, since domain.Time, list []ledger.Identifier) error {
	if f.now() {
		return errInjected
	}
	return f.Keys.Suppress(ctx, tenant, ground, since, list)
}

func (f failingKeys) Done(ctx context.Context, orders ...vault.Order) error {
	if f.now() {
		return errInjected
	}
	return f.Keys.Done(ctx, orders...)
}

func (f failingKeys) NoteStrike(ctx context.Context, o vault.Order) error {
	if f.now() {
		return errInjected
	}
	return f.Keys.NoteStrike(ctx, o)
}

func (f failingKeys) NoteDisposal(ctx context.Context, o vault.Order, cuts []domain.Cut) error {
	if f.now() {
		return errInjected
	}
	return f.Keys.NoteDisposal(ctx, o, cuts)
}

func (f failingKeys) Living(ctx context.Context, keys []domain.ID) ([]domain.ID, error) {
	if f.now() {
		return nil, errInjected
	}
	return f.Keys.Living(ctx, keys)
}

func (f failingKeys) HeldPeople(ctx context.Context) (map[domain.ID]bool, error) {
	if f.now() {
		return nil, errInjected
	}
	return f.Keys.HeldPeople(ctx)
}

func (f failing) Blank(ctx context.Context, keys []ledger.Key) error {
	if f.now() {
		return errInjected
	}
	return f.Claims.Blank(ctx, keys)
}

type failingViews struct{ failing }

func (f failingViews) CatchUp(ctx context.Context) error {
	if f.now() {
		return errInjected
	}
	return f.Views.CatchUp(ctx)
}

func (f failingViews) About(ctx context.Context, tenant, subject domain.ID) ([]int64, error) {
	if f.now() {
		return nil, errInjected
	}
	return f.Views.About(ctx, tenant, subject)
}

func (f failingViews) By(ctx context.Context, tenant, actor domain.ID) ([]int64, error) {
	if f.now() {
		return nil, errInjected
	}
	return f.Views.By(ctx, tenant, actor)
}

func (f failingViews) Of(ctx context.Context, tenant domain.ID, from int64, limit int) ([]int64, error) {
	if f.now() {
		return nil, errInjected
	}
	return f.Views.Of(ctx, tenant, from, limit)
}

func (f failingViews) Restate(ctx context.Context, events ...ledger.Record) error {
	if f.now() {
		return errInjected
	}
	return f.Views.Restate(ctx, events...)
}

func (f failingViews) Aged(ctx context.Context, c domain.Cut, before domain.Time, struck bool, from int64) ([]int64, int64, error) {
	if f.now() {
		return nil, 0, errInjected
	}
	return f.Views.Aged(ctx, c, before, struck, from)
}

func (f failingLog) Append(ctx context.Context, batches ...ledger.Batch) []ledger.Result {
	if f.now() {
		all := make([]ledger.Result, len(batches))
		for i := range all {
			all[i].Err = errInjected
		}
		return all
	}
	return f.Log.Append(ctx, batches...)
}

func (f failingLog) At(ctx context.Context, seqs []int64) ([]ledger.Record, error) {
	if f.now() {
		return nil, errInjected
	}
	return f.Log.At(ctx, seqs)
}

func (f failingLog) Stream(ctx context.Context, s domain.Stream, from int64, limit int) ([]ledger.Record, error) {
	if f.now() {
		return nil, errInjected
	}
	return f.Log.Stream(ctx, s, from, limit)
}

func (f failingLog) Strike(ctx context.Context, removals ...ledger.Removal) (domain.StrikeFinality, error) {
	if f.now() {
		return "", errInjected
	}
	return f.Striker.Strike(ctx, removals...)
}

// among returns the process with every call below it counted, one of which fails.
func (h *house) among(n *nth) *erasure.Process {
	f := failing{n, h.process.Keys, h.process.Claims, h.process.Views}
	l := *h.Ledger.Ledger
	l.Log = failingLog{l.Log, l.Log.(ledger.Striker), n}
	return &erasure.Process{Ledger: &l, Keys: failingKeys{f}, Claims: f, Views: failingViews{f}}
}

// TestEveryErrorIsTold: whatever fails below an erasure, a strike, a deletion or a disposal, it isn't called
// done; the next run ends it.
func TestEveryErrorIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		order func(*house) ledger.Receipt // what is to go
		run   func(*house, *erasure.Process) error
	}{
		"a person, who must never be called again": {func(h *house) ledger.Receipt {
			r := h.kept(call("CA1", phone(1)))
			person, _ := h.find(phone(1))
			h.ok(h.request(person, domain.ErasureRequested{Suppress: "OBJECTION"}))
			return r
		}, run},
		"a strike": {func(h *house) ledger.Receipt {
			r := h.slipped("CA1")
			h.approve(r.ID)
			return r
		}, run},
		"an account": {func(h *house) ledger.Receipt {
			r := h.kept(call("CA1", phone(1)))
			h.offboard()
			return r
		}, run},
		"a redaction": {func(h *house) ledger.Receipt {
			r := h.kept(call("CA1", phone(1)))
			h.Keep(ledger.Submission{Tenant: shop, Stream: ledger.StreamRef{Name: r.Stream}, Occurred: ledgertest.Day(30), Event: domain.InteractionRedacted{Trigger: domain.Automatic, Fields: []domain.DataField{"NUMBER"}}})
			return r
		}, run},
		"a disposal": {func(h *house) ledger.Receipt { return h.old("CA1", phone(1), 4) },
			func(h *house, p *erasure.Process) error { _, err := p.Dispose(h.t.Context()); return err }},
		"a disposal that an older copy knows nothing of": {func(h *house) ledger.Receipt {
			dbtest.NeedsFiles(h.t)
			r := h.old("CA1", phone(1), 4)
			h.ok(h.Keys.CatchUp(h.t.Context(), h.Log))
			c := h.copy("log.db", "vault.db")
			h.reopen()
			h.dispose()
			h.bringBack(c, 8)
			return r
		}, run},
	} {
		t.Run(name, func(t *testing.T) {
			for fails := 1; ; fails++ {
				h := newHouse(t)
				gone := c.order(h)
				n := &nth{fails: fails}
				err := c.run(h, h.among(n))
				if n.calls < fails {
					h.ok(err)
					if fails < 5 {
						t.Errorf("only %d calls were made", n.calls)
					}
					break
				}
				if !errors.Is(err, errInjected) {
					t.Errorf("call %d failed, and the run says %v", fails, err)
				}
				h.ok(c.run(h, h.process))
				if state := h.state(gone.Position, "/number"); state == ledger.StateClear {
					t.Errorf("call %d failed, and after the next run the number reads %s", fails, state)
				}
				if orders, err := h.Keys.Orders(t.Context()); err != nil || len(orders) > 0 {
					t.Errorf("call %d failed, and after the next run %d orders are open, %v", fails, len(orders), err)
				}
			}
		})
	}
}

func run(h *house, p *erasure.Process) error { return p.Run(h.t.Context()) }
