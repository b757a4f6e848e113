package erasure

import (
	"context"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/vault"
)

// Keys is what the process needs of the key vault (ledger/vault).
type Keys interface {
	// CatchUp returns when the vault knows what the log says now.
	CatchUp(ctx context.Context, log ledger.Log) error
	// Orders lists what is still to be destroyed; Ordered tells that there may be more.
	Orders(ctx context.Context) ([]vault.Order, error)
	Ordered() <-chan struct{}
	// Postpone sets aside the orders that a legal hold stops until it is lifted, and returns the others.
	Postpone(ctx context.Context, orders []vault.Order) ([]vault.Order, error)
	// Settle returns when whatever was sealed before has been kept or has failed.
	Settle()
	// KeysOf lists a person's keys. Destroy destroys keys for good: no live copy is left, or only the
	// epoch's end is final, as it says. Both may be repeated.
	KeysOf(ctx context.Context, o vault.Order) ([]domain.ID, error)
	Destroy(ctx context.Context, keys []domain.ID, orders ...vault.Order) (epoch int64, final domain.Finality, err error)
	// DestroyBranch destroys all that was processed for a tenant; Leave the keys that name its records.
	DestroyBranch(ctx context.Context, o vault.Order) (pages, epoch int64, final domain.Finality, err error)
	Leave(ctx context.Context, tenant domain.ID) error
	// Forget removes what led from identifiers to the person, and from the person to keys.
	Forget(ctx context.Context, o vault.Order, identifiers []domain.ID) error
	// OpenCondemned opens a box although it was ordered to be destroyed: once more, to suppress.
	OpenCondemned(ctx context.Context, e *domain.Envelope, b *ledger.Box) (map[string]string, error)
	// Suppress puts numbers and addresses on the list that only blocks.
	Suppress(ctx context.Context, tenant domain.ID, ground domain.SuppressionGround, since domain.Time, list []ledger.Identifier) error
	Done(ctx context.Context, orders ...vault.Order) error
	// NoteStrike names an event beside the root before it is struck; Strikes are those named there when
	// the vault was opened.
	NoteStrike(ctx context.Context, o vault.Order) error
	Strikes() []domain.ID
	// NoteDisposal writes beside the root how far back a disposal reaches; Disposals is how far those
	// reached that were written there when the vault was opened, by [domain.Cut.Key]; DestroyedBy the keys
	// that an earlier attempt at an order took.
	NoteDisposal(ctx context.Context, o vault.Order, cuts []domain.Cut) error
	Disposals() map[string]domain.Time
	DestroyedBy(o vault.Order) []domain.ID
	// Living are those of the keys that can still open something.
	Living(ctx context.Context, keys []domain.ID) ([]domain.ID, error)
	// Held is what legal holds keep; KeysBeside lists the keys of an account that none keeps, ForgetBeside
	// forgets whose they were.
	Held(ctx context.Context) (map[vault.HeldData][]domain.HoldPlaced, error)
	KeysBeside(ctx context.Context, tenant domain.ID) ([]domain.ID, error)
	ForgetBeside(ctx context.Context, tenant domain.ID) error
	// AllHolds are the legal holds in force, by account.
	AllHolds(ctx context.Context) (map[domain.ID][]domain.HoldPlaced, error)
	// HeldPeople are the persons under a legal hold.
	HeldPeople(ctx context.Context) (map[domain.ID]bool, error)
}

// Claims blanks claim digests: nobody can test a guess of what was claimed any more. It may be
// repeated.
type Claims interface {
	Blank(ctx context.Context, keys []ledger.Key) error
}

// Views is what the process needs of the views.
type Views interface {
	// CatchUp returns when the views have followed the log up to its present end.
	CatchUp(ctx context.Context) error
	// About lists the positions of the events that name a person.
	About(ctx context.Context, tenant, subject domain.ID) ([]int64, error)
	// By lists the positions of the events whose actor somebody is.
	By(ctx context.Context, tenant, actor domain.ID) ([]int64, error)
	// Of lists the positions of a tenant's events from one on, at most limit.
	Of(ctx context.Context, tenant domain.ID, from int64, limit int) ([]int64, error)
	// Restate shows kept events, and what followed from them, as the log has them now. It may be repeated.
	Restate(ctx context.Context, events ...ledger.Record) error
	// Aged lists the positions of events of a cut's kinds that occurred and were recorded before its
	// bounds, with or without their payloads, in some thousands from one position on; next is where to go
	// on, -1 at the end.
	Aged(ctx context.Context, c domain.Cut, recordedBefore domain.Time, struck bool, from int64) (seqs []int64, next int64, err error)
}
