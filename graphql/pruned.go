package graphql

import (
	"context"
	"fmt"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/ledger"
	"muniment/ledger/seal"
)

// prunedRange is PrunedRange in the schema.
type prunedRange struct {
	From, To Position
	Events   int32
	Root     string
	Until    DateTime
	Event    gql.ID
	PrunedAt DateTime
	Final    string
}

// Pruned answers the query.
func (*root) Pruned(ctx context.Context) ([]prunedRange, error) {
	r := from(ctx)
	if !r.mayCount() {
		return []prunedRange{}, nil
	}
	told, err := seal.Prunings(ctx, r.api.Ledger.Log, r.api.Ledger.ID)
	list := make([]prunedRange, len(told))
	for i, k := range told {
		e := k.Event.(domain.LogPruned)
		list[i] = prunedRange{From: Position(e.From), To: Position(e.To), Events: int32(e.Events), Root: e.Root, Until: when(e.Until),
			Event: nodeID("event", k.ID), PrunedAt: when(k.Recorded), Final: string(e.Final)}
	}
	return list, err
}

// prunedEvent refuses with what is left of an event when it was pruned; nil when there is none of that id.
// Whose it was nobody can tell any more, so those who may see one account only are told nothing.
func (r *request) prunedEvent(ctx context.Context, id domain.ID) error {
	if !r.mayCount() {
		return nil
	}
	placed, err := r.api.Ledger.Log.Prior(ctx, []ledger.Key{{ID: id}})
	if err != nil || placed[0].Seq < 0 {
		return err
	}
	records, err := r.api.Ledger.Log.At(ctx, []int64{placed[0].Seq})
	if err != nil {
		return err
	}
	_, leaf, pruned := ledger.Pruned(records[0])
	if !pruned {
		return nil
	}
	return &domain.Refusal{Code: domain.NotAllowed, Rule: "evidence.pruned", Field: "event",
		Message: fmt.Sprintf("the event at position %d was pruned: of its leaf only the hash is left, %x. Whoever kept the leaf can still show its place with the tiles", placed[0].Seq, leaf)}
}
