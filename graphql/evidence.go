package graphql

import (
	"context"
	"encoding/base64"
	"errors"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
	"muniment/ledger/seal"
)

// stateOf is how safe a kept event is at this moment.
func (r *request) stateOf(seq int64) string { return string(r.api.Seals.State(seq)) }

// checkpoint is Checkpoint in the schema.
type checkpoint struct {
	Size   Position
	Root   string
	Text   string
	Origin string
	VKey   string
}

// Checkpoint answers the query.
func (*root) Checkpoint(ctx context.Context) *checkpoint {
	s := from(ctx).api.Seals
	c := s.Published()
	return &checkpoint{Size: Position(c.Size), Root: c.Root.String(), Text: string(c.Text), Origin: s.Origin(), VKey: s.VKey()}
}

// eventProof is EventProof in the schema.
type eventProof struct {
	Size  Position
	State string
	Leaf  string
	Text  string
}

// Proof answers the query. Whoever may not see an event may not prove it either: it isn't there.
func (*root) Proof(ctx context.Context, args struct{ Event gql.ID }) (*eventProof, error) {
	id, no := bareID("event", "event", args.Event)
	if no != nil {
		return nil, no
	}
	r := from(ctx)
	at, err := r.viewpoint(ctx, nil, nil)
	if err != nil {
		return nil, err
	}
	found, err := r.reader.Event(ctx, id, at)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, nil
	}
	p, err := r.api.Seals.Proof(ctx, found.Seq)
	if errors.Is(err, seal.ErrNotSealed) {
		return nil, &domain.Refusal{Code: domain.Unavailable, Rule: "evidence.sealed", Message: "the event is kept but not sealed yet: ask again in a moment"}
	}
	if err != nil {
		return nil, err
	}
	return &eventProof{Size: Position(p.Size), State: string(p.State), Leaf: string(p.Leaf), Text: string(p.Text)}, nil
}

// Consistency answers the query.
func (*root) Consistency(ctx context.Context, args struct{ From, To Position }) ([]string, error) {
	s := from(ctx).api.Seals
	size := s.Checkpoint().Size
	if args.From < 1 || args.From > args.To || int64(args.To) > size {
		return nil, domain.Malformed("from", "expected 1 ≤ from ≤ to ≤ %d, the size of the checkpoint", size)
	}
	path, err := s.Consistency(ctx, int64(args.From), int64(args.To))
	hashes := make([]string, len(path))
	for i, h := range path {
		hashes[i] = base64.StdEncoding.EncodeToString(h[:])
	}
	return hashes, err
}
