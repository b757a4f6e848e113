package seal

import (
	"context"

	"muniment/domain"
	"muniment/ledger"
)

// PrunedBy finds the event that says that the bundle of an event was pruned; nil while none does.
func PrunedBy(ctx context.Context, log ledger.Log, id domain.ID, seq int64) (*domain.Kept, error) {
	list, err := Prunings(ctx, log, id)
	for _, k := range list {
		if e := k.Event.(domain.LogPruned); err == nil && e.From <= seq && seq < e.To {
			return &k, nil
		}
	}
	return nil, err
}

// Prunings lists the events that say what of a ledger's log was pruned, in their order: those of type
// [domain.LogPruned].
func Prunings(ctx context.Context, log ledger.Log, id domain.ID) (list []domain.Kept, err error) {
	const page = 256
	for from := int64(0); ; from += page {
		records, err := log.Stream(ctx, domain.Stream{Noun: "log", ID: id}, from, page)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			if ledger.KindOf(r) != (domain.LogPruned{}).Kind() {
				continue
			}
			k, err := ledger.Decode(r)
			if err != nil {
				return nil, err
			}
			if _, ok := k.Event.(domain.LogPruned); ok {
				list = append(list, k)
			}
		}
		if len(records) < page {
			return list, nil
		}
	}
}
