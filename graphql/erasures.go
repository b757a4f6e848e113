package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/erasure"
)

// erasureNode is Erasure in the schema.
type erasureNode struct {
	RequestedAt DateTime
	Ground      *string
	Case        string
	Classes     []string
	Keys        int32
	Final       *string
	Suppressed  int32
	epoch       int64
	completed   domain.Time
	known       int64
}

func (e erasureNode) CompletedAt() *DateTime { return whenSome(e.completed) }

// OlderCopiesDeadAt is when the key epoch ended in which the keys were destroyed.
func (e erasureNode) OlderCopiesDeadAt(ctx context.Context) (*DateTime, error) {
	at, err := erasure.DeadAt(ctx, from(ctx).api.Ledger, e.epoch, e.known)
	return whenSome(at), err
}

func whenSome(t domain.Time) *DateTime {
	if t == 0 {
		return nil
	}
	d := when(t)
	return &d
}

func (s *subject) Erasures() []erasureNode {
	out := []erasureNode{}
	for _, e := range s.state.State.Erasures {
		n := erasureNode{RequestedAt: when(e.Requested), Ground: known(e.Ground), Case: e.Case, Keys: int32(e.Keys), Final: optional(string(e.Final)),
			Suppressed: int32(e.Suppressed), epoch: e.Epoch, completed: e.Completed, known: s.at.Known, Classes: domain.PersonClasses()}
		if len(e.Classes) > 0 {
			n.Classes = nil
			for _, c := range e.Classes {
				n.Classes = append(n.Classes, string(c))
			}
		}
		out = append(out, n)
	}
	return out
}

// holdNode is Hold in the schema.
type holdNode struct {
	ID        gql.ID
	Classes   []string
	Ground    string
	Authority string
	Case      string
	Review    Date
}

func (s *subject) Holds() []holdNode {
	out := []holdNode{}
	for _, h := range s.state.State.Holds {
		n := holdNode{ID: nodeID("hold", h.Hold), Ground: h.Ground, Authority: h.Authority, Case: h.Case, Review: Date{h.Review}}
		for _, c := range h.Classes {
			n.Classes = append(n.Classes, string(c))
		}
		out = append(out, n)
	}
	return out
}

// contactCheck is ContactCheck in the schema.
type contactCheck struct {
	Blocked bool
	Ground  *string
	Since   *DateTime
}

// ContactCheck asks the list that only blocks. It reads nothing of a person, so it needs no purpose;
// it has the same budget as a search, because its answer tells of a number.
func (*root) ContactCheck(ctx context.Context, args struct {
	Tenant       gql.ID
	Phone, Email *string
}) (*contactCheck, error) {
	r := from(ctx)
	tenant, no := bareID("tenant", "tenant", args.Tenant)
	if no != nil {
		return nil, no
	}
	i, no := r.api.Identify(deref(args.Phone), deref(args.Email))
	if no != nil {
		return nil, no
	}
	if !r.api.lookups.allow(r.principal.ID, r.now) {
		return nil, &domain.Refusal{Code: domain.TooMuch, Rule: "read.lookups", Message: "too many searches by number or address: wait a minute"}
	}
	unknown := &domain.Refusal{Code: domain.NotFound, Rule: "input.known", Field: "tenant", Message: "there is no such tenant"}
	if !r.reader.Allows(tenant) {
		return nil, unknown
	}
	b, blocked, err := r.api.Blocked(ctx, tenant, i)
	if err == ledger.ErrUnknownTenant {
		return nil, unknown
	}
	if err != nil || !blocked {
		return &contactCheck{}, err
	}
	return &contactCheck{Blocked: true, Ground: &b.Ground, Since: whenSome(b.Since)}, nil
}
