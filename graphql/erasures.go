package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
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
	Held        []string
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
			Suppressed: int32(e.Suppressed), epoch: e.Epoch, completed: e.Completed, known: s.at.Known, Held: words(e.Held), Classes: domain.PersonClasses()}
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
	Ground    *string
	Law       *string
	Country   *string
	Authority string
	Case      string
	Review    Date
	Overdue   bool

	Instruction *string
}

func (s *subject) Holds() []holdNode {
	out := []holdNode{}
	for _, h := range s.state.State.Holds {
		n := holdNode{ID: nodeID("hold", h.Hold), Ground: known(h.Ground), Law: optional(h.Law), Country: optional(h.Country), Instruction: optional(h.Instruction), Authority: h.Authority, Case: h.Case,
			Review: Date{h.Review}, Overdue: h.Overdue(s.at.AsOf)}
		for _, c := range h.Classes {
			n.Classes = append(n.Classes, string(c))
		}
		out = append(out, n)
	}
	return out
}
