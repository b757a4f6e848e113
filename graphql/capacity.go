package graphql

import (
	"context"

	gql "github.com/graph-gophers/graphql-go"

	"muniment/domain"
)

// subjectCapacity is SubjectCapacity in the schema.
type subjectCapacity struct {
	Subject  gql.ID
	Capacity string
}

func capacities(refs []domain.SubjectRef) []subjectCapacity {
	out := []subjectCapacity{}
	for _, s := range refs {
		out = append(out, subjectCapacity{nodeID("subject", s.ID), string(s.Capacity)})
	}
	return out
}

// Capacities are ours towards the people of an interaction.
func (i *interaction) Capacities() []subjectCapacity { return capacities(i.row.Subjects) }

// Subjects are read from the event itself, with our capacity towards each.
func (e *event) Subjects(ctx context.Context) ([]subjectCapacity, error) {
	record, err := from(ctx).api.Ledger.ShownEvent(ctx, e.row.Seq)
	if err != nil {
		return nil, err
	}
	env, err := domain.ParseEnvelope(record.Envelope)
	if err != nil {
		return nil, err
	}
	return capacities(env.Subjects), nil
}
