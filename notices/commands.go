package notices

import (
	"context"
	"errors"

	"muniment/domain"
	"muniment/ledger"
)

// source names this room in envelopes.
const source = "muniment"

// purpose is why the contacts of customers are used.
const purpose = "SUBPROCESSOR_NOTICE"

// Stream is where the notice of one change to one tenant is kept: the same, however often it is
// worked out. naming is the tenant's naming key.
func Stream(naming []byte, change, tenant domain.ID) domain.Stream {
	return domain.Stream{Noun: "notice", ID: domain.KeyedID(naming, "notice", change.String()+"/"+tenant.String(), "stream/notice", 0)}
}

// stream is [Stream] with the tenant's key looked up.
func (n *Notices) stream(ctx context.Context, change, tenant domain.ID) (domain.Stream, error) {
	naming, err := n.Ledger.Vault.NamingKey(ctx, tenant)
	if err != nil {
		return domain.Stream{}, err
	}
	return Stream(naming, change, tenant), nil
}

// system is the envelope of what nobody does by hand.
func system(tenant, cause, change domain.ID) domain.Envelope {
	return domain.Envelope{Actor: domain.Actor{Kind: domain.System}, Causation: cause, Correlation: change,
		Purpose: purpose, Source: source, Tenant: tenant}
}

type decision = func(domain.Notice, domain.Time) ([]domain.Event, *domain.Refusal)

// do takes one decision on a notice. The same key again is the same decision, taken once.
func (n *Notices) do(ctx context.Context, name string, s domain.Stream, e domain.Envelope, key string, input map[string]any, decide decision) (ledger.Receipt, error) {
	principal := "notices"
	if !e.Actor.ID.IsZero() {
		principal = e.Actor.ID.String()
	}
	if input == nil {
		input = map[string]any{}
	}
	return ledger.Do(ctx, n.Ledger, ledger.Command{Name: name, Stream: s, Envelope: e, Key: key, Principal: principal, Input: input}, domain.Notice.Apply, decide)
}

// refused is the domain's no, if err is one that trying again would not change.
func refused(err error) *domain.Refusal {
	var no *domain.Refusal
	if errors.As(err, &no) && no.Code != domain.Unavailable {
		return no
	}
	return nil
}

// kept is a notice as its stream tells it, with the history it was folded from.
type kept struct {
	domain.Notice
	stream  domain.Stream
	history []domain.Kept
}

// read reads a notice. One that was never prepared doesn't exist ([domain.Notice.Exists]).
func (n *Notices) read(ctx context.Context, id domain.ID) (kept, error) {
	k := kept{stream: domain.Stream{Noun: "notice", ID: id}}
	var err error
	k.history, err = n.Ledger.History(ctx, k.stream)
	k.Notice = fold[domain.Notice](k.history)
	return k, err
}

type folding[S any] interface{ Apply(domain.Kept) S }

// fold folds a history by occurrence, as [ledger.Do] does.
func fold[S folding[S]](history []domain.Kept) (state S) {
	for _, k := range domain.InOrder(history) {
		state = state.Apply(k)
	}
	return state
}

// tenant reads a tenant from its own stream, so that a contact named a moment ago is known.
func (n *Notices) tenant(ctx context.Context, id domain.ID) (domain.Tenant, error) {
	history, err := n.Ledger.History(ctx, domain.Stream{Noun: "tenant", ID: id})
	return fold[domain.Tenant](history), err
}
